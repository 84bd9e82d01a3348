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
    """File of packed codes that encode wrote, or anyone's: an npz file with image, text
    or both, uint8 [rows, bits / 8]; labels and names if they are known."""
    out: Path
    """New folder for the index."""
    rows: Path | None = None
    """File of JSON lines, an object for each row: its name, text, picture, or anything
    that a search shall show."""
    classes: tuple[str, ...] = ()
    """Names of the columns of the labels; by default 0, 1, 2 and so on."""


def main(options: IndexBuild) -> None:
    """Builds the index."""
    from scbch_jax import index

    rows, encoder = read_rows(options.codes, options.rows)
    made = index.build(options.out, rows, classes=options.classes, encoder=encoder)
    modalities = " and ".join(made.modalities)
    console.output(f"{options.out}: {rows.size} rows, {made.bits} bits, {modalities}")
