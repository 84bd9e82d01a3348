"""What each scene shows: its objects and background, drawn before any pixel."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

SHAPES = ("disc", "ring", "square", "triangle", "star", "cross", "crescent", "bar")
COLORS = ("red", "orange", "yellow", "green", "blue", "purple", "white")
TEXTURES = ("striped", "dotted", "checked")
BACKGROUNDS = ("sky", "sea", "meadow", "sand", "night", "bricks")
NAMES = (*SHAPES, *COLORS, *TEXTURES, *BACKGROUNDS)
"""The names of the labels, in the order of the columns."""

PLAIN = len(TEXTURES)
"""The texture of an object without one; not a label."""
NO_BACKGROUND = len(BACKGROUNDS)
"""The background of a scene before a plain wall; not a label."""

OBJECTS = 3
"""Most objects of a scene."""
THEMES = 10
"""Kinds of scenes; each prefers some shapes, colors, textures and backgrounds."""


class SceneSpec(NamedTuple):
    """What n scenes show; later objects cover earlier ones."""

    shape: Int[np.ndarray, "n 3"]
    color: Int[np.ndarray, "n 3"]
    texture: Int[np.ndarray, "n 3"]
    background: Int[np.ndarray, " n"]
    present: Bool[np.ndarray, "n 3"]
    center: Float[np.ndarray, "n 3 2"]
    """Horizontal and vertical, as fractions of the picture's side."""
    radius: Float[np.ndarray, "n 3"]
    """Fraction of the picture's side."""
    angle: Float[np.ndarray, "n 3"]
    """Radians."""


def draw_specs(rng: np.random.Generator, samples: int) -> SceneSpec:
    """Draws what scenes show; the frequency of themes falls off.

    Args:
        rng: random generator.
        samples: number of scenes.
    """
    popularity = 1 / np.sqrt(1 + np.arange(THEMES))
    theme = rng.choice(THEMES, size=samples, p=popularity / popularity.sum())
    objects = np.repeat(theme[:, None], OBJECTS, axis=1)
    count = rng.choice(OBJECTS, size=samples, p=(0.55, 0.3, 0.15)) + 1
    plain = rng.random(objects.shape) < 0.6
    bare = rng.random(samples) < 0.35
    return SceneSpec(
        shape=_by_theme(rng, objects, len(SHAPES)),
        color=_by_theme(rng, objects, len(COLORS)),
        texture=np.where(plain, PLAIN, _by_theme(rng, objects, len(TEXTURES))),
        background=np.where(
            bare, NO_BACKGROUND, _by_theme(rng, theme, len(BACKGROUNDS))
        ),
        present=np.arange(OBJECTS) < count[:, None],
        center=rng.uniform(0.2, 0.8, size=(*objects.shape, 2)),
        radius=rng.uniform(0.15, 0.3, size=objects.shape),
        angle=rng.uniform(-0.5, 0.5, size=objects.shape),
    )


def labels_of(spec: SceneSpec) -> Float[np.ndarray, "n 24"]:
    """Multi-hot labels of everything in each scene, visible or covered."""
    attributes = ((spec.shape, SHAPES), (spec.color, COLORS), (spec.texture, TEXTURES))
    parts = []
    for chosen, names in attributes:
        each = chosen[..., None] == np.arange(len(names))
        parts.append((each & spec.present[..., None]).any(axis=1))
    parts.append(spec.background[:, None] == np.arange(len(BACKGROUNDS)))
    return np.concatenate(parts, axis=1).astype(np.float32)


def _by_theme(
    rng: np.random.Generator, theme: Int[np.ndarray, "..."], kinds: int
) -> Int[np.ndarray, "..."]:
    """One kind for each entry; each theme mostly draws one of its two favorites."""
    favorites = np.resize(rng.permutation(kinds), (2, THEMES))
    probability = np.full((THEMES, kinds), 0.25 / kinds)
    for kind, extra in zip(favorites, (0.5, 0.25), strict=True):
        probability[np.arange(THEMES), kind] += extra
    edges = np.cumsum(probability, axis=1)[theme][..., :-1]
    return (rng.random(theme.shape)[..., None] > edges).sum(axis=-1)
