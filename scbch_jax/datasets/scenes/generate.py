"""The scenes dataset: pictures, captions and labels that are drawn from a seed.

Nothing is downloaded: shapes in colors and textures before backgrounds, and sentences
about them. Their features are computed as those of any pictures and captions.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8

from scbch_jax.config.data import Scenes
from scbch_jax.datasets.scenes.captions import draw_captions
from scbch_jax.datasets.scenes.pictures import draw_pictures
from scbch_jax.datasets.scenes.specs import NAMES, draw_specs, labels_of
from scbch_jax.extras import require_packages
from scbch_jax.features import compute_descriptors
from scbch_jax.features.doc2vec import infer_vector, text_seed
from scbch_jax.types import Dataset, Split

__all__ = ["NAMES", "RawScenes", "as_features", "caption_vectors", "draw"]

EPOCHS = 20
"""Epochs of Doc2Vec, in training and for each inferred vector."""


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


def as_features(config: Scenes) -> Dataset:
    """The scenes as features: descriptors of pictures, Doc2Vec vectors of captions.

    Doc2Vec is trained on the captions of the database only.

    Args:
        config: number, size and difficulty of the scenes.
    """
    raw = draw(config)
    text = caption_vectors(
        raw.captions,
        training=slice(config.queries, None),
        dim=config.text_dim,
        seed=config.seed,
    )
    rows = Split(compute_descriptors(raw.pictures), text, raw.labels)

    def part(start: int, count: int) -> Split:
        return Split(*(array[start : start + count] for array in rows))

    return Dataset(
        query=part(0, config.queries),
        database=part(config.queries, config.database),
        train=part(config.queries, config.train),
    )


def caption_vectors(
    captions: Sequence[str], *, training: slice, dim: int, seed: int
) -> Float[np.ndarray, "n {dim}"]:
    """Doc2Vec vectors of unit length.

    The bag-of-words model (PV-DBOW; Le and Mikolov, ICML 2014, Section 2.3), which
    suits short captions with a small vocabulary. The vectors of training captions are
    inferred, too, so that all vectors are comparable. The same seed gives the same
    bits in every process.

    Args:
        captions: words separated by blanks.
        training: which of them the model is trained on.
        dim: dimension of the vectors.
        seed: random seed.
    """
    # Imported here: gensim takes a second to load, and only captions need it.
    require_packages("the scenes dataset", "gensim")
    from gensim.models.doc2vec import Doc2Vec, TaggedDocument

    words = [caption.split() for caption in captions]
    engine = Doc2Vec(
        [TaggedDocument(w, [row]) for row, w in enumerate(words[training])],
        vector_size=dim,
        dm=0,
        min_count=2,
        sample=0,
        alpha=0.05,
        epochs=EPOCHS,
        seed=seed,
        workers=1,
    )
    vectors = np.empty((len(words), dim), np.float32)
    for row, w in enumerate(words):
        drawn = text_seed(w, seed)
        start = np.random.default_rng(drawn).random(dim, np.float32) - 0.5
        vector = infer_vector(engine, w, start / dim, seed=drawn)
        vectors[row] = vector / np.linalg.norm(vector)
    return vectors
