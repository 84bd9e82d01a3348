"""The scenes: pictures, captions and labels that the package draws from a seed.

No download, no model: shapes in colors and textures on grounds, and sentences about
them. What is drawn goes to features as foreign pictures and captions would.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8

from scbch_jax.config.scenes import Scenes
from scbch_jax.datasets.scenes import captions, pictures
from scbch_jax.datasets.scenes.specs import NAMES, draw_specs, labels_of
from scbch_jax.datasets.scenes.vectors import caption_vectors
from scbch_jax.features.descriptors import describe
from scbch_jax.types import Dataset, Split

__all__ = ["NAMES", "Drawn", "as_features", "draw"]


class Drawn(NamedTuple):
    """Raw scenes, queries first, then the database; row i of each is scene i."""

    pictures: UInt8[np.ndarray, "n side side 3"]
    """Red, green and blue."""
    captions: list[str]
    labels: Float[np.ndarray, "n 24"]
    """Multi-hot, columns in the order of `NAMES`."""


def draw(sizes: Scenes) -> Drawn:
    """Draws all scenes; the same seed gives the same bytes and words.

    Args:
        sizes: how many, how large and how difficult.
    """
    samples = sizes.queries + sizes.database
    plans, pixels, words = (
        np.random.default_rng([sizes.seed, purpose]) for purpose in range(3)
    )
    plan = draw_specs(plans, samples)
    return Drawn(
        pictures.paint(pixels, plan, side=sizes.side, blur=sizes.blur),
        captions.describe(words, plan, silence=sizes.silence),
        labels_of(plan),
    )


def as_features(sizes: Scenes) -> Dataset:
    """The scenes as features: descriptors of pictures, Doc2Vec vectors of captions.

    Doc2Vec reads the captions of the database only; queries are new to it.

    Args:
        sizes: how many, how large and how difficult.
    """
    drawn = draw(sizes)
    known = slice(sizes.queries, None)
    text = caption_vectors(
        drawn.captions, known=known, width=sizes.text_dim, seed=sizes.seed
    )
    rows = Split(describe(drawn.pictures), text, drawn.labels)

    def cut(start: int, count: int) -> Split:
        return Split(*(array[start : start + count] for array in rows))

    return Dataset(
        query=cut(0, sizes.queries),
        database=cut(sizes.queries, sizes.database),
        train=cut(sizes.queries, sizes.train),
    )
