"""Results of epochs as TensorBoard events, besides results.jsonl."""

import contextlib
import importlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

from scbch_jax.extras import require_packages
from scbch_jax.results import EpochResult

PACKAGE = "tensorboardX"


@contextlib.contextmanager
def event_writer(
    kind: Literal["none", "tensorboard"], folder: Path
) -> Iterator[Callable[[EpochResult], None]]:
    """Writes TensorBoard events of a run to FOLDER/tensorboard, if asked to.

    A run that is continued gives its old results again, so older events are replaced.

    Args:
        kind: whether to write.
        folder: of the run; nothing is written before its first result.

    Yields:
        A function to call with each result.

    Raises:
        InputError: if the package that writes events is not installed.
    """
    from scbch_jax import sharding

    if kind == "none" or not sharding.is_main_process():
        yield lambda result: None
        return
    require_packages("train --log tensorboard", PACKAGE)
    writers: dict[int, Any] = {}

    def on_epoch(result: EpochResult) -> None:
        seed = result.seed
        if seed not in writers:
            writers[seed] = _writer(folder / "tensorboard" / f"seed-{seed}")
        for tag, value in scalars(result).items():
            writers[seed].add_scalar(tag, value, result.epoch)

    try:
        yield on_epoch
    finally:
        for writer in writers.values():
            writer.close()


def scalars(result: EpochResult) -> dict[str, float]:
    """The numbers of a result by TensorBoard's tags; unknown ones are left out.

    >>> scalars(EpochResult(0, 1, {"total": 2.0}, seconds=0.1))
    {'loss/total': 2.0, 'time/seconds': 0.1}
    """
    groups = {
        "loss": result.losses,
        "MAP": result.retrieval._asdict() if result.retrieval else {},
        "confidence": result.confidence._asdict() if result.confidence else {},
        "time": {"seconds": result.seconds},
    }
    values = {
        f"{group}/{name}": value
        for group, values in groups.items()
        for name, value in values.items()
    }
    return {tag: x for tag, x in values.items() if x is not None and x == x}


def _writer(folder: Path) -> Any:
    shutil.rmtree(folder, ignore_errors=True)
    return importlib.import_module(PACKAGE).SummaryWriter(str(folder))
