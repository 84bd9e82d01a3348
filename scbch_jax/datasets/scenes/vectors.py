"""Vectors of captions, by Doc2Vec on the captions of the database."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

EPOCHS = 20
"""Passes of Doc2Vec over its captions, and over each caption that is placed."""


def caption_vectors(
    captions: Sequence[str], *, known: slice, width: int, seed: int
) -> Float[np.ndarray, "n {width}"]:
    """Vectors of unit length: of every caption, by a model that read the known ones.

    Bags of words predicted from vectors (PV-DBOW; Le and Mikolov, ICML 2014, Section
    2.3), which suits short captions of few different words. Known captions, too, are
    placed anew, so that all vectors are made in one way; the same seed gives the same
    bits in every process.

    Args:
        captions: words with blanks between them.
        known: which of them the model learns from.
        width: of the vectors.
        seed: of the model.
    """
    # Imported here: gensim takes a second to load, and only captions need it.
    from gensim.models.doc2vec import Doc2Vec, TaggedDocument

    words = [caption.split() for caption in captions]
    model = Doc2Vec(
        [TaggedDocument(w, [row]) for row, w in enumerate(words[known])],
        vector_size=width,
        dm=0,
        min_count=2,
        sample=0,
        alpha=0.05,
        epochs=EPOCHS,
        seed=seed,
        workers=1,
    )
    return np.stack([_placed(model, w, seed) for w in words])


def _placed(model: Any, words: Sequence[str], seed: int) -> np.ndarray:
    """Gensim's inference, from a start that no hash of this process decides."""
    from gensim.models.doc2vec import train_document_dbow

    digest = hashlib.sha256(f"{seed} {' '.join(words)}".encode()).digest()
    start = int.from_bytes(digest[:4], "little")
    model.random.seed(start)
    width = model.vector_size
    vector = np.random.default_rng(start).random((1, width), np.float32) - 0.5
    vector /= width
    for rate in np.linspace(model.alpha, model.min_alpha, EPOCHS):
        train_document_dbow(
            model,
            words,
            [0],
            float(rate),
            doctag_vectors=vector,
            doctags_lockf=np.ones(1, np.float32),
            learn_words=False,
            learn_hidden=False,
        )
    return vector[0] / np.linalg.norm(vector[0])
