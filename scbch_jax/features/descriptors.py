"""Picture descriptors that need no trained network: histograms of colors and edges.

Histograms over a pyramid of cells (Lazebnik et al., CVPR 2006): of colors, and of the
directions of edges weighted by their strength (Dalal and Triggs, CVPR 2005). The square
roots of a level's counts have unit length (Arandjelović and Zisserman, CVPR 2012).
"""

import numpy as np
from jaxtyping import Float, UInt8

from scbch_jax.errors import check_rank

SHADES, DIRECTIONS, CELLS = 4, 9, 4
"""Bins of each color channel, bins of edge directions, and cells a side."""

COLOR_LEVELS, EDGE_LEVELS = (1, 2), (1, 2, 4)
"""Cells a side of each level of the pyramids; each divides CELLS."""

DESCRIPTOR_DIM = SHADES**3 * sum(s * s for s in COLOR_LEVELS) + DIRECTIONS * sum(
    s * s for s in EDGE_LEVELS
)
"""Width of a descriptor: 509."""


def compute_descriptors(
    pictures: UInt8[np.ndarray, "n h w 3"],
) -> Float[np.ndarray, "n dim"]:
    """Descriptors of pictures: 64 colors in 5 cells, and 9 edge directions in 21.

    Each level of a pyramid has unit length, or is zero for the edges of a picture of
    one color. No entry is negative.

    Args:
        pictures: RGB from 0 to 255, at least 4 pixels a side. Cells grow with the
            picture, but edges depend on the scale.

    Raises:
        ValueError: for arrays of another shape or type.
    """
    check_rank(4, pictures=pictures)
    _, height, width, channels = pictures.shape
    if channels != 3 or pictures.dtype != np.uint8 or min(height, width) < CELLS:
        raise ValueError(
            f"pictures: got {pictures.dtype} {pictures.shape}, wanted uint8 "
            f"[n, h, w, 3] with h and w of at least {CELLS}"
        )
    found = np.empty((len(pictures), DESCRIPTOR_DIM), np.float32)
    for row, picture in enumerate(pictures):
        found[row] = _descriptor(picture)
    return found


def _descriptor(picture: np.ndarray) -> np.ndarray:
    colors, edges = _colors(picture), _edges(picture.astype(np.int32))
    parts = [_level(colors, side) for side in COLOR_LEVELS]
    parts += [_level(edges, side) for side in EDGE_LEVELS]
    return np.concatenate(parts)


STEP = 255 // (SHADES - 1)
_SHADE_WEIGHTS = np.maximum(
    STEP - abs(np.arange(256)[:, None] - STEP * np.arange(SHADES)), 0.0
)
"""Linear interpolation of a value between shades, [256, shades]: whole numbers, so that
sums of their products are exact in any order."""


def _colors(picture: np.ndarray) -> np.ndarray:
    """Histogram of colors in each cell: [cells, colors].

    A pixel is shared between the eight nearest bins (trilinear interpolation), so that
    a small change of light changes the histogram little.
    """
    found = []
    for rows in np.array_split(picture, CELLS):
        for cell in np.array_split(rows, CELLS, axis=1):
            red, green, blue = np.moveaxis(_SHADE_WEIGHTS[cell.reshape(-1, 3)], 1, 0)
            both = (red[:, :, None] * green[:, None]).reshape(len(red), -1)
            found.append((both.T @ blue).ravel())
    return np.stack(found)


def _edges(picture: np.ndarray) -> np.ndarray:
    """Histogram of edge directions in each cell, weighted by strength.

    The channel with the strongest gradient decides; opposite directions are the same,
    and an edge is shared between the two nearest bins. Shape [cells, directions].
    """
    height, width, _ = picture.shape
    padded = np.pad(picture, ((1, 1), (1, 1), (0, 0)), mode="edge")
    down = padded[2:, 1:-1] - padded[:-2, 1:-1]
    right = padded[1:-1, 2:] - padded[1:-1, :-2]
    most = (down**2 + right**2).argmax(axis=2)[..., None]
    down, right = (
        np.take_along_axis(x, most, axis=2)[..., 0].astype(float) for x in (down, right)
    )
    strength = np.sqrt(down**2 + right**2)
    position = np.arctan2(down, right) % np.pi * (DIRECTIONS / np.pi)
    low = position.astype(int)
    above = (position - low) * strength
    index = _cell_of_pixels(height, width) * DIRECTIONS
    total = _sums(index + low % DIRECTIONS, strength - above)
    total += _sums(index + (low + 1) % DIRECTIONS, above)
    return total.reshape(CELLS**2, DIRECTIONS)


def _cell_of_pixels(height: int, width: int) -> np.ndarray:
    """The cell of each pixel, with the borders of `_colors`: int [height, width]."""
    rows, columns = (
        np.repeat(np.arange(CELLS), [len(x) for x in np.array_split(range(n), CELLS)])
        for n in (height, width)
    )
    return rows[:, None] * CELLS + columns[None]


def _sums(index: np.ndarray, weights: np.ndarray) -> np.ndarray:
    size = CELLS**2 * DIRECTIONS
    return np.bincount(index.ravel(), weights.ravel(), minlength=size)


def _level(counts: np.ndarray, side: int) -> np.ndarray:
    """One level of the pyramid: the square roots of its normalized histogram."""
    step = CELLS // side
    grid = counts.reshape(side, step, side, step, -1).sum(axis=(1, 3))
    total = grid.sum()
    return np.sqrt(grid / total if total else grid).ravel()
