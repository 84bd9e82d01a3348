"""Captions of scenes: with synonyms, incomplete, and now and then wrong."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from scbch_jax.datasets.scenes.specs import (
    BACKGROUNDS,
    COLORS,
    NO_BACKGROUND,
    PLAIN,
    SHAPES,
    TEXTURES,
    SceneSpec,
)

WORDS = {
    "disc": ("disc", "circle", "ball", "spot", "round"),
    "ring": ("ring", "hoop", "circle", "wheel", "round"),
    "square": ("square", "box", "block", "tile"),
    "triangle": ("triangle", "wedge", "sail", "tent"),
    "star": ("star", "spark", "asterisk"),
    "cross": ("cross", "plus", "windmill"),
    "crescent": ("crescent", "moon", "sickle", "banana"),
    "bar": ("bar", "stick", "plank", "block"),
    "red": ("red", "scarlet", "crimson", "ruby"),
    "orange": ("orange", "amber", "tangerine", "golden"),
    "yellow": ("yellow", "golden", "lemon"),
    "green": ("green", "emerald", "olive", "mossy"),
    "blue": ("blue", "azure", "navy", "indigo"),
    "purple": ("purple", "violet", "lilac", "indigo"),
    "white": ("white", "pale", "ivory", "bright"),
    "striped": ("striped", "stripy", "banded", "lined"),
    "dotted": ("dotted", "spotted", "speckled", "polka"),
    "checked": ("checked", "chequered", "plaid"),
    "sky": ("sky", "clouds", "air", "heaven"),
    "sea": ("sea", "water", "waves", "ocean"),
    "meadow": ("meadow", "grass", "field", "lawn"),
    "sand": ("sand", "beach", "desert", "dunes"),
    "night": ("night", "dark", "midnight", "stars"),
    "bricks": ("bricks", "wall", "masonry", "wall"),
}
"""The words for each label; some words stand for two labels."""

OPENINGS = (
    "a picture of",
    "look",
    "here is",
    "my favorite",
    "this",
    "i saw",
    "just",
    "again",
    "untitled",
    "there was",
)
JOINTS = ("and", "with", "near", "behind", "beside", "under", "by", "next to")
VAGUE = ("thing", "shape", "object", "something")
ENDINGS = (
    "holiday",
    "for sarah",
    "nice light",
    "from the window",
    "last summer",
    "with friends",
    "first try",
    "no filter",
    "again",
    "wow",
    "so quiet",
    "monday",
)

ERROR_RATE = 0.06
"""Probability that a named label is replaced by a random one of its kind."""
DRAWS = 80
"""Random numbers that the longest caption can need."""

Draw = Callable[[], float]


def draw_captions(
    rng: np.random.Generator, spec: SceneSpec, *, word_dropout: float
) -> list[str]:
    """Draws a caption for each scene.

    Args:
        rng: random generator.
        spec: what the scenes show.
        word_dropout: mean share of it that a caption omits, in [0, 1].
    """
    keep = (1 - word_dropout) * rng.uniform(0.7, 1.3, size=len(spec.background))
    captions = []
    for row, keep_rate in enumerate(keep):
        draw = iter(rng.random(DRAWS)).__next__
        parts = [
            _object(draw, spec, row, i, keep_rate)
            for i in np.flatnonzero(spec.present[row]).tolist()
        ]
        if spec.background[row] != NO_BACKGROUND and draw() < keep_rate:
            parts.append([_word_for(draw, BACKGROUNDS, spec.background[row])])
        captions.append(_sentence(draw, parts))
    return captions


def _object(
    draw: Draw, spec: SceneSpec, row: int, i: int, keep_rate: float
) -> list[str]:
    """The words for one object: some attributes, and its shape or a vague noun."""
    words = []
    if draw() < keep_rate:
        words.append(_word_for(draw, COLORS, spec.color[row, i]))
    if spec.texture[row, i] != PLAIN and draw() < keep_rate:
        words.append(_word_for(draw, TEXTURES, spec.texture[row, i]))
    if draw() < 0.5:
        words.reverse()
    if draw() < keep_rate:
        return [*words, _word_for(draw, SHAPES, spec.shape[row, i])]
    return [*words, _one_of(draw, VAGUE)] if words else []


def _sentence(draw: Draw, objects: list[list[str]]) -> str:
    """Joins the parts, sometimes in reverse order, among uninformative words."""
    parts = [" ".join(words) for words in objects if words]
    if draw() < 0.5:
        parts.reverse()
    sentence = [_one_of(draw, OPENINGS)] if draw() < 0.7 or not parts else []
    for number, part in enumerate(parts):
        sentence += [_one_of(draw, JOINTS)] if number else []
        sentence.append(part)
    while draw() < 0.45 and len(sentence) < 12:
        sentence.append(_one_of(draw, ENDINGS))
    return " ".join(sentence)


def _word_for(draw: Draw, names: Sequence[str], index: Any) -> str:
    """A word for a label, or, at the error rate, for a random one of these labels."""
    if draw() < ERROR_RATE:
        index = int(draw() * len(names))
    return _one_of(draw, WORDS[names[int(index)]])


def _one_of(draw: Draw, words: Sequence[str]) -> str:
    return words[int(draw() * len(words))]
