"""Search over packed binary codes."""

from scbch_jax.index.flat import FlatIndex

__all__ = [
    "FlatIndex",
]
