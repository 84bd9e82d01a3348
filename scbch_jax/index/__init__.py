"""Search over packed codes: engines, and an index as a folder on disk."""

from scbch_jax.index.engine import Cursor, Engine, Hits, merge
from scbch_jax.index.flat import FlatIndex
from scbch_jax.index.folder import add, build, compact, remove, verify
from scbch_jax.index.rank import Ranked, search_ranked
from scbch_jax.index.reader import Index, Where
from scbch_jax.index.segment import Rows
from scbch_jax.index.sharded import ShardedEngine

__all__ = [
    "Cursor",
    "Engine",
    "FlatIndex",
    "Hits",
    "Index",
    "Ranked",
    "Rows",
    "ShardedEngine",
    "Where",
    "add",
    "build",
    "compact",
    "merge",
    "remove",
    "search_ranked",
    "verify",
]
