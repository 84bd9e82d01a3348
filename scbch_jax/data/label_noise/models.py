"""Models of label noise, to measure how robust a method is.

Each is a function of multi-hot labels [samples, classes] and a NumPy generator;
`label_changes` of its result and the clean labels are the entries that it changed.
"""

from fractions import Fraction

import numpy as np

from scbch_jax.errors import check_square, require


def swap_labels(
    labels: np.ndarray, rng: np.random.Generator, *, rate: float
) -> np.ndarray:
    """Replaces one label of each corrupted row by another: the noise of the paper.

    floor(rate · samples) rows are drawn without replacement. In each, one present label
    is removed and one absent label added, both drawn uniformly; a row without labels
    only gains one, a row with all labels only loses one.

    Args:
        labels: multi-hot, [samples, classes].
        rng: source of the draws.
        rate: share of rows to corrupt, in [0, 1].

    Example:
        >>> labels = np.array([[1, 0, 0]])
        >>> swap_labels(labels, np.random.default_rng(0), rate=1.0)
        array([[0, 0, 1]])
    """
    rows = _draw_rows(labels, rng, rate)
    before = labels[rows] > 0
    after = before.copy()
    for value in (True, False):
        candidates = before == value
        draws = np.where(candidates, rng.random(before.shape), -1.0)
        able = np.flatnonzero(candidates.any(axis=1))
        after[able, draws[able].argmax(axis=1)] = not value
    noisy = labels.copy()
    noisy[rows] = after
    return noisy


def add_labels(
    labels: np.ndarray, rng: np.random.Generator, *, rate: float
) -> np.ndarray:
    """Adds one absent label, drawn uniformly, to each of floor(rate · samples) rows.

    A row that has all labels already is unchanged.
    """
    return _change(labels, rng, _draw_rows(labels, rng, rate), add=_uniform(labels))


def drop_labels(
    labels: np.ndarray, rng: np.random.Generator, *, rate: float
) -> np.ndarray:
    """Drops one label, drawn uniformly, from each of floor(rate · samples) rows.

    A row that has no label is unchanged.
    """
    return _change(labels, rng, _draw_rows(labels, rng, rate), drop=_uniform(labels))


def flip_labels(
    labels: np.ndarray, rng: np.random.Generator, *, rate: float
) -> np.ndarray:
    """Inverts every entry independently with probability `rate`.

    The rate is one of entries here, not of rows: at 0.5 the result is independent of
    the labels.
    """
    return np.where(rng.random(labels.shape) < rate, 1 - labels, labels).astype(
        labels.dtype
    )


def swap_by_class(
    labels: np.ndarray,
    rng: np.random.Generator,
    *,
    rate: float,
    confusion: np.ndarray | None = None,
) -> np.ndarray:
    """Replaces one label of each corrupted row by one that it is confused with.

    This is class-dependent noise: the new label depends on the old one. In
    floor(rate · samples) rows, a present label j, drawn uniformly, is replaced by an
    absent label k, drawn in proportion to confusion[j, k], or uniformly where all of
    these are 0. A row without labels only gains one, a row with all only loses one.

    Args:
        labels: multi-hot.
        rng: source of the draws.
        rate: share of rows to corrupt, in [0, 1].
        confusion: [classes, classes], nonnegative, some entry off the diagonal above 0;
            by default the number of rows with both labels.

    Raises:
        InputError: if the matrix has other entries.
        ValueError: if it is of another shape.
    """
    if confusion is None:
        counted = labels.astype(np.float64)
        confusion = counted.T @ counted
    else:
        confusion = _check_confusion(confusion, labels.shape[1])
    rows = _draw_rows(labels, rng, rate)
    dropped = _change(labels, rng, rows, drop=_uniform(labels))
    # A row that had no label has lost none: its weights are uniform.
    lost = (labels[rows] - dropped[rows]) > 0
    weights = np.zeros_like(labels, np.float64)
    weights[rows] = _log(lost @ confusion)
    return _change(labels, rng, rows, add=weights) - (labels - dropped)


