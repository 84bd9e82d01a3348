"""Doc2Vec: texts to vectors that predict their words (Le and Mikolov, ICML 2014).

The distributed memory model (PV-DM, Section 2.2), by gensim. What is kept are words,
counts and two matrices, from which gensim's model is made anew; gensim's own files can
run code when they are read.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from scbch_jax.errors import require
from scbch_jax.features.words import Vocabulary, words_of


class Doc2VecConfig(NamedTuple):
    """How documents are learnt, and new ones placed."""

    dim: int = 300
    """Width of a vector."""
    window: int = 5
    """Words before and after the one that is predicted."""
    epochs: int = 20
    """Passes over the texts, and over each text that is placed."""
    least: int = 2
    """How often a word must be met to count."""
    seed: int = 0


class Documents(NamedTuple):
    """A learnt space of texts."""

    plan: Doc2VecConfig
    vocabulary: Vocabulary
    words: Float[np.ndarray, "words dim"]
    """Vector of each word."""
    outputs: Float[np.ndarray, "words dim"]
    """Weights of each word where it is predicted."""


def learn_documents(texts: Sequence[str], plan: Doc2VecConfig) -> Documents:
    """Learns a space of texts; the same texts and plan give the same bits.

    Raises:
        InputError: if no word is met often enough.
    """
    from gensim.models.doc2vec import TaggedDocument

    tagged = [TaggedDocument(words_of(text), [i]) for i, text in enumerate(texts)]
    model = _untrained(plan, min_count=plan.least)
    model.build_vocab(tagged)
    wanted = f"texts in which a word is met {plan.least} times"
    require(len(model.wv) > 0, "texts", "no such word", wanted)
    model.train(tagged, total_examples=len(tagged), epochs=plan.epochs)
    counts = ((w, int(model.wv.get_vecattr(w, "count"))) for w in model.wv.index_to_key)
    return Documents(plan, tuple(counts), model.wv.vectors, model.syn1neg)


def place_documents(
    model: Documents, texts: Sequence[str]
) -> Float[np.ndarray, "n dim"]:
    """Vectors of texts in a learnt space, those that it was learnt from included.

    A text always gets the same vector, in any order and any process: what is drawn
    depends on its words and the seed. A text without a known word is a row of zeros.
    """
    engine = _untrained(model.plan, min_count=1, sorted_vocab=0)
    engine.build_vocab_from_freq(dict(model.vocabulary))
    engine.wv.vectors = np.array(model.words)
    engine.syn1neg = np.array(model.outputs)
    known = engine.wv.key_to_index
    places = np.zeros((len(texts), model.plan.dim), np.float32)
    for row, text in enumerate(texts):
        words = [word for word in words_of(text) if word in known]
        if words:
            places[row] = _place(engine, words, model.plan)
    return places


def _untrained(plan: Doc2VecConfig, **options: Any) -> Any:
    """Gensim's model; one worker, since several would take texts in any order."""
    # Imported here: it takes a second, and few commands need it.
    from gensim.models.doc2vec import Doc2Vec

    return Doc2Vec(
        vector_size=plan.dim,
        window=plan.window,
        epochs=plan.epochs,
        seed=plan.seed,
        workers=1,
        **options,
    )


def _place(engine: Any, words: list[str], plan: Doc2VecConfig) -> np.ndarray:
    """Gensim's inference, from a start that no hash of this process decides."""
    from gensim.models.doc2vec import train_document_dm

    digest = hashlib.sha256(f"{plan.seed} {' '.join(words)}".encode()).digest()
    seed = int.from_bytes(digest[:4], "little")
    engine.random.seed(seed)
    start = np.random.default_rng(seed).random((1, plan.dim))
    vector = ((start - 0.5) / plan.dim).astype(np.float32)
    rates = np.linspace(engine.alpha, engine.min_alpha, plan.epochs)
    still = {"learn_words": False, "learn_hidden": False}
    for rate in rates:
        train_document_dm(
            engine,
            words,
            [0],
            float(rate),
            doctag_vectors=vector,
            doctags_lockf=np.ones(1, np.float32),
            **still,
        )
    return vector[0]
