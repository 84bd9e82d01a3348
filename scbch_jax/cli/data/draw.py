"""`scbch data draw`: the planted set as a store, written in blocks of rows."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

from scbch_jax.config import Planted


@dataclass(frozen=True, kw_only=True)
class DrawData(Planted):
    """Draw a planted set of any size into a store, with the memory of a few rows."""

    PREFIX: ClassVar[str] = ""
    out: Path
    """Folder of the new store."""


def main(options: DrawData) -> None:
    """Writes the rows that `--data.name planted` would draw with the same options."""
    from scbch_jax import data
    from scbch_jax.cli import console
    from scbch_jax.data import store

    config = asdict(options)
    out = config.pop("out")
    planted = Planted(**config)
    samples = planted.queries + planted.database
    # Matrices are written one after another, and the rows are drawn anew for each.
    store.write(
        out,
        image=(block.image for block in data.planted_blocks(planted)),
        text=(block.text for block in data.planted_blocks(planted)),
        labels=(block.labels for block in data.planted_blocks(planted)),
        rows=data.rows_queries_first(
            samples, queries=planted.queries, train=planted.train
        ),
        split="scbch",
        title="planted set",
        source={"drawn": config},
    )
    console.output(f"{out}: {samples} rows, {planted.train} of them to train on")
