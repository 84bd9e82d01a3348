"""`scbch index build`: an index of packed codes, as a folder."""

from dataclasses import dataclass
from pathlib import Path

import tyro

from scbch_jax.cli import console
from scbch_jax.cli.index.rows import read_rows


@dataclass(frozen=True)
class IndexBuild:
    """Make an index of packed codes, to be searched and changed."""

    codes: tyro.conf.Positional[Path]
    """Packed codes that encode wrote, or of others: npz with image, text or both,
    uint8 [rows, bits / 8]; labels, names and relaxed codes if they are known."""
    out: Path
    """New folder for the index."""
    rows: Path | None = None
    """What is known of each row: a file of JSON lines, an object a row (its name, text,
    picture, or anything else), or the store that the run was trained on, of which a row
    is named by its picture."""
    classes: tuple[str, ...] = ()
    """Names of the columns of the labels; by default those of the store, or 0, 1, 2 and
    so on."""


def main(options: IndexBuild) -> None:
    """Builds the index."""
    from scbch_jax import index

    rows, encoder, classes = read_rows(options.codes, options.rows)
    classes = options.classes or classes
    made = index.build(options.out, rows, classes=classes, encoder=encoder)
    modalities = " and ".join(made.modalities)
    console.output(f"{options.out}: {rows.size} rows, {made.bits} bits, {modalities}")
