"""Fresh answers of the authors' code, recorded by PyTorch in a process of its own."""

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scbch_jax.errors import InputError, require

RECORDER = Path(__file__).with_name("record_scbch.py")


def record(clone: Path, seed: int, folder: Path) -> None:
    """Writes recorded files of a clone's answers, named by the seed.

    Args:
        clone: a clone of the authors' repository, with its work tree.
        seed: decides every input and the run.
        folder: where the files go.

    Raises:
        InputError: if PyTorch is absent, the clone is none, or recording fails.
    """
    wanted = "a clone of github.com/Plke/SCBCH with its files"
    require((clone / "train.py").is_file(), "official", clone, wanted)
    require(
        importlib.util.find_spec("torch") is not None,
        "official",
        "an environment without PyTorch",
        "the extra torch: pip install -e '.[torch]'",
    )
    with tempfile.TemporaryDirectory() as scratch:
        ran = subprocess.run(
            [sys.executable, str(RECORDER), str(clone.absolute()), str(seed), scratch],
            check=False,
            capture_output=True,
            text=True,
        )
        if ran.returncode:
            last = (ran.stderr.strip().splitlines() or ["no message"])[-1]
            raise InputError(f"official: got {last} from {clone}, {wanted} that runs")
        for path in sorted(Path(scratch).glob("*.npz")):
            shutil.move(path, folder / f"{path.stem}-seed-{seed}.npz")
