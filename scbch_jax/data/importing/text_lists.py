"""Bags of words from lists of tags, as the MITH code has them beside its arrays."""

import functools
from collections.abc import Sequence

import numpy as np

from scbch_jax.data.formats import ArrayInfo, read_strings
from scbch_jax.data.formats.base import read_at_once
from scbch_jax.data.importing.layout_names import LISTED_TAGS
from scbch_jax.errors import require

TAGS, WORDS = "all_tags", "TagList"
"""Lists of the tags of each row, with commas between them, and of all tags."""


def with_bags(found: Sequence[ArrayInfo]) -> list[ArrayInfo]:
    """The arrays, and the bags of words that two lists among them make."""
    by_name = {array.name: array for array in found if array.kind == "text"}
    if not {TAGS, WORDS} <= by_name.keys():
        return list(found)
    tags, words = by_name[TAGS], by_name[WORDS]
    shape = (tags.shape[0], words.shape[0])
    read = functools.partial(_bags, tags, words)
    return [*found, read_at_once(tags.path, LISTED_TAGS, shape, "uint8", read)]


def _bags(tags: ArrayInfo, words: ArrayInfo) -> np.ndarray:
    column = {word: i for i, word in enumerate(map(_word, read_strings(words)))}
    got = f"{words.shape[0] - len(column)} tags twice"
    require(len(column) == words.shape[0], str(words.path), got, "each tag once")
    bags = np.zeros((tags.shape[0], len(column)), np.uint8)
    for row, line in enumerate(read_strings(tags)):
        own = (tag.strip() for tag in line.split(","))
        bags[row, [column[tag] for tag in own if tag in column]] = 1
    return bags


def _word(line: str) -> str:
    """A line of the list, without the number that may follow the tag."""
    word, _, number = line.rpartition(" ")
    return word.strip() if word and number.isdecimal() else line
