"""Widths and numbers that data give to a method."""

from typing import NamedTuple


class Sizes(NamedTuple):
    """What a method must know of its data."""

    image_dim: int
    text_dim: int
    classes: int
    samples: int
    """Training samples."""
    bits: int
    """Code length L."""
