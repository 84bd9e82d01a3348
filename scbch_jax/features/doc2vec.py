"""Doc2Vec: vectors of texts that predict their words (Le and Mikolov, ICML 2014).

The distributed-memory model (PV-DM, Section 2.2) by gensim. A model is kept as words,
counts and two matrices, and gensim's own object is rebuilt from them, because loading
gensim's files can run code.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float

from scbch_jax.config.data import DbowConfig, Doc2VecConfig
from scbch_jax.extras import require_packages
from scbch_jax.features.bag_of_words import Vocabulary, build_vocabulary, tokenize


@dataclass(frozen=True, eq=False)
class Doc2VecModel:
    """A trained model. It is not thread-safe: gensim has its own random state."""

    config: Doc2VecConfig
    vocabulary: Vocabulary
    word_vectors: Float[np.ndarray, "words dim"]
    """Input vector of each word."""
    output_weights: Float[np.ndarray, "words dim"]
    """Weights of each word where it is predicted (negative sampling)."""

    @cached_property
    def engine(self) -> Any:
        """Gensim's model, which is built once: that takes longer than one inference."""
        engine = with_vocabulary(
            self.vocabulary, self.config, window=self.config.window
        )
        engine.wv.vectors = np.array(self.word_vectors)
        engine.syn1neg = np.array(self.output_weights)
        return engine


def train_doc2vec(texts: Sequence[str], config: Doc2VecConfig) -> Doc2VecModel:
    """Trains a model; the same texts and config give the same bits.

    Raises:
        InputError: if no word is frequent enough.
    """
    vocabulary, engine = train_engine(texts, config, window=config.window)
    return Doc2VecModel(config, vocabulary, engine.wv.vectors, engine.syn1neg)


def infer_vectors(
    model: Doc2VecModel, texts: Sequence[str]
) -> Float[np.ndarray, "n dim"]:
    """Infers the vectors of texts, training texts or others.

    The vector of a text depends on its words and the seed alone, so it is the same in
    any order and any process. A text without a known word gets zeros.
    """
    dim, seed = model.config.dim, model.config.seed
    vectors = np.zeros((len(texts), dim), np.float32)
    for row, text in enumerate(texts):
        words = [w for w in tokenize(text) if w in model.engine.wv.key_to_index]
        if words:
            drawn = text_seed(words, seed)
            start = (np.random.default_rng(drawn).random(dim) - 0.5) / dim
            vectors[row] = infer_vector(model.engine, words, start, seed=drawn)
    return vectors


def text_seed(words: Sequence[str], seed: int) -> int:
    """The seed of one text: gensim's own hash differs from process to process."""
    digest = hashlib.sha256(f"{seed} {' '.join(words)}".encode()).digest()
    return int.from_bytes(digest[:4], "little")


def infer_vector(
    engine: Any, words: Sequence[str], start: np.ndarray, *, seed: int
) -> Float[np.ndarray, " dim"]:
    """Gensim's inference for one text, by the rule that its model was trained with.

    Args:
        engine: gensim's model, PV-DM or PV-DBOW.
        words: of the text; those that the model does not know are left out.
        start: initial vector.
        seed: of the negative samples, and of the windows of PV-DM.
    """
    from gensim.models.doc2vec import train_document_dbow, train_document_dm

    engine.random.seed(seed)
    vector = start.astype(np.float32)[None]
    # Gensim keeps only the addresses of buffers that it allocates itself, and uses them
    # after they are freed: from 256 columns on this is a segmentation fault.
    buffers = {"work": np.zeros(engine.vector_size, np.float32)}
    if engine.dm:
        buffers["neu1"] = np.zeros(engine.vector_size, np.float32)
    update = train_document_dm if engine.dm else train_document_dbow
    for rate in np.linspace(engine.alpha, engine.min_alpha, engine.epochs):
        update(
            engine,
            words,
            [0],
            float(rate),
            doctag_vectors=vector,
            doctags_lockf=np.ones(1, np.float32),
            learn_words=False,
            learn_hidden=False,
            **buffers,
        )
    return vector[0]


def train_engine(
    texts: Sequence[str], config: Doc2VecConfig | DbowConfig, **options: Any
) -> tuple[Vocabulary, Any]:
    """The words with their counts, and gensim's model trained on the texts.

    Args:
        texts: to train on.
        config: of the model.
        options: of gensim's `Doc2Vec`, beside those of the config.

    Raises:
        InputError: if no word is frequent enough.
    """
    engine = _untrained(config, min_count=config.min_count, **options)
    build_vocabulary(texts, min_count=config.min_count)  # refuses an empty one
    from gensim.models.doc2vec import TaggedDocument

    tagged = [TaggedDocument(tokenize(text), [i]) for i, text in enumerate(texts)]
    engine.build_vocab(tagged)
    engine.train(tagged, total_examples=len(tagged), epochs=config.epochs)
    words = engine.wv.index_to_key
    counts = tuple((w, int(engine.wv.get_vecattr(w, "count"))) for w in words)
    return counts, engine


def with_vocabulary(
    vocabulary: Vocabulary, config: Doc2VecConfig | DbowConfig, **options: Any
) -> Any:
    """Gensim's model with these words, whose matrices are still to be set."""
    engine = _untrained(config, min_count=1, sorted_vocab=0, **options)
    engine.build_vocab_from_freq(dict(vocabulary))
    return engine


def _untrained(config: Doc2VecConfig | DbowConfig, **options: Any) -> Any:
    """Gensim's model; with several workers the order of the updates would be random."""
    # Imported here: it takes a second, and few commands need it.
    require_packages("Doc2Vec", "gensim")
    from gensim.models.doc2vec import Doc2Vec

    return Doc2Vec(
        vector_size=config.dim,
        epochs=config.epochs,
        seed=config.seed,
        workers=1,
        **options,
    )
