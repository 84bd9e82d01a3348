"""`scbch index add`: new rows for an index."""

from dataclasses import dataclass
from pathlib import Path

import tyro

from scbch_jax.cli import console
from scbch_jax.cli.index.rows import read_rows


@dataclass(frozen=True)
class IndexAdd:
    """Add rows of packed codes to an index."""

    index: tyro.conf.Positional[Path]
    """Folder of the index."""
    codes: tyro.conf.Positional[Path]
    """File of packed codes, as for index build; of the same encoder."""
    rows: Path | None = None
    """What is known of each row, as for index build: JSON lines, or a store."""
    replace: bool = False
    """Remove the rows whose names are given again; otherwise such names are refused."""


def main(options: IndexAdd) -> None:
    """Adds the rows in one change: all of them or none."""
    from scbch_jax import index

    rows, encoder, _ = read_rows(options.codes, options.rows)
    changed = index.add(options.index, rows, encoder=encoder, replace=options.replace)
    first, last = changed.next_id - rows.size, changed.next_id - 1
    text = f"{options.index}: {rows.size} rows added, ids {first} to {last}"
    left_out = rows.relaxed is not None and not changed.relaxed
    console.output(f"{text}, without relaxed codes as the index" if left_out else text)
