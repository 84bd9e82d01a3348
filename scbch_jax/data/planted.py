"""The planted set: synthetic features with one direction a class and modality."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from scbch_jax.config.data import Planted
from scbch_jax.data.split import queries_first
from scbch_jax.types import Dataset, Split

BLOCK = 16_384
"""Rows that are drawn at once."""


def planted(config: Planted) -> Dataset:
    """Draws a two-modality dataset whose labels can be learned, but not easily.

    Each sample has one to four labels. The frequency of classes falls off, and a second
    label is often a neighbor of the first, so label sets overlap in part. An image
    feature is a ReLU of the sum of its labels' directions, with random weights, and of
    clutter: a few directions of its own, stronger than any single label. A text has
    some of the informative words of each label, and uninformative words.

    Args:
        config: numbers of samples, dimensions and difficulty.
    """
    columns = zip(*planted_blocks(config), strict=True)
    rows = Split(*(np.concatenate(blocks) for blocks in columns))
    return queries_first(rows, queries=config.queries, train=config.train)


def planted_blocks(config: Planted) -> Iterator[Split]:
    """Draws the rows of `planted` in blocks: first the queries, then the database.

    The generator of the first block also draws what all rows share, the directions of
    classes and clutter and the informative words; that of block b starts from
    (seed, b). So memory is that of `BLOCK` rows.
    """
    shared: _Shared | None = None
    samples = config.queries + config.database
    for number, start in enumerate(range(0, samples, BLOCK)):
        seed = [config.seed, number] if number else config.seed
        rng = np.random.default_rng(seed)
        rows, shared = _draw(rng, min(BLOCK, samples - start), config, shared)
        yield rows


class _Shared(NamedTuple):
    """What all rows of a set share."""

    directions: np.ndarray
    """Of the image features, one a class."""
    clutter: np.ndarray
    """Directions of the image features that depend on no label."""
    informative: np.ndarray
    """Words that a text with a label may have; bool [classes, words]."""


def _draw(
    rng: np.random.Generator, samples: int, config: Planted, shared: _Shared | None
) -> tuple[Split, _Shared]:
    """Draws some rows, and what all rows share unless it is given."""
    labels = _draw_labels(rng, samples, config.classes)
    if shared is None:
        directions = rng.normal(size=(config.classes, config.image_dim))
        clutter = rng.normal(size=(2 * config.classes, config.image_dim))
    else:
        directions, clutter, informative = shared
    image = _draw_images(rng, labels, directions, clutter, config.clutter)
    if shared is None:
        share = 4 / max(config.words / 4, 4)
        informative = rng.random((config.classes, config.words)) < share
    text = _draw_texts(rng, labels, informative, config.word_dropout)
    rows = Split(image.astype(np.float32), text.astype(np.float32), labels)
    return rows, _Shared(directions, clutter, informative)


def _draw_labels(rng: np.random.Generator, samples: int, classes: int) -> np.ndarray:
    popularity = 1.0 / np.sqrt(1 + np.arange(classes))
    first = rng.choice(classes, size=samples, p=popularity / popularity.sum())
    labels = np.zeros((samples, classes), np.float32)
    labels[np.arange(samples), first] = 1
    beside = rng.random(samples) < 0.5
    labels[beside, (first[beside] + 1) % classes] = 1
    for share in (0.35, 0.2):
        more = rng.random(samples) < share
        labels[more, rng.integers(classes, size=more.sum())] = 1
    return labels


def _draw_images(
    rng: np.random.Generator,
    labels: np.ndarray,
    directions: np.ndarray,
    clutter: np.ndarray,
    contrast: float,
) -> np.ndarray:
    strength = labels * rng.uniform(0.4, 1.2, size=labels.shape)
    behind = contrast * rng.normal(size=(len(labels), len(clutter))) / 2
    grain = rng.normal(size=(len(labels), directions.shape[1]))
    return np.maximum(strength @ directions + behind @ clutter / 2 + grain, 0)


def _draw_texts(
    rng: np.random.Generator,
    labels: np.ndarray,
    informative: np.ndarray,
    dropout: float,
) -> np.ndarray:
    named = (labels @ informative) > 0
    kept = rng.random(named.shape) < (1 - dropout) * rng.uniform(
        0.2, 1.0, size=(len(labels), 1)
    )
    uninformative = rng.random(named.shape) < 4 / informative.shape[1]
    return (named & kept) | uninformative
