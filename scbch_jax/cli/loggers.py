"""Result lines for TensorBoard, beside those that every run keeps."""

import contextlib
import importlib
import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from scbch_jax import sharding
from scbch_jax.cli import progress
from scbch_jax.errors import require
from scbch_jax.io import Record
from scbch_jax.runs.driver import OnEpoch

PACKAGE = "tensorboardX"


@contextlib.contextmanager
def opened(kind: Literal["none", "tensorboard"], folder: Path) -> Iterator[OnEpoch]:
    """Writes what TensorBoard shows of a run, under FOLDER/tensorboard, if asked to.

    A run that goes on hands its old lines over again, so files of before are replaced.

    Args:
        kind: whether to write.
        folder: of the run; nothing is written before its first line.

    Yields:
        A function to hand each result line to.

    Raises:
        InputError: if the package that writes such files is not installed.
    """
    if kind == "none" or not sharding.is_main_process():
        yield lambda line: None
        return
    there = importlib.util.find_spec(PACKAGE) is not None
    wanted = f"none, or that package (pip install {PACKAGE})"
    require(there, "log", f"tensorboard without the package {PACKAGE}", wanted)
    writers: dict[int, Any] = {}

    def on_epoch(line: Record) -> None:
        seed = line["seed"]
        if seed not in writers:
            writers[seed] = _writer(folder / "tensorboard" / f"seed-{seed}")
        for tag, value in tags(line).items():
            writers[seed].add_scalar(tag, value, line["epoch"])

    try:
        yield on_epoch
    finally:
        for writer in writers.values():
            writer.close()


def tags(line: Record) -> dict[str, float]:
    """The numbers of a result line by the names under which they are drawn.

    >>> tags({"seed": 0, "epoch": 1, "total": 2.0, "i2t": 0.5, "seconds": 0.1})
    {'loss/total': 2.0, 'MAP/i2t': 0.5, 'time/seconds': 0.1}
    """
    named = {f"loss/{name}": value for name, value in progress.losses(line).items()}
    for name in ("i2t", "t2i", "average"):
        named[f"MAP/{name}"] = line.get(name)
    for name in ("clean", "noisy", "roc"):
        named[f"confidence/{name}"] = line.get(f"confidence_{name}")
    named["time/seconds"] = line["seconds"]
    return {tag: x for tag, x in named.items() if x is not None and x == x}


def _writer(folder: Path) -> Any:
    shutil.rmtree(folder, ignore_errors=True)
    return importlib.import_module(PACKAGE).SummaryWriter(str(folder))
