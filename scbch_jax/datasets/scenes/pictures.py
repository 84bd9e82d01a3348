"""Pixels of scenes: objects with soft edges on a background, and nuisances.

The nuisance is what changes pixels but no label: light, patches of color, and grain.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8

from scbch_jax.datasets.scenes.specs import OBJECTS, SceneSpec

Grid = Float[np.ndarray, "n side side"]
Canvas = Float[np.ndarray, "n 3 side side"]

CHUNK = 256
"""Scenes that are drawn at a time, so that they fit in a processor's cache."""

OBJECT_COLORS = np.array(
    [
        (0.82, 0.16, 0.14),
        (0.92, 0.52, 0.13),
        (0.93, 0.84, 0.25),
        (0.20, 0.62, 0.24),
        (0.18, 0.34, 0.82),
        (0.55, 0.24, 0.66),
        (0.93, 0.93, 0.92),
    ],
    np.float32,
)
"""RGB of each color, from 0 to 1."""

BACKGROUND_COLORS = np.array(
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
"""RGB of the two colors that each background, and last the plain wall, mixes."""


def draw_pictures(
    rng: np.random.Generator, spec: SceneSpec, *, side: int, nuisance: float
) -> UInt8[np.ndarray, "n side side 3"]:
    """Draws the picture of each scene.

    Args:
        rng: random generator.
        spec: what the scenes show.
        side: width and height in pixels.
        nuisance: strength of light, patches of color and grain, in [0, 1].
    """
    pictures = np.empty((len(spec.background), side, side, 3), np.uint8)
    for start in range(0, len(pictures), CHUNK):
        rows = slice(start, start + CHUNK)
        part = SceneSpec(*(array[rows] for array in spec))
        canvas = _backgrounds(rng, part.background, side)
        for i in range(OBJECTS):
            _add_object(rng, canvas, part, i)
        pictures[rows] = _with_nuisance(rng, canvas, nuisance)
    return pictures


def _add_object(
    rng: np.random.Generator, canvas: Canvas, spec: SceneSpec, i: int
) -> None:
    """Draws object i of each scene over the canvas."""
    tint = OBJECT_COLORS[spec.color[:, i]]
    tint = tint + rng.normal(0, 0.07, tint.shape).astype(np.float32)
    for shape, distance in enumerate(_DISTANCES):
        rows = np.flatnonzero(spec.present[:, i] & (spec.shape[:, i] == shape))
        right, down = _object_axes(spec, rows, i, canvas.shape[-1])
        pixels = canvas.shape[-1] * spec.radius[rows, i, None, None]
        cover = np.clip(0.5 - distance(right, down) * pixels, 0, 1)
        tone = _tones(spec.texture[rows, i], right, down)
        color = tint[rows][:, :, None, None] * (1 - 0.6 * tone[:, None])
        canvas[rows] += cover[:, None].astype(np.float32) * (color - canvas[rows])


def _object_axes(spec: SceneSpec, rows: Any, i: int, side: int) -> tuple[Grid, Grid]:
    """Pixel coordinates in the axes of object i, where its radius is 1."""
    at = _pixel_centers(side)
    center = spec.center[rows, i].astype(np.float32)
    right = at[None, None, :] - center[:, 0, None, None]
    down = at[None, :, None] - center[:, 1, None, None]
    turn = spec.angle[rows, i, None, None].astype(np.float32)
    scale = spec.radius[rows, i, None, None].astype(np.float32)
    cos, sin = np.cos(turn) / scale, np.sin(turn) / scale
    return right * cos + down * sin, down * cos - right * sin


def _pixel_centers(side: int) -> np.ndarray:
    return ((np.arange(side) + 0.5) / side).astype(np.float32)


def _tones(texture: Any, right: Grid, down: Grid) -> Grid:
    """Darkness of each pixel by its object's texture, from 0 to 1."""
    tone = np.zeros_like(right)
    for kind, pattern in enumerate(_PATTERNS):
        rows = texture == kind
        tone[rows] = np.clip(0.5 + 2 * pattern(7 * right[rows], 7 * down[rows]), 0, 1)
    return tone


def _with_nuisance(
    rng: np.random.Generator, canvas: Canvas, nuisance: float
) -> UInt8[np.ndarray, "n side side 3"]:
    """Each picture under light of its own, with patches of color and grain."""
    n, _, side, _ = canvas.shape
    light = 1 + nuisance * rng.uniform(-0.45, 0.45, size=(n, 3, 1, 1))
    patches = _smooth_noise(rng, (n, 3), side, knots=5)
    lit = canvas * light.astype(np.float32) + 0.3 * nuisance * patches
    lit += 0.4 * nuisance * (rng.random(canvas.shape, np.float32) - 0.5)
    return (255 * np.clip(lit, 0, 1)).astype(np.uint8).transpose(0, 2, 3, 1)


def _star(right: Grid, down: Grid) -> Grid:
    """Five equal points; relative to the nearest, straight edges to both sides."""
    turn = np.arctan2(right, -down)
    turn = np.abs(turn - np.round(turn / (0.4 * np.pi)) * (0.4 * np.pi))
    far = np.hypot(right, down)
    return 0.35 * (far * np.cos(turn) - 1) + 0.94 * far * np.sin(turn)


def _cross(right: Grid, down: Grid) -> Grid:
    across, along = np.abs(right), np.abs(down)
    one = np.maximum(across - 0.27, along - 0.9)
    return np.minimum(one, np.maximum(along - 0.27, across - 0.9))


# Rough distances to the edge in radii, negative inside.
_DISTANCES: tuple[Callable[[Grid, Grid], Grid], ...] = (
    lambda u, v: np.hypot(u, v) - 0.85,
    lambda u, v: np.abs(np.hypot(u, v) - 0.7) - 0.2,
    lambda u, v: np.maximum(np.abs(u), np.abs(v)) - 0.75,
    lambda u, v: np.maximum(0.87 * np.abs(u) - 0.5 * v, v) - 0.5,
    _star,
    _cross,
    lambda u, v: np.maximum(np.hypot(u, v) - 0.9, 0.75 - np.hypot(u - 0.45, v)),
    lambda u, v: np.maximum(np.abs(u) - 1.0, np.abs(v) - 0.27),
)

# Positive where a texture is dark; angles in radians.
_PATTERNS: tuple[Callable[[Grid, Grid], Grid], ...] = (
    lambda u, v: np.sin(u),
    lambda u, v: np.cos(u) * np.cos(v) - 0.35,
    lambda u, v: 2 * np.sin(0.8 * u) * np.sin(0.8 * v),
)


def _backgrounds(
    rng: np.random.Generator, background: Int[np.ndarray, " n"], side: int
) -> Canvas:
    """Draws the background of each scene, an index of `BACKGROUND_COLORS`."""
    at = _pixel_centers(side)
    canvas = np.empty((len(background), 3, side, side), np.float32)
    for kind, mixture in enumerate(_MIXTURES):
        rows = np.flatnonzero(background == kind)
        tone = np.clip(mixture(rng, len(rows), at), 0, 1)[:, None]
        pair = BACKGROUND_COLORS[kind] + rng.normal(0, 0.06, (len(rows), 2, 3))
        dark, light = np.moveaxis(pair.astype(np.float32)[..., None, None], 1, 0)
        canvas[rows] = dark + tone * (light - dark)
    return canvas


def _smooth_noise(
    rng: np.random.Generator, shape: tuple[int, ...], side: int, *, knots: int
) -> Float[np.ndarray, "..."]:
    """Bilinear interpolation of normal noise on a coarse grid: [*shape, side, side]."""
    values = rng.standard_normal((*shape, knots, knots), np.float32)
    at = np.linspace(0, knots - 1, side, dtype=np.float32)
    weights = np.maximum(0, 1 - np.abs(at[:, None] - np.arange(knots))).astype("f4")
    return weights @ values @ weights.T


def _sky(rng: np.random.Generator, n: int, at: Any) -> Grid:
    return 0.6 * _smooth_noise(rng, (n,), len(at), knots=6) + 0.5 * at[:, None]


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
    return 0.5 + 0.25 * ripples + 0.1 * _smooth_noise(rng, (n,), len(at), knots=12)


def _night(rng: np.random.Generator, n: int, at: Any) -> Grid:
    return (rng.random((n, len(at), len(at)), np.float32) > 0.985).astype(np.float32)


def _bricks(rng: np.random.Generator, n: int, at: Any) -> Grid:
    offset = _phases(rng, n)
    rows = 7 * at[:, None] + offset
    columns = 3.5 * at + 0.5 * (np.floor(rows) % 2) + offset
    joint = (rows % 1 < 0.18) | (columns % 1 < 0.1)
    return 0.85 * joint + 0.1 * _smooth_noise(rng, (n,), len(at), knots=8)


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
