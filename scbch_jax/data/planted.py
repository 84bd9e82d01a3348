"""The planted set: samples of a class share a direction in both modalities."""

import numpy as np

from scbch_jax.config.planted import Planted
from scbch_jax.types import Dataset, Split


def planted(sizes: Planted) -> Dataset:
    """Draws a small two-modality dataset whose labels can be learnt, but not easily.

    Each sample has one to four labels. Popular classes are drawn more often, and a
    second label is often a neighbor of the first, so label sets overlap in part. A
    picture is the sum of its labels' directions, in random strengths, behind clutter
    that lies in a few directions of its own and is stronger than any one label, pushed
    through a rectifier. A text names each label by some of its telling words, leaves
    many out, and adds words that tell nothing.

    Args:
        sizes: numbers of samples, widths and difficulty.
    """
    rng = np.random.default_rng(sizes.seed)
    samples = sizes.queries + sizes.database
    labels = _draw_labels(rng, samples, sizes.classes)
    image = _draw_pictures(rng, labels, sizes)
    text = _draw_texts(rng, labels, sizes)
    rows = Split(image.astype(np.float32), text.astype(np.float32), labels)

    def cut(start: int, count: int) -> Split:
        return Split(*(array[start : start + count] for array in rows))

    return Dataset(
        query=cut(0, sizes.queries),
        database=cut(sizes.queries, sizes.database),
        train=cut(sizes.queries, sizes.train),
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


def _draw_pictures(
    rng: np.random.Generator, labels: np.ndarray, sizes: Planted
) -> np.ndarray:
    samples, classes = labels.shape
    directions = rng.normal(size=(classes, sizes.image_dim))
    clutter = rng.normal(size=(2 * classes, sizes.image_dim))
    strength = labels * rng.uniform(0.4, 1.2, size=labels.shape)
    behind = sizes.clutter * rng.normal(size=(samples, len(clutter))) / 2
    grain = rng.normal(size=(samples, sizes.image_dim))
    return np.maximum(strength @ directions + behind @ clutter / 2 + grain, 0)


def _draw_texts(
    rng: np.random.Generator, labels: np.ndarray, sizes: Planted
) -> np.ndarray:
    samples, classes = labels.shape
    telling = rng.random((classes, sizes.words)) < 4 / max(sizes.words / 4, 4)
    named = (labels @ telling) > 0
    kept = rng.random(named.shape) < (1 - sizes.word_dropout) * rng.uniform(
        0.2, 1.0, size=(samples, 1)
    )
    idle = rng.random(named.shape) < 4 / sizes.words
    return (named & kept) | idle