def swap_by_instance(
    labels: np.ndarray,
    rng: np.random.Generator,
    *,
    rate: float,
    image: np.ndarray,
) -> np.ndarray:
    """Swaps labels that a weak image classifier confuses: instance-dependent noise.

    A ridge regression from images to labels, fitted on one half of the rows, scores the
    other half, and vice versa; scores are in units of their standard deviation. Without
    replacement, floor(rate · samples) rows are drawn with probability in proportion to
    exp(margin), the margin being the highest score of an absent label minus the lowest
    of a present one. In each, a present label is dropped with probability in proportion
    to exp(-score), an absent one added in proportion to exp(score).

    Args:
        labels: multi-hot.
        rng: source of the draws.
        rate: share of rows to corrupt, in [0, 1].
        image: features of the same rows, [samples, image_dim].
    """
    scores = weak_scores(labels, rng, image)
    present = labels > 0
    best_absent = np.where(present, -np.inf, scores).max(axis=1)
    worst_present = np.where(present, scores, np.inf).min(axis=1)
    # A row with no label, or with all of them, has nothing to compare.
    margin = best_absent - worst_present
    margin[~np.isfinite(margin)] = 0
    keys = margin + rng.gumbel(size=len(labels))
    rows = np.argsort(-keys, kind="stable")[: corrupted_count(len(labels), rate)]
    dropped = _change(labels, rng, rows, drop=-scores)
    return _change(labels, rng, rows, add=scores) - (labels - dropped)


MODELS = {
    "swap": swap_labels,
    "add": add_labels,
    "drop": drop_labels,
    "flip": flip_labels,
    "class-dependent": swap_by_class,
    "instance-dependent": swap_by_instance,
}
"""Kinds of noise that are drawn, by their names in `noise.kind`."""


def corrupted_count(samples: int, rate: float) -> int:
    """floor(rate · samples), of the rate as it is written in decimals.

    In floating point, 0.29 · 100 is less than 29.

    >>> corrupted_count(100, 0.29)
    29
    """
    return int(samples * Fraction(str(float(rate))))


def weak_scores(
    labels: np.ndarray, rng: np.random.Generator, image: np.ndarray
) -> np.ndarray:
    """Scores of each label by a ridge regression that was not fitted on the row.

    Returns:
        [samples, classes], divided by their standard deviation.
    """
    order = rng.permutation(len(labels))
    halves = (order[::2], order[1::2])
    scores = np.zeros(labels.shape)
    for fitted, scored in (halves, halves[::-1]):
        mean, scale = image[fitted].mean(axis=0), image[fitted].std(axis=0) + 1e-6
        inputs, others = ((image[x] - mean) / scale for x in (fitted, scored))
        target = labels[fitted] - labels[fitted].mean(axis=0)
        scores[scored] = others @ _ridge(inputs, target)
    return scores / (scores.std() + 1e-12)


def _ridge(inputs: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Weights of a ridge regression whose penalty is the number of rows."""
    inputs, target = inputs.astype(np.float64), target.astype(np.float64)
    gram = inputs.T @ inputs + len(inputs) * np.eye(inputs.shape[1])
    return np.linalg.solve(gram, inputs.T @ target)


def _check_confusion(confusion: np.ndarray, classes: int) -> np.ndarray:
    confusion = np.asarray(confusion, np.float64)
    check_square(confusion=confusion, classes=np.empty((classes, classes)))
    usable = bool(np.isfinite(confusion).all() and (confusion >= 0).all())
    require(usable, "confusion", "negative or NaN entries", "finite numbers from 0")
    some = bool(confusion[~np.eye(classes, dtype=bool)].any())
    require(some, "confusion", "only zeros off the diagonal", "one entry above 0")
    return confusion


def _draw_rows(labels: np.ndarray, rng: np.random.Generator, rate: float) -> np.ndarray:
    samples = len(labels)
    return rng.choice(samples, size=corrupted_count(samples, rate), replace=False)


def _change(
    labels: np.ndarray,
    rng: np.random.Generator,
    rows: np.ndarray,
    *,
    add: np.ndarray | None = None,
    drop: np.ndarray | None = None,
) -> np.ndarray:
    """Adds an absent label to some rows, or drops a present one.

    Args:
        labels: multi-hot.
        rng: source of the draws.
        rows: the rows to change.
        add: log weight of each label to be added, [samples, classes].
        drop: log weight of each label to be dropped.
    """
    weights = (add if add is not None else drop)[rows]  # type: ignore[index] -- one is
    candidates = labels[rows] > 0 if drop is not None else labels[rows] <= 0
    # The largest of these is a draw in proportion to exp(weights) (Gumbel, 1954).
    keys = np.where(candidates, weights + rng.gumbel(size=weights.shape), -np.inf)
    able = candidates.any(axis=1)
    changed = labels.copy()
    changed[rows[able], keys[able].argmax(axis=1)] = 0 if drop is not None else 1
    return changed


def _uniform(labels: np.ndarray) -> np.ndarray:
    return np.zeros(labels.shape)


def _log(weights: np.ndarray) -> np.ndarray:
    """Logarithms; 0 is so small that it is only drawn where all weights are 0."""
    return np.log(np.maximum(weights, 1e-300))
