"""`scbch index remove`: rows that searches no longer find."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from scbch_jax.cli import console
from scbch_jax.config.constraints import ChecksFields, whole_numbers
from scbch_jax.errors import require


@dataclass(frozen=True)
class IndexRemove(ChecksFields):
    """Remove rows from an index, by id or name."""

    index: tyro.conf.Positional[Path]
    """Folder of the index."""
    ids: Annotated[tuple[int, ...], whole_numbers()] = ()
    """Ids of rows."""
    names: tuple[str, ...] = ()
    """Names of rows."""
    file: Path | None = None
    """Text file of names, one a line."""


def main(options: IndexRemove) -> None:
    """Removes the rows in one change: all of them or none."""
    from scbch_jax import index
    from scbch_jax.io import read_error

    names = list(options.names)
    if options.file:
        try:
            names += options.file.read_text(encoding="utf-8-sig").split("\n")
        except OSError as error:
            raise read_error(options.file, error) from error
        except UnicodeDecodeError:
            require(False, "file", options.file, "text in UTF-8")
    names = [name for name in names if name]
    before = index.Index(options.index).size
    index.remove(options.index, ids=options.ids, names=names)
    after = index.Index(options.index).size
    removed = console.counted(before - after, "row")
    console.output(f"{options.index}: {removed} removed, {after} left")
