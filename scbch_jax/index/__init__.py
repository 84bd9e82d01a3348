"""Search over packed codes: engines, and an index as a folder on disk."""

from scbch_jax.index.bulk import (
    QUERIES,
    Source,
    add_parts,
    build_parts,
    search_parts,
)
from scbch_jax.index.contents import verify
from scbch_jax.index.engine import Cursor, Engine, Hits, merge
from scbch_jax.index.flat import FlatIndex
from scbch_jax.index.folder import (
    add,
    build,
    compact,
    drop_engine,
    remove,
    set_engine,
)
from scbch_jax.index.opening import choose_engine, open_index
from scbch_jax.index.packed_labels import Where
from scbch_jax.index.rank import Ranked, search_ranked
from scbch_jax.index.reader import Index, recall
from scbch_jax.index.segment import Rows
from scbch_jax.index.sharded import ShardedEngine

__all__ = [
    "QUERIES",
    "Cursor",
    "Engine",
    "FlatIndex",
    "Hits",
    "Index",
    "Ranked",
    "Rows",
    "ShardedEngine",
    "Source",
    "Where",
    "add",
    "add_parts",
    "build",
    "build_parts",
    "choose_engine",
    "compact",
    "drop_engine",
    "merge",
    "open_index",
    "recall",
    "remove",
    "search_parts",
    "search_ranked",
    "set_engine",
    "verify",
]
