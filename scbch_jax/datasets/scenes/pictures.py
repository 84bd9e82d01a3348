"""Pixels of scenes: objects with soft edges on textured ground, behind bad light."""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from scbch_jax.datasets.scenes import grounds
from scbch_jax.datasets.scenes.specs import OBJECTS, SceneSpec

Grid = Float[np.ndarray, "n side side"]
Canvas = Float[np.ndarray, "n 3 side side"]

AT_ONCE = 256
"""Scenes drawn at once; so many fit in a processor's cache."""

PAINT = np.array(
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
"""Red, green and blue of each color, as shares."""


def paint(
    rng: np.random.Generator, plan: SceneSpec, *, side: int, blur: float
) -> UInt8[np.ndarray, "n side side 3"]:
    """Draws every scene of a plan.

    Args:
        rng: source of the draws.
        plan: what the scenes show.
        side: width and height in pixels.
        blur: strength of light, grain and patches of color, in [0, 1].
    """
    pictures = np.empty((len(plan.place), side, side, 3), np.uint8)
    for start in range(0, len(pictures), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        part = SceneSpec(*(array[some] for array in plan))
        canvas = grounds.paint(rng, part.place, side)
        for place in range(OBJECTS):
            _add_object(rng, canvas, part, place)
        pictures[some] = _as_seen(rng, canvas, blur)
    return pictures


def _add_object(
    rng: np.random.Generator,
    canvas: Canvas,
    plan: SceneSpec,
    place: int,
) -> None:
    """Paints one object of each scene over what is there."""
    tint = PAINT[plan.color[:, place]]
    tint = tint + rng.normal(0, 0.07, tint.shape).astype(np.float32)
    for shape, distance in enumerate(_DISTANCES):
        rows = np.flatnonzero(plan.present[:, place] & (plan.shape[:, place] == shape))
        right, down = _own_axes(plan, rows, place, canvas.shape[-1])
        pixels = canvas.shape[-1] * plan.radius[rows, place, None, None]
        cover = np.clip(0.5 - distance(right, down) * pixels, 0, 1)
        tone = _tones(plan.texture[rows, place], right, down)
        color = tint[rows][:, :, None, None] * (1 - 0.6 * tone[:, None])
        canvas[rows] += cover[:, None].astype(np.float32) * (color - canvas[rows])


def _own_axes(plan: SceneSpec, rows: Any, place: int, side: int) -> tuple[Grid, Grid]:
    """Pixels in an object's own axes, in which its radius is 1."""
    at = ((np.arange(side) + 0.5) / side).astype(np.float32)
    center = plan.center[rows, place].astype(np.float32)
    right = at[None, None, :] - center[:, 0, None, None]
    down = at[None, :, None] - center[:, 1, None, None]
    turn = plan.angle[rows, place, None, None].astype(np.float32)
    scale = plan.radius[rows, place, None, None].astype(np.float32)
    cos, sin = np.cos(turn) / scale, np.sin(turn) / scale
    return right * cos + down * sin, down * cos - right * sin


def _tones(texture: Any, right: Grid, down: Grid) -> Grid:
    """How dark each pixel of an object's texture is, from 0 to 1."""
    tone = np.zeros_like(right)
    for kind, pattern in enumerate(_PATTERNS):
        rows = texture == kind
        tone[rows] = np.clip(0.5 + 2 * pattern(7 * right[rows], 7 * down[rows]), 0, 1)
    return tone


def _as_seen(
    rng: np.random.Generator, canvas: Canvas, blur: float
) -> UInt8[np.ndarray, "n side side 3"]:
    """Each picture in a light of its own, with patches of color and grain."""
    n, _, side, _ = canvas.shape
    light = 1 + blur * rng.uniform(-0.45, 0.45, size=(n, 3, 1, 1))
    patches = grounds.smooth(rng, (n, 3), side, waves=5)
    seen = canvas * light.astype(np.float32) + 0.3 * blur * patches
    seen += 0.4 * blur * (rng.random(canvas.shape, np.float32) - 0.5)
    return (255 * np.clip(seen, 0, 1)).astype(np.uint8).transpose(0, 2, 3, 1)


def _star(right: Grid, down: Grid) -> Grid:
    """Five equal points: seen from the nearest one, straight edges to both sides."""
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
