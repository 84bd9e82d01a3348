"""Search over packed codes: engines, and an index as a folder on disk."""

from scbch_jax.index.engine import Cursor, Engine, Hits, merge
from scbch_jax.index.flat import FlatIndex

__all__ = ["Cursor", "Engine", "FlatIndex", "Hits", "merge"]
