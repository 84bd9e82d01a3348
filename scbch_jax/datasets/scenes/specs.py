"""What each scene shows: objects, their looks and places, drawn before any pixel."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

SHAPES = ("disc", "ring", "square", "triangle", "star", "cross", "crescent", "bar")
COLORS = ("red", "orange", "yellow", "green", "blue", "purple", "white")
TEXTURES = ("striped", "dotted", "checked")
PLACES = ("sky", "sea", "meadow", "sand", "night", "bricks")
NAMES = (*SHAPES, *COLORS, *TEXTURES, *PLACES)
"""Every label by its name, in the order of the columns."""

PLAIN = len(TEXTURES)
"""Texture of an object that has none; it is no label."""
NOWHERE = len(PLACES)
"""Place of a scene before a plain wall; it is no label."""

OBJECTS = 3
"""At most so many objects in a scene."""
THEMES = 10
"""Kinds of scene; each has habits of its own."""


class SceneSpec(NamedTuple):
    """What n scenes show; objects further back come first."""

    shape: Int[np.ndarray, "n 3"]
    color: Int[np.ndarray, "n 3"]
    texture: Int[np.ndarray, "n 3"]
    place: Int[np.ndarray, " n"]
    present: Bool[np.ndarray, "n 3"]
    center: Float[np.ndarray, "n 3 2"]
    """Right and down, as shares of the picture's side."""
    radius: Float[np.ndarray, "n 3"]
    """Share of the picture's side."""
    angle: Float[np.ndarray, "n 3"]
    """Radians."""


def draw_specs(rng: np.random.Generator, samples: int) -> SceneSpec:
    """Draws what scenes show; popular themes more often than others.

    Args:
        rng: source of the draws.
        samples: how many scenes.
    """
    popularity = 1 / np.sqrt(1 + np.arange(THEMES))
    theme = rng.choice(THEMES, size=samples, p=popularity / popularity.sum())
    objects = np.repeat(theme[:, None], OBJECTS, axis=1)
    count = rng.choice(OBJECTS, size=samples, p=(0.55, 0.3, 0.15)) + 1
    plain = rng.random(objects.shape) < 0.6
    nowhere = rng.random(samples) < 0.35
    return SceneSpec(
        shape=_by_habit(rng, objects, len(SHAPES)),
        color=_by_habit(rng, objects, len(COLORS)),
        texture=np.where(plain, PLAIN, _by_habit(rng, objects, len(TEXTURES))),
        place=np.where(nowhere, NOWHERE, _by_habit(rng, theme, len(PLACES))),
        present=np.arange(OBJECTS) < count[:, None],
        center=rng.uniform(0.2, 0.8, size=(*objects.shape, 2)),
        radius=rng.uniform(0.15, 0.3, size=objects.shape),
        angle=rng.uniform(-0.5, 0.5, size=objects.shape),
    )


def labels_of(plan: SceneSpec) -> Float[np.ndarray, "n 24"]:
    """Multi-hot labels of all that is in each scene, hidden or not."""
    looks = ((plan.shape, SHAPES), (plan.color, COLORS), (plan.texture, TEXTURES))
    parts = []
    for chosen, names in looks:
        each = chosen[..., None] == np.arange(len(names))
        parts.append((each & plan.present[..., None]).any(axis=1))
    parts.append(plan.place[:, None] == np.arange(len(PLACES)))
    return np.concatenate(parts, axis=1).astype(np.float32)


def _by_habit(
    rng: np.random.Generator, theme: Int[np.ndarray, "..."], kinds: int
) -> Int[np.ndarray, "..."]:
    """One of some kinds for each entry; each theme mostly chooses its two favorites."""
    favorites = np.resize(rng.permutation(kinds), (2, THEMES))
    likely = np.full((THEMES, kinds), 0.25 / kinds)
    for kind, share in zip(favorites, (0.5, 0.25), strict=True):
        likely[np.arange(THEMES), kind] += share
    edges = np.cumsum(likely, axis=1)[theme][..., :-1]
    return (rng.random(theme.shape)[..., None] > edges).sum(axis=-1)
