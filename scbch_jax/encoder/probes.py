"""Self-check inputs: their codes show whether an encoder still computes the same.

They are drawn pictures and texts, and depend on nothing but fixed seeds and the
vocabulary of the text model.
"""

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from scbch_jax.features import Cut, TextModel, center_crop

COUNT = 4
"""Self-check inputs of each modality."""

GRID, CELL = (9, 12), 40
"""Cells of a picture, and pixels of a side of a cell."""

WORDS = 5
"""Words of a text."""


def pictures(cut: Cut) -> list[UInt8[np.ndarray, "side side 3"]]:
    """Cells of random colors, resized and cut as a picture of a file is."""
    rng = np.random.default_rng(0)
    grids = rng.integers(0, 256, (COUNT, *GRID, 3), np.uint8)
    large = grids.repeat(CELL, axis=1).repeat(CELL, axis=2)
    return [center_crop(Image.fromarray(picture), cut) for picture in large]


def texts(model: TextModel) -> list[str]:
    """Random words of a model's vocabulary."""
    rng = np.random.default_rng(0)
    words = [word for word, _ in model.vocabulary]
    drawn = rng.integers(0, len(words), (COUNT, WORDS))
    return [" ".join(words[i] for i in row) for row in drawn]
