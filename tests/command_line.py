"""The command line, called in this process or in one of its own."""

import os
import subprocess
import sys

from conftest import MIRFLICKR, ROOT

SMOKE = str(ROOT / "configs" / "smoke.py")
SCBCH = [sys.executable, "-m", "scbch_jax.cli"]
SURROUNDINGS = {**os.environ, "PYTHONPATH": str(ROOT), "SCBCH_DATA": str(MIRFLICKR)}


def error_line(capsys, *words):
    """The one line that a person sees; nothing else, and exit code 2."""
    from scbch_jax.cli import program

    assert program.main(words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1, said.err
    assert said.err.startswith("scbch: ")
    return said.err


def scbch(*words, folder=ROOT):
    """What a process of its own, in `folder`, ended with and said."""
    return subprocess.run(
        [*SCBCH, *map(str, words)],
        cwd=folder,
        env=SURROUNDINGS,
        check=False,
        capture_output=True,
        text=True,
    )
