"""New outputs of the authors' code, recorded by PyTorch in a process of its own."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scbch_jax import extras
from scbch_jax.errors import InputError, require

RECORDER = Path(__file__).parents[2] / "tests" / "recorders" / "record_scbch.py"
"""The program that records; it is part of a checkout, not of an installed package."""


def require_recorder(clone: Path) -> None:
    """Checks everything that recording needs before any work.

    Args:
        clone: a clone of the authors' repository, with its work tree.

    Raises:
        InputError: if PyTorch, the recorder or the clone's code is missing.
    """
    wanted = "a clone of github.com/Plke/SCBCH with its files"
    require((clone / "train.py").is_file(), "official", clone, wanted)
    if not RECORDER.is_file():
        raise InputError(
            "--official needs a checkout of scbch_jax: the program that records is not "
            "part of the installed package"
        )
    extras.require_packages("--official", "torch")


def record(clone: Path, seed: int, folder: Path) -> None:
    """Writes files of recorded outputs of a clone's code, named by the seed.

    Args:
        clone: a clone of the authors' repository, with its work tree.
        seed: decides every input and the training run.
        folder: where the files go.

    Raises:
        InputError: if something that recording needs is missing, or recording fails.
    """
    require_recorder(clone)
    with tempfile.TemporaryDirectory() as scratch:
        ran = subprocess.run(
            [sys.executable, str(RECORDER), str(clone.absolute()), str(seed), scratch],
            check=False,
            capture_output=True,
            text=True,
        )
        if ran.returncode:
            last = (ran.stderr.strip().splitlines() or ["no message"])[-1]
            raise InputError(f"official: the code in {clone} failed: {last}")
        for path in sorted(Path(scratch).glob("*.npz")):
            shutil.move(path, folder / f"{path.stem}-seed-{seed}.npz")
