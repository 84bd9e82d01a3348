"""Paragraph vectors by bags of words (PV-DBOW; Le and Mikolov, ICML 2014, Section 2.3).

A vector of a text predicts each of its words, whatever their order, which suits short
texts with a small vocabulary. Gensim trains the model; it is kept as words, counts and
a matrix, from which gensim's own object is rebuilt.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float

from scbch_jax.config.data import DbowConfig
from scbch_jax.features.bag_of_words import Vocabulary, tokenize
from scbch_jax.features.doc2vec import (
    infer_vector,
    text_seed,
    train_engine,
    with_vocabulary,
)

DBOW: dict[str, Any] = {"dm": 0, "sample": 0, "alpha": 0.05}
"""What makes gensim's model one of PV-DBOW; alpha is the learning rate at the start, in
training and for each inferred vector."""


@dataclass(frozen=True, eq=False)
class DbowModel:
    """A trained model. It is not thread-safe: gensim has its own random state."""

    config: DbowConfig
    vocabulary: Vocabulary
    output_weights: Float[np.ndarray, "words dim"]
    """Weights of each word, which is predicted (negative sampling)."""

    @cached_property
    def engine(self) -> Any:
        """Gensim's model, which is built once: that takes longer than one inference."""
        engine = with_vocabulary(self.vocabulary, self.config, **DBOW)
        engine.syn1neg = np.array(self.output_weights)
        return engine


def train_dbow(texts: Sequence[str], config: DbowConfig) -> DbowModel:
    """Trains a model; the same texts and config give the same bits.

    Raises:
        InputError: if no word is frequent enough.
    """
    vocabulary, engine = train_engine(texts, config, **DBOW)
    return DbowModel(config, vocabulary, engine.syn1neg)


def dbow_vectors(model: DbowModel, texts: Sequence[str]) -> Float[np.ndarray, "n dim"]:
    """Infers the vectors of texts, of unit length.

    The vector of a text depends on its words and the seed alone, so it is the same in
    any order and any process. A text without a known word gets zeros.
    """
    dim, seed = model.config.dim, model.config.seed
    known = model.engine.wv.key_to_index
    vectors = np.zeros((len(texts), dim), np.float32)
    for row, text in enumerate(texts):
        words = tokenize(text)
        if any(word in known for word in words):
            drawn = text_seed(words, seed)
            start = np.random.default_rng(drawn).random(dim, np.float32) - 0.5
            vector = infer_vector(model.engine, words, start / dim, seed=drawn)
            vectors[row] = vector / np.linalg.norm(vector)
    return vectors
