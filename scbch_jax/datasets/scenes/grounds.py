"""Grounds of scenes: sky, sea, meadow, sand, night, bricks, and a plain wall."""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float, Int

Grid = Float[np.ndarray, "n side side"]

PAIRS = np.array(
    [
        [(0.45, 0.66, 0.92), (0.93, 0.95, 0.97)],
        [(0.10, 0.30, 0.50), (0.35, 0.62, 0.70)],
        [(0.22, 0.45, 0.15), (0.55, 0.70, 0.30)],
        [(0.70, 0.57, 0.36), (0.90, 0.80, 0.58)],
        [(0.04, 0.05, 0.16), (0.75, 0.75, 0.60)],
        [(0.60, 0.28, 0.20), (0.78, 0.72, 0.66)],
        [(0.40, 0.40, 0.40), (0.62, 0.60, 0.58)],
    ],
    np.float32,
)
"""The two colors that each place, and last the wall, is mixed from."""


def paint(
    rng: np.random.Generator, place: Int[np.ndarray, " n"], side: int
) -> Float[np.ndarray, "n 3 side side"]:
    """Paints the ground of each scene.

    Args:
        rng: source of the draws.
        place: which ground, by its position in `PAIRS`.
        side: width and height in pixels.
    """
    at = ((np.arange(side) + 0.5) / side).astype(np.float32)
    canvas = np.empty((len(place), 3, side, side), np.float32)
    for kind, mixture in enumerate(_MIXTURES):
        rows = np.flatnonzero(place == kind)
        tone = np.clip(mixture(rng, len(rows), at), 0, 1)[:, None]
        pair = PAIRS[kind] + rng.normal(0, 0.06, (len(rows), 2, 3))
        dark, light = np.moveaxis(pair.astype(np.float32)[..., None, None], 1, 0)
        canvas[rows] = dark + tone * (light - dark)
    return canvas


def smooth(
    rng: np.random.Generator, shape: tuple[int, ...], side: int, *, waves: int
) -> Float[np.ndarray, "..."]:
    """Noise that changes slowly across a picture, about from -1 to 1.

    Args:
        rng: source of the draws.
        shape: how many pictures of noise; their axes come first.
        side: width and height in pixels.
        waves: knots along each side.
    """
    knots = rng.standard_normal((*shape, waves, waves), np.float32)
    at = np.linspace(0, waves - 1, side, dtype=np.float32)
    weights = np.maximum(0, 1 - np.abs(at[:, None] - np.arange(waves))).astype("f4")
    return weights @ knots @ weights.T


def _sky(rng: np.random.Generator, n: int, at: Any) -> Grid:
    return 0.6 * smooth(rng, (n,), len(at), waves=6) + 0.5 * at[:, None]


def _sea(rng: np.random.Generator, n: int, at: Any) -> Grid:
    phase = _phases(rng, n)
    swell = 0.8 * np.sin(9 * at + phase)
    return 0.4 + 0.4 * np.sin(40 * at[:, None] + swell + 2 * phase)


def _meadow(rng: np.random.Generator, n: int, at: Any) -> Grid:
    blades = rng.standard_normal((n, len(at), len(at)), np.float32)
    blades = blades + np.roll(blades, 1, axis=1) + np.roll(blades, 2, axis=1)
    return 0.4 + 0.2 * blades


def _sand(rng: np.random.Generator, n: int, at: Any) -> Grid:
    phase = _phases(rng, n)
    ripples = np.sin(22 * at[:, None] + 14 * at + phase)
    return 0.5 + 0.25 * ripples + 0.1 * smooth(rng, (n,), len(at), waves=12)


def _night(rng: np.random.Generator, n: int, at: Any) -> Grid:
    return (rng.random((n, len(at), len(at)), np.float32) > 0.985).astype(np.float32)


def _bricks(rng: np.random.Generator, n: int, at: Any) -> Grid:
    offset = _phases(rng, n)
    rows = 7 * at[:, None] + offset
    columns = 3.5 * at + 0.5 * (np.floor(rows) % 2) + offset
    joint = (rows % 1 < 0.18) | (columns % 1 < 0.1)
    return 0.85 * joint + 0.1 * smooth(rng, (n,), len(at), waves=8)


def _wall(rng: np.random.Generator, n: int, at: Any) -> Grid:
    return 0.5 + 0.5 * (at[:, None] - 0.5) * np.sin(_phases(rng, n)) + 0 * at


def _phases(rng: np.random.Generator, n: int) -> Float[np.ndarray, "n 1 1"]:
    return rng.uniform(0, 6.28, size=(n, 1, 1)).astype(np.float32)


_MIXTURES: tuple[Callable[[np.random.Generator, int, Any], Grid], ...] = (
    _sky,
    _sea,
    _meadow,
    _sand,
    _night,
    _bricks,
    _wall,
)
