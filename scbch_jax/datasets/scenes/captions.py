"""Captions of scenes as people write them: in many words, incomplete, or wrong."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from scbch_jax.datasets.scenes.specs import (
    COLORS,
    NOWHERE,
    PLACES,
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
"""What each label is called; some words are said of two."""

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

MISTAKES = 0.06
"""Share of what is named that is named wrongly."""
DRAWS = 80
"""Draws that the longest caption can need."""

Draw = Callable[[], float]


def describe(rng: np.random.Generator, plan: SceneSpec, *, silence: float) -> list[str]:
    """A caption for each scene.

    Args:
        rng: source of the draws.
        plan: what the scenes show.
        silence: share of it that is left out, in [0, 1].
    """
    talk = (1 - silence) * rng.uniform(0.7, 1.3, size=len(plan.place))
    captions = []
    for row, share in enumerate(talk):
        draw = iter(rng.random(DRAWS)).__next__
        said = [
            _object(draw, plan, row, place, share)
            for place in np.flatnonzero(plan.present[row]).tolist()
        ]
        if plan.place[row] != NOWHERE and draw() < share:
            said.append([_named(draw, PLACES, plan.place[row])])
        captions.append(_sentence(draw, said))
    return captions


def _object(
    draw: Draw, plan: SceneSpec, row: int, place: int, share: float
) -> list[str]:
    """What is said of one object: some of its looks, and its shape or a vague word."""
    words = []
    if draw() < share:
        words.append(_named(draw, COLORS, plan.color[row, place]))
    if plan.texture[row, place] != PLAIN and draw() < share:
        words.append(_named(draw, TEXTURES, plan.texture[row, place]))
    if draw() < 0.5:
        words.reverse()
    if draw() < share:
        return [*words, _named(draw, SHAPES, plan.shape[row, place])]
    return [*words, _one_of(draw, VAGUE)] if words else []


def _sentence(draw: Draw, said: list[list[str]]) -> str:
    """Joins the parts, at times in another order, among words that tell nothing."""
    parts = [" ".join(words) for words in said if words]
    if draw() < 0.5:
        parts.reverse()
    sentence = [_one_of(draw, OPENINGS)] if draw() < 0.7 or not parts else []
    for number, part in enumerate(parts):
        sentence += [_one_of(draw, JOINTS)] if number else []
        sentence.append(part)
    while draw() < 0.45 and len(sentence) < 12:
        sentence.append(_one_of(draw, ENDINGS))
    return " ".join(sentence)


def _named(draw: Draw, names: Sequence[str], which: Any) -> str:
    """A word for one of these names, now and then for another one of them."""
    if draw() < MISTAKES:
        which = int(draw() * len(names))
    return _one_of(draw, WORDS[names[int(which)]])


def _one_of(draw: Draw, words: Sequence[str]) -> str:
    return words[int(draw() * len(words))]
