"""`scbch index add`: new rows for an index."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from scbch_jax.cli import console
from scbch_jax.cli.index.encoded import EncodedOptions, encoded_parts
from scbch_jax.cli.index.rows import read_rows

if TYPE_CHECKING:
    from scbch_jax.index.manifest import Manifest


@dataclass(frozen=True)
class IndexAdd(EncodedOptions):
    """Add rows of packed codes to an index, or of features that its run encodes."""

    index: tyro.conf.Positional[Path]
    """Folder of the index."""
    codes: tyro.conf.Positional[Path]
    """File of packed codes, as for index build; of the same encoder. With --run:
    features."""
    replace: bool = False
    """Remove the rows whose names are given again; otherwise such names are refused."""


def main(options: IndexAdd) -> None:
    """Adds the rows in one change: all of them or none."""
    from scbch_jax import index

    before = index.Index(options.index).size
    count, changed, note = _add(options)
    first, last = changed.next_id - count, changed.next_id - 1
    text = (
        f"{options.index}: {console.counted(count, 'row')} added, ids {first} to {last}"
    )
    replaced = before + count - index.Index(options.index).size
    if options.replace:
        note = f", {console.counted(replaced, 'row')} of the same names removed{note}"
    console.output(text + note)


def _add(options: IndexAdd) -> tuple[int, "Manifest", str]:
    """The number of rows, the index with them, and what is to be said of them."""
    from scbch_jax import index

    replace = options.replace
    if options.run:
        with encoded_parts(options, options.codes) as (source, how):
            changed = index.add_parts(options.index, source, replace=replace, **how)
        return source.rows, changed, ""
    rows, encoder, _ = read_rows(options.codes, options.rows)
    changed = index.add(options.index, rows, encoder=encoder, replace=replace)
    left_out = rows.relaxed is not None and not changed.relaxed
    note = ", without relaxed codes as the index" if left_out else ""
    return rows.size, changed, note
