"""Raw pictures and words to features; training never needs this room."""

from scbch_jax.features.descriptors import DESCRIPTOR_DIM, describe
from scbch_jax.features.pictures import cut_middle, read_picture
from scbch_jax.features.vgg19_file import Weights, read_vgg19

__all__ = [
    "DESCRIPTOR_DIM",
    "Weights",
    "cut_middle",
    "describe",
    "read_picture",
    "read_vgg19",
]
