"""`scbch index build`: an index of packed codes, as a folder."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from scbch_jax.cli import console
from scbch_jax.cli.index.encoded import EncodedOptions, encoded_parts
from scbch_jax.cli.index.rows import read_rows
from scbch_jax.config.constraints import at_least


@dataclass(frozen=True)
class IndexBuild(EncodedOptions):
    """Make an index of packed codes, or of features that a run encodes."""

    codes: tyro.conf.Positional[Path]
    """Packed codes that encode wrote, or of others: npz with image, text or both,
    uint8 [rows, bits / 8]; labels, names and relaxed codes if they are known. With
    --run: features."""
    out: Path
    """New folder for the index."""
    classes: tuple[str, ...] = ()
    """Names of the columns of the labels; by default those of the store, or 0, 1, 2 and
    so on."""
    first_id: Annotated[int, at_least(0)] = 0
    """Id of the first row. Indexes that are searched together as shards need ids that
    differ."""


def main(options: IndexBuild) -> None:
    """Builds the index."""
    from scbch_jax import index

    first = options.first_id
    if options.run:
        parts = encoded_parts(options, options.codes, options.classes)
        with parts as (source, how):
            made = index.build_parts(options.out, source, first_id=first, **how)
    else:
        rows, encoder, classes = read_rows(options.codes, options.rows)
        classes = options.classes or classes
        ids = range(first, first + rows.size)
        made = index.build(options.out, rows, classes=classes, encoder=encoder, ids=ids)
    modalities = " and ".join(made.modalities)
    count = made.next_id - first
    console.output(f"{options.out}: {count} rows, {made.bits} bits, {modalities}")
