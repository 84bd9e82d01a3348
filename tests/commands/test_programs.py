"""The programs as a person types them, in processes of their own."""

import shlex
import subprocess
import sys

import pytest
from command_line import SCBCH, SURROUNDINGS
from conftest import ROOT

pytestmark = pytest.mark.commands


def test_help_answers_without_jax():
    """What help imports is what its speed depends on; a time would only be a guess."""
    for words in (["--help"], ["train", "--help"], ["encode", "--help"]):
        code = (
            "import sys; from scbch_jax.cli import program\n"
            f"try: program.main({words})\nexcept SystemExit: pass\n"
            "assert not {'jax', 'scipy', 'flax'} & sys.modules.keys()"
        )
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize("words", ["--help", "train --help", "data show"])
def test_a_closed_pipe_is_no_traceback(words):
    """The pipe is closed before anything is written."""
    command = f"{shlex.join(SCBCH)} {words} | true; exit ${{PIPESTATUS[0]}}"
    ran = subprocess.run(
        ["bash", "-c", f"sleep 0.2 | true; {command}"],
        env=SURROUNDINGS,
        check=False,
        capture_output=True,
        text=True,
    )
    assert ran.stderr == ""
    assert ran.returncode in (0, 141)


def test_output_without_utf_8_and_without_an_open_stream():
    """As a job of a cluster may start it: ASCII only, and no standard output."""
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for words, closed in (("train --help", ""), ("train --help", ">&-"), ("", "2>&-")):
        ran = subprocess.run(
            ["sh", "-c", f"{shlex.join(SCBCH)} {words} {closed}"],
            env=SURROUNDINGS | ascii_only,
            check=False,
            capture_output=True,
            text=True,
        )
        assert ran.returncode == 0, ran.stderr
        assert ran.stderr == ""
        assert bool(ran.stdout) == (closed != ">&-")


def test_no_file_of_the_folder_it_is_called_in_is_run(tmp_path):
    (tmp_path / "numpy.py").write_text("raise SystemExit('it was run')")
    if not (ROOT / ".venv").is_dir():
        pytest.skip("the program in bin/ has no environment")
    ran = subprocess.run(
        [ROOT / "bin" / "scbch", "index", "info", "nothing"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert "index: got nothing" in ran.stderr
    assert ran.returncode == 2


def test_the_programs_in_bin_are_shell_that_parses():
    for name in ("scbch", "demo", "test", "environment"):
        subprocess.run(["sh", "-n", str(ROOT / "bin" / name)], check=True)
