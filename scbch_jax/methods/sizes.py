"""Sizes of the data that a method depends on."""

from typing import NamedTuple


class Sizes(NamedTuple):
    """Sizes of the data and the codes."""

    image_dim: int
    text_dim: int
    classes: int
    samples: int
    """Training samples."""
    bits: int
    """Code length L."""
