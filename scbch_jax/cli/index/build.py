"""`scbch index build`: an index of packed codes, as a folder."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from scbch_jax.cli import console
from scbch_jax.cli.index.rows import read_rows
from scbch_jax.config.constraints import at_least, check_fields


@dataclass(frozen=True)
class IndexBuild:
    """Make an index of packed codes, to be searched and changed."""

    codes: tyro.conf.Positional[Path]
    """Packed codes that encode wrote, or of others: npz with image, text or both,
    uint8 [rows, bits / 8]; labels and names if they are known."""
    out: Path
    """New folder for the index."""
    rows: Path | None = None
    """What is known of each row: a file of JSON lines, an object a row (its name, text,
    picture, or anything else), or the store that the run was trained on, of which a row
    is named by its picture."""
    classes: tuple[str, ...] = ()
    """Names of the columns of the labels; by default those of the store, or 0, 1, 2 and
    so on."""
    first_id: Annotated[int, at_least(0)] = 0
    """Id of the first row. Indexes that are searched together as shards need ids that
    differ."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)


def main(options: IndexBuild) -> None:
    """Builds the index."""
    from scbch_jax import index

    rows, encoder, classes = read_rows(options.codes, options.rows)
    classes = options.classes or classes
    ids = range(options.first_id, options.first_id + rows.size)
    made = index.build(options.out, rows, classes=classes, encoder=encoder, ids=ids)
    modalities = " and ".join(made.modalities)
    console.output(f"{options.out}: {rows.size} rows, {made.bits} bits, {modalities}")
