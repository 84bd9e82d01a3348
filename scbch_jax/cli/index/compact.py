"""`scbch index compact`: one segment, without the removed rows."""

from dataclasses import dataclass
from pathlib import Path

import tyro

from scbch_jax.cli import console


@dataclass(frozen=True)
class IndexCompact:
    """Merge the segments of an index, and free the space of removed rows; ids stay."""

    index: tyro.conf.Positional[Path]
    """Folder of the index."""


def main(options: IndexCompact) -> None:
    """Rewrites the index."""
    from scbch_jax import index

    index.compact(options.index)
    size = index.Index(options.index).size
    console.output(f"{options.index}: {size} rows in one segment")
