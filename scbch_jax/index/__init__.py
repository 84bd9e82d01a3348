"""Packed codes in search engines."""

from scbch_jax.index.flat import FlatIndex

__all__ = [
    "FlatIndex",
]
