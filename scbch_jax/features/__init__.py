"""Raw pictures and words to features; training never needs this room."""

from scbch_jax.features.descriptors import DESCRIPTOR_DIM, describe

__all__ = [
    "DESCRIPTOR_DIM",
    "describe",
]
