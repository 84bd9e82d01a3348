"""`scbch index copy`: an index from a folder into a database, or back."""

from dataclasses import dataclass
from pathlib import Path

import tyro

from scbch_jax.cli import console
from scbch_jax.errors import require


@dataclass(frozen=True)
class IndexCopy:
    """Copy an index from a folder into a PostgreSQL database, or back; ids stay."""

    source: tyro.conf.Positional[str]
    """Folder of an index, or postgresql://user@host/database#schema."""
    target: tyro.conf.Positional[str]
    """An address of that form, whose schema is made (scbch if it is not named), or a
    new folder."""
    replace: bool = False
    """Replace an index that is in the schema; otherwise it is refused."""
    hnsw: bool = False
    """Build pgvector's graphs in the database, for search --engine hnsw."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        from scbch_jax.index.address import is_database

        one = is_database(self.source) != is_database(self.target)
        got = "two databases" if is_database(self.source) else "two folders"
        require(one, "copy", got, "a folder and a postgresql:// address")
        into = is_database(self.target)
        got = " and ".join(n for n in ("replace", "hnsw") if getattr(self, n))
        require(into or not got, got, "a folder", "a database")


def main(options: IndexCopy) -> None:
    """Copies, and says how many rows."""
    from scbch_jax.index import transfer
    from scbch_jax.index.address import Address, is_database

    if is_database(options.target):
        rows = transfer.to_database(
            Path(options.source),
            options.target,
            replace=options.replace,
            graphs=options.hnsw,
        )
        console.output(f"{Address.parse(options.target)}: {rows} rows")
        return
    rows = transfer.to_folder(options.source, Path(options.target))
    console.output(f"{options.target}: {rows} rows")
