"""Rows that `index build` and `index add` encode: features of a folder, in parts."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from scbch_jax.cli import console
from scbch_jax.cli.workers import WorkerOptions
from scbch_jax.config.constraints import at_least, optional
from scbch_jax.errors import require


@dataclass(frozen=True, kw_only=True)
class EncodedOptions(WorkerOptions):
    """How rows are encoded before they go into an index."""

    rows: Path | None = None
    """What is known of each row: a file of JSON lines, an object a row (its name, text,
    picture, or anything else), or the store that the run was trained on, of which a row
    is named by its picture. With --run it is rows.jsonl in the folder of features."""
    run: Path | None = None
    """Trained run that encodes the rows in parts; they are features then, in place of
    codes: a store, or a folder with image.npy, text.npy or both, [rows, width], and
    labels.npy and rows.jsonl if they are known."""
    seed: Annotated[int | None, optional(at_least(0, 2**32 - 1))] = None
    """Seed of the run whose weights are used; by default the first."""
    part_rows: Annotated[int, at_least(1)] = 131_072
    """Rows of a part, which becomes a segment of the index."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        super().__post_init__()
        if self.encoding_run is None:
            for name in ("seed", "workers", "scheduler"):
                given = getattr(self, name)
                wanted = "--run too, since encoding is what is shared"
                require(not given, name, given, wanted)
        wanted = "rows.jsonl in the folder of features, with --run"
        require(not (self.run and self.rows), "rows", self.rows, wanted)

    @property
    def encoding_run(self) -> Path | None:
        """The run that encodes; None for codes."""
        return self.run


@contextlib.contextmanager
def encoded_parts(
    options: EncodedOptions, folder: Path, classes: tuple[str, ...] = ()
) -> Iterator[tuple[Any, dict[str, Any]]]:
    """The rows of a folder, and how `index.bulk` is to compute their parts.

    Yields:
        A source of rows, and keyword arguments.

    Raises:
        InputError: if the run, the folder or the workers cannot be used.
    """
    from scbch_jax import parallel
    from scbch_jax.runs import coding

    assert options.encoding_run is not None
    where = {"workers": options.workers, "scheduler": options.scheduler}
    step = options.part_rows
    with parallel.opened(**where) as mapped:
        source = coding.coded_rows(
            options.encoding_run,
            folder,
            seed=options.seed,
            step=step,
            classes=classes,
        )
        with console.progress_bar("rows", total=source.rows) as advance:
            yield source, {"step": step, "mapped": mapped, "on_rows": advance}
