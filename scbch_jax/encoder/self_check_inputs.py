"""Self-check inputs: their codes show whether an encoder still computes the same.

They are random pictures and texts, and depend on nothing but fixed seeds and the
vocabulary of the text model, if it has one.
"""

import numpy as np
from PIL import Image

from scbch_jax.features import TextModel, TextNetwork

COUNT = 4
"""Self-check inputs of each modality."""

GRID, CELL = (9, 12), 40
"""Cells of a picture, and pixels of a side of a cell."""

WORDS = 5
"""Words of a text."""

COMMON = ("a", "red", "dog", "on", "the", "beach", "two", "people", "photo", "of")
"""Words for a network, which has no vocabulary."""


def pictures() -> list[Image.Image]:
    """Cells of random colors."""
    rng = np.random.default_rng(0)
    grids = rng.integers(0, 256, (COUNT, *GRID, 3), np.uint8)
    large = grids.repeat(CELL, axis=1).repeat(CELL, axis=2)
    return [Image.fromarray(picture) for picture in large]


def texts(model: TextModel) -> list[str]:
    """Random words of a model's vocabulary, or common ones."""
    rng = np.random.default_rng(0)
    network = isinstance(model, TextNetwork)
    words = COMMON if network else [word for word, _ in model.vocabulary]
    drawn = rng.integers(0, len(words), (COUNT, WORDS))
    return [" ".join(words[i] for i in row) for row in drawn]
