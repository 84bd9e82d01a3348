"""Original repositories, and recording what a clone of one computes."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from scbch_jax import extras
from scbch_jax.errors import InputError, require


class Repository(NamedTuple):
    """The repository of a method's released code."""

    name: str
    """OWNER/NAME on github.com."""
    commit: str
    """The outputs in the package were recorded from it."""
    files: tuple[str, ...]
    """That tell a clone of it from clones of the others."""
    packages: tuple[str, ...] = ("torch",)
    """Optional packages that its recorder needs."""


REPOSITORIES = {
    "scbch": Repository(
        "Plke/SCBCH", "cfcc18c", ("train.py", "noise_label/generate.py")
    ),
    "nrch": Repository(
        "LonganWANG-cs/NRCH", "b190e97", ("NRCH.py",), ("torch", "sklearn")
    ),
    "ucch": Repository("penghu-cs/UCCH", "0c20e62", ("UCCH.py",)),
    "dgcpn": Repository("Atmegal/DGCPN", "9f62c56", ("train_div.py",)),
    "rshnl": Repository("perquisite/RSHNL", "34de146", ("train_model.py",)),
    "cmmq": Repository(
        "yangerkun/Mutual-Quantization-for-Cross-Modal-Search-With-Noisy-Labels",
        "2b17232",
        ("My_method.py",),
    ),
    "mian": Repository("E-Galois/MIAN", "eea7e79", ("MICH.py",)),
    "dhrl": Repository("zzidlezz/DHRL", "139c1c8", ("train_transformer.py",)),
    "cpah": Repository("comrados/cpah", "1470738", ("models/CPAH.py",)),
    "cirh": Repository("XizeWu/CIRH", "0f6439d", ("my_opt.py", "load_data.py")),
    "djsrh": Repository("zs-zhong/DJSRH", "6041c2d", ("settings.py", "train.py")),
}
"""By method; a module of the same name beside this one records its outputs."""


TRAINED: dict[str, dict[str, str | int]] = {
    "scbch": {},
    "nrch": {},
    "ucch": {},
    "dgcpn": {},
    "rshnl": {},
    "djsrh": {},
    "cirh": {"options.similarity_rows": "position"},
    "cmmq": {},
    "cpah": {"options.consistency": "features", "options.test_mask": "off"},
    "dhrl": {},
    "mian": {},
}
"""Methods whose clones can be trained on given rows, and options with which this
package does what the released code does, where it does not by default."""


def require_clone(method: str, clone: Path, option: str = "official") -> None:
    """Checks everything that running a clone needs, before any work.

    Args:
        method: whose code is in the clone.
        clone: a clone of the method's repository, with its work tree.
        option: the option that names the clone.

    Raises:
        InputError: if the method has no original, the clone is none of its repository,
            or a package is missing.
    """
    known = f"one with released code: {', '.join(REPOSITORIES)}"
    require(method in REPOSITORIES, "method", method, known)
    repository = REPOSITORIES[method]
    wanted = f"a clone of github.com/{repository.name} with its files"
    found = all((clone / name).is_file() for name in repository.files)
    require(found, option, clone, wanted)
    extras.require_packages(f"--{option}", *repository.packages)


def record(method: str, clone: Path, seed: int, folder: Path) -> None:
    """Runs a clone's code, and writes files of recorded outputs, named by the seed.

    The code runs in a process of its own, with all rights of the user.

    Args:
        method: whose code is in the clone.
        clone: a clone of the method's repository, with its work tree.
        seed: decides every input and the training run.
        folder: where the files go.

    Raises:
        InputError: if something that recording needs is missing, or recording fails.
    """
    require_clone(method, clone)
    with tempfile.TemporaryDirectory() as scratch:
        _run("official", method, clone, str(seed), scratch)
        for path in sorted(Path(scratch).glob("*.npz")):
            shutil.move(path, folder / f"{path.stem}-seed-{seed}.npz")


def train(method: str, clone: Path, seed: int, task: Path, folder: Path) -> Path:
    """Trains a clone on a task by its own loop, in a process of its own.

    Args:
        method: whose code is in the clone, one of `TRAINED`.
        clone: a clone of the method's repository, with its work tree.
        seed: of all that the clone draws.
        task: an npz file: `image`, `text` and `labels` of the training set; features of
            queries and database as `query_image` and so on; and the flat options of the
            experiment, as JSON in `options`.
        folder: where the codes go.

    Returns:
        An npz file with the codes of queries and database by their names in the task,
        -1 and 1.

    Raises:
        InputError: if the clone's code fails.
    """
    _run("runs", method, clone, str(seed), str(folder.absolute()), str(task.absolute()))
    return folder / "codes.npz"


def _run(option: str, method: str, clone: Path, *words: str) -> None:
    """Runs `__main__.py` beside this module, without the user's folder on its path."""
    program = [sys.executable, "-P", "-m", "scbch_jax.originals"]
    paths = (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", ""))
    ran = subprocess.run(
        [*program, method, str(clone.absolute()), *words],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        check=False,
        capture_output=True,
        text=True,
    )
    if ran.returncode:
        last = (ran.stderr.strip().splitlines() or ["no message"])[-1]
        raise InputError(f"{option}: the code in {clone} failed: {last}")
