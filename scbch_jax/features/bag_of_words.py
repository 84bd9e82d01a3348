"""Bags of words over a fixed vocabulary."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from scbch_jax.errors import InputError

Vocabulary = tuple[tuple[str, int], ...]
"""Words with their counts, in descending order of counts; ties alphabetically."""


class BagOfWords(NamedTuple):
    """A text model that consists of a vocabulary alone."""

    vocabulary: Vocabulary


def tokenize(text: str) -> list[str]:
    """The words of a text in lower case: runs of letters, digits and apostrophes.

    >>> tokenize("A dog's day, at 9 o'clock -- Zürich_1")
    ['a', "dog's", 'day', 'at', '9', "o'clock", 'zürich', '1']
    """
    return re.findall(r"[^\W_]+(?:'[^\W_]+)*", text.lower())


def build_vocabulary(
    texts: Iterable[str], *, min_count: int, max_words: int = 0
) -> Vocabulary:
    """Counts the words of a collection of texts.

    >>> build_vocabulary(["A dog and a cat", "The dog"], min_count=2)
    (('a', 2), ('dog', 2))

    Args:
        texts: the collection.
        min_count: minimum count of a word.
        max_words: how many of the most frequent words are kept; 0 keeps all.

    Raises:
        InputError: if no word occurs `min_count` times.
    """
    counts = Counter(word for text in texts for word in tokenize(text))
    kept = [(word, n) for word, n in counts.items() if n >= min_count]
    if not kept:
        raise InputError(
            f"texts: no word occurs {min_count} times; lower --min-count, or give more "
            "texts"
        )
    kept.sort(key=lambda pair: (-pair[1], pair[0]))
    return tuple(kept[:max_words] if max_words else kept)


def bag_of_words(
    texts: Sequence[str], vocabulary: Vocabulary
) -> Float[np.ndarray, "n words"]:
    """Indicators of the vocabulary's words in each text: 0 or 1."""
    column = {word: i for i, (word, _) in enumerate(vocabulary)}
    bags = np.zeros((len(texts), len(vocabulary)), np.float32)
    for row, text in enumerate(texts):
        bags[row, [column[w] for w in tokenize(text) if w in column]] = 1
    return bags
