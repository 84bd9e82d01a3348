"""The planted set: synthetic features with one direction a class and modality."""

import numpy as np

from scbch_jax.config.data import Planted
from scbch_jax.types import Dataset, Split


def planted(config: Planted) -> Dataset:
    """Draws a small two-modality dataset whose labels can be learned, but not easily.

    Each sample has one to four labels. The frequency of classes falls off, and a second
    label is often a neighbor of the first, so label sets overlap in part. An image
    feature is a ReLU of the sum of its labels' directions, with random weights, and of
    clutter: a few directions of its own, stronger than any single label. A text has
    some of the informative words of each label, and uninformative words.

    Args:
        config: numbers of samples, dimensions and difficulty.
    """
    rng = np.random.default_rng(config.seed)
    samples = config.queries + config.database
    labels = _draw_labels(rng, samples, config.classes)
    image = _draw_images(rng, labels, config)
    text = _draw_texts(rng, labels, config)
    rows = Split(image.astype(np.float32), text.astype(np.float32), labels)

    def part(start: int, count: int) -> Split:
        return Split(*(array[start : start + count] for array in rows))

    return Dataset(
        query=part(0, config.queries),
        database=part(config.queries, config.database),
        train=part(config.queries, config.train),
    )


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
    rng: np.random.Generator, labels: np.ndarray, config: Planted
) -> np.ndarray:
    samples, classes = labels.shape
    directions = rng.normal(size=(classes, config.image_dim))
    clutter = rng.normal(size=(2 * classes, config.image_dim))
    strength = labels * rng.uniform(0.4, 1.2, size=labels.shape)
    behind = config.clutter * rng.normal(size=(samples, len(clutter))) / 2
    grain = rng.normal(size=(samples, config.image_dim))
    return np.maximum(strength @ directions + behind @ clutter / 2 + grain, 0)


def _draw_texts(
    rng: np.random.Generator, labels: np.ndarray, config: Planted
) -> np.ndarray:
    samples, classes = labels.shape
    informative = rng.random((classes, config.words)) < 4 / max(config.words / 4, 4)
    named = (labels @ informative) > 0
    kept = rng.random(named.shape) < (1 - config.word_dropout) * rng.uniform(
        0.2, 1.0, size=(samples, 1)
    )
    uninformative = rng.random(named.shape) < 4 / config.words
    return (named & kept) | uninformative
