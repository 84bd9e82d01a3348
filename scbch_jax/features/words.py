"""Texts to words, and to bags of words with a kept vocabulary."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Float

Vocabulary = tuple[tuple[str, int], ...]
"""Words and how often each was met, the most frequent first; ties by the alphabet."""


def words_of(text: str) -> list[str]:
    """The words of a text, in small letters; digits count as letters.

    >>> words_of("A dog's day, at 9 o'clock -- Zürich_1")
    ['a', "dog's", 'day', 'at', '9', "o'clock", 'zürich', '1']
    """
    return re.findall(r"[^\W_]+(?:'[^\W_]+)*", text.lower())


def vocabulary_of(texts: Iterable[str], *, least: int, most: int = 0) -> Vocabulary:
    """The words of a collection of texts.

    Args:
        texts: to count in.
        least: how often a word must be met.
        most: only the most frequent so many are kept; all if 0.
    """
    counts = Counter(word for text in texts for word in words_of(text))
    met = [(word, n) for word, n in counts.items() if n >= least]
    met.sort(key=lambda pair: (-pair[1], pair[0]))
    return tuple(met[:most] if most else met)


def bag_of_words(
    texts: Sequence[str], vocabulary: Vocabulary
) -> Float[np.ndarray, "n words"]:
    """Which words of the vocabulary each text has, as 0 and 1."""
    column = {word: i for i, (word, _) in enumerate(vocabulary)}
    bags = np.zeros((len(texts), len(vocabulary)), np.float32)
    for row, text in enumerate(texts):
        bags[row, [column[w] for w in words_of(text) if w in column]] = 1
    return bags
