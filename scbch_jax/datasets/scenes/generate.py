"""The scenes dataset: pictures, captions and labels that are drawn from a seed.

Nothing is downloaded: shapes in colors and textures on backgrounds, and sentences
about them. Their features are computed as those of any pictures and captions.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8

from scbch_jax.config.data import Scenes
from scbch_jax.data.split import queries_first
from scbch_jax.datasets.scenes.captions import draw_captions
from scbch_jax.datasets.scenes.pictures import draw_pictures
from scbch_jax.datasets.scenes.specs import NAMES, draw_specs, labels_of
from scbch_jax.features import (
    DbowConfig,
    DbowModel,
    Extractor,
    dbow_vectors,
    descriptor_extractor,
    train_dbow,
)
from scbch_jax.types import Dataset, Split

__all__ = ["NAMES", "Features", "RawScenes", "as_features", "draw"]

EPOCHS = 20
"""Epochs of PV-DBOW, in training and for each inferred vector."""


class RawScenes(NamedTuple):
    """Scenes before feature extraction: the queries first, then the database."""

    pictures: UInt8[np.ndarray, "n side side 3"]
    """RGB."""
    captions: list[str]
    labels: Float[np.ndarray, "n 24"]
    """Multi-hot, columns in the order of `NAMES`."""


def draw(config: Scenes) -> RawScenes:
    """Draws all scenes; the same seed gives the same bytes and words.

    Args:
        config: number, size and difficulty of the scenes.
    """
    for_specs, for_pictures, for_captions = (
        np.random.default_rng([config.seed, purpose]) for purpose in range(3)
    )
    spec = draw_specs(for_specs, config.queries + config.database)
    return RawScenes(
        draw_pictures(for_pictures, spec, side=config.side, nuisance=config.nuisance),
        draw_captions(for_captions, spec, word_dropout=config.word_dropout),
        labels_of(spec),
    )


class Features(NamedTuple):
    """Scenes as features, and what made them."""

    dataset: Dataset
    extractor: Extractor
    text_model: DbowModel


def as_features(config: Scenes) -> Features:
    """The scenes as features: descriptors of pictures, vectors of captions.

    The model of texts is trained on the captions of the database only.

    Args:
        config: number, size and difficulty of the scenes.
    """
    raw = draw(config)
    extractor = descriptor_extractor(config.side)
    model = train_dbow(
        raw.captions[config.queries :],
        DbowConfig(dim=config.text_dim, epochs=EPOCHS, seed=config.seed),
    )
    text = dbow_vectors(model, raw.captions)
    rows = Split(extractor.apply(raw.pictures), text, raw.labels)
    dataset = queries_first(rows, queries=config.queries, train=config.train)
    return Features(dataset, extractor, model)
