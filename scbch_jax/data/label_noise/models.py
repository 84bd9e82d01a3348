"""Models of label noise beside the swap of `noise`, for asking how robust a method is.

Each is a function of multi-hot labels [samples, classes] and a generator; `noise.flips`
of its result and the clean labels says which rows and entries were hit.
"""

import numpy as np

from scbch_jax.errors import check_square, require


def add_labels(
    labels: np.ndarray, rng: np.random.Generator, *, rate: float
) -> np.ndarray:
    """Adds one absent label, drawn uniformly, to each of floor(rate · samples) rows.

    A row that is hit although it has all labels stays as it is.
    """
    return _change(labels, rng, _drawn_rows(labels, rng, rate), add=_even(labels))


def drop_labels(
    labels: np.ndarray, rng: np.random.Generator, *, rate: float
) -> np.ndarray:
    """Drops one label, drawn uniformly, from each of floor(rate · samples) rows.

    A row that is hit although it has no label stays as it is.
    """
    return _change(labels, rng, _drawn_rows(labels, rng, rate), drop=_even(labels))


def flip_labels(
    labels: np.ndarray, rng: np.random.Generator, *, rate: float
) -> np.ndarray:
    """Turns every entry over with probability `rate`, each on its own.

    The rate is one of entries here, not of rows: at 0.5 nothing is left of the labels.
    """
    return np.where(rng.random(labels.shape) < rate, 1 - labels, labels).astype(
        labels.dtype
    )


def confuse_labels(
    labels: np.ndarray,
    rng: np.random.Generator,
    *,
    rate: float,
    confusion: np.ndarray | None = None,
) -> np.ndarray:
    """Replaces one label of each hit row by one that it is easily taken for.

    In floor(rate · samples) rows, a present label j, drawn uniformly, gives way to an
    absent label k, drawn in proportion to confusion[j, k]; where all of these are 0,
    any absent label will do. A row without labels only gains one, a row with all only
    loses one.

    Args:
        labels: multi-hot.
        rng: source of the draws.
        rate: share of rows to hit, in [0, 1].
        confusion: [classes, classes], not negative; by default how many rows have both
            labels, so that what is seen together is mixed up.

    Raises:
        InputError: if the matrix has negative or unusable entries.
        ValueError: if it is of another shape.
    """
    if confusion is None:
        whole = labels.astype(np.float64)
        confusion = whole.T @ whole
    confusion = np.asarray(confusion, np.float64)
    check_square(confusion=confusion, classes=np.empty((labels.shape[1],) * 2))
    usable = bool(np.isfinite(confusion).all() and (confusion >= 0).all())
    require(usable, "confusion", "negative or NaN entries", "finite numbers from 0")
    hit = _drawn_rows(labels, rng, rate)
    dropped = _change(labels, rng, hit, drop=_even(labels))
    # A row that had no label has lost none: its weights are even.
    lost = (labels[hit] - dropped[hit]) > 0
    weights = np.zeros_like(labels, np.float64)
    weights[hit] = _log(lost @ confusion)
    return _change(labels, rng, hit, add=weights) - (labels - dropped)


def mistake_labels(
    labels: np.ndarray,
    rng: np.random.Generator,
    *,
    rate: float,
    image: np.ndarray,
) -> np.ndarray:
    """Swaps labels where a weak classifier of the images would: by instance.

    A ridge regression from images to labels, learnt on one half of the rows, scores the
    other half, and the other way round. With scores in units of their spread, a row is
    hit the more likely the higher its best absent label stands above its worst present
    one; floor(rate · samples) rows are. In each, a present label is dropped with
    probability in proportion to exp(-score), an absent one added in proportion to
    exp(score).

    Args:
        labels: multi-hot.
        rng: source of the draws.
        rate: share of rows to hit, in [0, 1].
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
    hit = np.argsort(-keys, kind="stable")[: int(len(labels) * rate)]
    dropped = _change(labels, rng, hit, drop=-scores)
    return _change(labels, rng, hit, add=scores) - (labels - dropped)


def weak_scores(
    labels: np.ndarray, rng: np.random.Generator, image: np.ndarray
) -> np.ndarray:
    """How much each row looks like each label to a classifier that never saw the row.

    Scores are less their mean over the rows, and divided by their spread over all:
    [samples, classes].
    """
    order = rng.permutation(len(labels))
    halves = (order[::2], order[1::2])
    scores = np.zeros(labels.shape)
    for learnt, scored in (halves, halves[::-1]):
        mean, spread = image[learnt].mean(axis=0), image[learnt].std(axis=0) + 1e-6
        seen, asked = ((image[x] - mean) / spread for x in (learnt, scored))
        target = labels[learnt] - labels[learnt].mean(axis=0)
        scores[scored] = asked @ _ridge(seen, target)
    return scores / (scores.std() + 1e-12)


def _ridge(rows: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Weights of least squares, each feature held back by as many rows as there are."""
    rows, target = rows.astype(np.float64), target.astype(np.float64)
    gram = rows.T @ rows + len(rows) * np.eye(rows.shape[1])
    return np.linalg.solve(gram, rows.T @ target)


def _drawn_rows(
    labels: np.ndarray, rng: np.random.Generator, rate: float
) -> np.ndarray:
    return rng.choice(len(labels), size=int(len(labels) * rate), replace=False)


def _change(
    labels: np.ndarray,
    rng: np.random.Generator,
    hit: np.ndarray,
    *,
    add: np.ndarray | None = None,
    drop: np.ndarray | None = None,
) -> np.ndarray:
    """Adds an absent label to the hit rows, or drops a present one.

    Args:
        labels: multi-hot.
        rng: source of the draws.
        hit: the rows.
        add: logarithms of how likely each label is to be added.
        drop: the same of being dropped.
    """
    weights = (add if add is not None else drop)[hit]  # type: ignore[index] -- one is
    candidates = labels[hit] > 0 if drop is not None else labels[hit] <= 0
    # The largest of these is a draw in proportion to exp(weights) (Gumbel, 1954).
    keys = np.where(candidates, weights + rng.gumbel(size=weights.shape), -np.inf)
    able = candidates.any(axis=1)
    changed = labels.copy()
    changed[hit[able], keys[able].argmax(axis=1)] = 0 if drop is not None else 1
    return changed


def _even(labels: np.ndarray) -> np.ndarray:
    return np.zeros(labels.shape)


def _log(weights: np.ndarray) -> np.ndarray:
    """Logarithms in which 0 is so small that it is drawn where all are 0 only."""
    return np.log(np.maximum(weights, 1e-300))
