"""Quality of a ranking, from counts per Hamming radius; exact float64 NumPy."""

from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float, Integer

from scbch_jax.retrieval.hamming import RadiusCounts

Ties = Literal["expected", "best", "worst"]


def mean_average_precision(counts: RadiusCounts, *, ties: Ties = "expected") -> float:
    """MAP over the whole ranking; queries with nothing relevant do not count.

    Args:
        counts: from `radius_counts`.
        ties: how items at one distance are ordered; see `average_precision`.

    Returns:
        The mean in [0, 1]; 0 if no query has anything relevant.
    """
    values = average_precision(counts, ties=ties)
    return float(np.nanmean(values)) if np.isfinite(values).any() else 0.0


def average_precision(
    counts: RadiusCounts, *, ties: Ties = "expected"
) -> Float[np.ndarray, " queries"]:
    """Average precision of each query, in closed form from the counts.

    A distance with n items, r of them relevant, after t items with p relevant ones,
    contributes the sum of the precisions at its relevant items. Over all orders of the
    n items its mean is the sum over i = 1..n of (r/n) · (p + 1 + (i-1)·a) / (t + i),
    with a = (r-1)/(n-1).

    Args:
        counts: from `radius_counts`.
        ties: "expected" is the mean over all orders of items at one distance; "best"
            and "worst" place the relevant ones first and last.

    Returns:
        Values in [0, 1]; NaN for a query with nothing relevant.
    """
    r = np.asarray(counts.relevant, np.float64)
    n = np.asarray(counts.total, np.float64)
    p, t = np.cumsum(r, axis=1) - r, np.cumsum(n, axis=1) - n
    harmonic = _harmonic(int(n.sum(axis=1).max(initial=0)))
    sums = {"expected": _expected_sum, "best": _best_sum, "worst": _worst_sum}
    total = sums[ties](r, n, p, t, harmonic).sum(axis=1)
    relevant = r.sum(axis=1)
    return np.divide(total, relevant, out=np.full(len(r), np.nan), where=relevant > 0)


def precision_recall(
    counts: RadiusCounts,
) -> tuple[Float[np.ndarray, " radii"], Float[np.ndarray, " radii"]]:
    """Mean precision and recall among the items within each Hamming radius 0..bits.

    Queries with nothing relevant do not count; a query that finds no item within a
    radius has precision 0 there.
    """
    found = np.cumsum(np.asarray(counts.total, np.float64), axis=1)
    hits = np.cumsum(np.asarray(counts.relevant, np.float64), axis=1)
    found, hits = found[hits[:, -1] > 0], hits[hits[:, -1] > 0]
    if not len(hits):
        return np.zeros(found.shape[1]), np.zeros(found.shape[1])
    precision = hits / np.maximum(found, 1)
    return precision.mean(axis=0), (hits / hits[:, -1:]).mean(axis=0)


def precision_within(counts: RadiusCounts, *, radius: int = 2) -> float:
    """Mean precision of the items within a Hamming radius; see `precision_recall`."""
    return float(precision_recall(counts)[0][radius])


def ranked_average_precision(
    distances: Integer[np.ndarray, "queries items"],
    relevance: Bool[np.ndarray, "queries items"],
    *,
    first: int | None = None,
) -> Float[np.ndarray, " queries"]:
    """Average precision with items at one distance kept in the database's order.

    Args:
        distances: Hamming distance of each item.
        relevance: which items are relevant.
        first: averages over this many relevant items at most, as the released code
            does under the name MAP@k; the standard cut-off counts ranks instead.

    Returns:
        Values in [0, 1]; NaN for a query with nothing relevant.
    """
    ranked = _ranked(distances, relevance)
    hits = np.cumsum(ranked, axis=1)
    counted = ranked & (hits <= (hits.shape[1] if first is None else first))
    precision = hits / np.arange(1, ranked.shape[1] + 1)
    relevant = counted.sum(axis=1)
    total = np.where(counted, precision, 0.0).sum(axis=1)
    return np.divide(
        total, relevant, out=np.full(len(total), np.nan), where=relevant > 0
    )


def ranked_precision_recall(
    distances: Integer[np.ndarray, "queries items"],
    relevance: Bool[np.ndarray, "queries items"],
    *,
    depths: Integer[np.ndarray, " points"],
) -> tuple[Float[np.ndarray, " points"], Float[np.ndarray, " points"]]:
    """Precision and recall after the first items of the ranking, ties in their order.

    Args:
        distances: Hamming distance of each item.
        relevance: which items are relevant; queries with none do not count.
        depths: how many items; a depth beyond the database finds no more items, but
            divides by its own number, as the released code does at its last point.
    """
    hits = np.cumsum(_ranked(distances, relevance), axis=1)
    hits = hits[hits[:, -1] > 0]
    found = hits[:, np.minimum(depths, hits.shape[1]) - 1]
    return (found / depths).mean(axis=0), (found / hits[:, -1:]).mean(axis=0)


def _ranked(distances: Any, relevance: Any) -> Any:
    order = np.argsort(distances, axis=1, kind="stable")
    return np.take_along_axis(relevance, order, axis=1)


def roc_area(
    scores: Float[np.ndarray, " n"], positive: Bool[np.ndarray, " n"]
) -> float:
    """Chance that a positive scores above a negative, ties counting half.

    Args:
        scores: any real numbers, for example confidence weights.
        positive: which of them should be high, for example rows with clean labels.

    Returns:
        The area in [0, 1]; NaN if there are no positives or no negatives.
    """
    high, low = scores[positive], np.sort(scores[~positive])
    if not high.size or not low.size:
        return float("nan")
    below, not_above = (np.searchsorted(low, high, side) for side in ("left", "right"))
    return float((below + not_above).mean() / (2 * low.size))


def _harmonic(n: int) -> Float[np.ndarray, " n"]:
    """H_0 .. H_n, the partial sums of 1/i."""
    return np.concatenate([[0.0], np.cumsum(1.0 / np.arange(1, n + 1))])


def _span(harmonic: Any, start: Any, stop: Any) -> Any:
    """Sum of 1/i for i = start+1 .. stop."""
    return harmonic[stop.astype(int)] - harmonic[start.astype(int)]


def _expected_sum(r: Any, n: Any, p: Any, t: Any, harmonic: Any) -> Any:
    a = (r - 1) / np.maximum(n - 1, 1)
    inner = (p + 1 - (t + 1) * a) * _span(harmonic, t, t + n) + a * n
    return r / np.maximum(n, 1) * inner


def _best_sum(r: Any, n: Any, p: Any, t: Any, harmonic: Any) -> Any:
    return r + (p - t) * _span(harmonic, t, t + r)


def _worst_sum(r: Any, n: Any, p: Any, t: Any, harmonic: Any) -> Any:
    return r + (p - t - n + r) * _span(harmonic, t + n - r, t + n)
