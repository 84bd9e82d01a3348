"""Retrieval metrics in float64 NumPy.

Those of counts by Hamming distance treat ties exactly; those named `ranked_` take ties
in the order of the database, as the released code ranks.
"""

from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float, Integer

from scbch_jax.retrieval.hamming import DistanceCounts
from scbch_jax.retrieval.ties import (
    best_sum,
    expected_sum,
    expected_sum_of_hits,
    groups_of,
    items_within,
    safe_divide,
    worst_sum,
)

Ties = Literal["expected", "best", "worst"]


def mean_average_precision(
    counts: DistanceCounts, *, ties: Ties = "expected", depth: int | None = None
) -> float:
    """MAP of the ranking by distance; queries without relevant items are left out.

    Args:
        counts: from `distance_counts`.
        ties: order of items at equal distance; see `average_precision`.
        depth: cutoff k; the whole ranking if omitted.

    Returns:
        The mean in [0, 1]; 0 if no query has a relevant item.
    """
    return mean_of(average_precision(counts, ties=ties, depth=depth))


def mean_of(values: Float[np.ndarray, " queries"]) -> float:
    """Mean over the queries that have a value; 0 if none has."""
    return float(np.nanmean(values)) if np.isfinite(values).any() else 0.0


def average_precision(
    counts: DistanceCounts, *, ties: Ties = "expected", depth: int | None = None
) -> Float[np.ndarray, " queries"]:
    """Average precision of each query: the mean of the precisions at relevant items.

    Args:
        counts: from `distance_counts`.
        ties: "expected" is the mean over all orders of items at equal distance; "best"
            and "worst" place the relevant ones first and last.
        depth: cutoff k: precisions are summed over the first k items, and divided by
            the smaller of k and the number of relevant items.

    Returns:
        Values in [0, 1]; NaN for a query without relevant items.
    """
    sums = {"expected": expected_sum, "best": best_sum, "worst": worst_sum}
    groups = groups_of(counts)
    relevant, seen = groups.r.sum(axis=1), groups.n
    if depth is not None:
        relevant, seen = np.minimum(relevant, depth), items_within(groups, depth)
    return safe_divide(sums[ties](groups, seen).sum(axis=1), relevant)


def released_average_precision(
    counts: DistanceCounts, *, first: int, ties: Ties = "expected"
) -> Float[np.ndarray, " queries"]:
    """Average precision over the first k relevant items.

    Published hashing code calls this MAP@k. The standard cutoff counts ranks; this one
    counts relevant items, so it depends less on the irrelevant items between them.

    Args:
        counts: from `distance_counts`.
        first: k.
        ties: as in `average_precision`.

    Returns:
        Values in [0, 1]; NaN for a query without relevant items.
    """
    groups = groups_of(counts)
    hits = np.clip(first - groups.p, 0, groups.r)
    if ties == "expected":
        sums = expected_sum_of_hits(groups, hits)
    elif ties == "best":
        sums = best_sum(groups, hits)
    else:
        sums = worst_sum(groups, np.where(hits > 0, groups.n - groups.r + hits, 0))
    return safe_divide(sums.sum(axis=1), np.minimum(groups.r.sum(axis=1), first))


def precision_recall_at(
    counts: DistanceCounts, depths: Integer[np.ndarray, " points"]
) -> tuple[Float[np.ndarray, "queries points"], Float[np.ndarray, "queries points"]]:
    """Precision@N and recall@N of each query, ties averaged.

    Args:
        counts: from `distance_counts`.
        depths: values of N; a value above the number of items means all items.

    Returns:
        Values in [0, 1]; NaN for a query without relevant items.
    """
    groups = groups_of(counts)
    share = groups.r / np.maximum(groups.n, 1)
    seen = (items_within(groups, depth) for depth in depths)
    hits = np.stack([np.einsum("qr,qr->q", share, items) for items in seen], axis=1)
    relevant = groups.r.sum(axis=1, keepdims=True)
    found = np.minimum(depths, groups.n.sum(axis=1, keepdims=True))
    return safe_divide(hits, np.where(relevant > 0, found, 0)), safe_divide(
        hits, relevant
    )


def precision_recall(
    counts: DistanceCounts,
) -> tuple[Float[np.ndarray, " radii"], Float[np.ndarray, " radii"]]:
    """Mean precision and recall among the items within each Hamming radius 0..bits.

    Queries without relevant items are left out. If a query finds no item within a
    radius, its precision there is 0.
    """
    found = np.cumsum(np.asarray(counts.total, np.float64), axis=1)
    hits = np.cumsum(np.asarray(counts.relevant, np.float64), axis=1)
    found, hits = found[hits[:, -1] > 0], hits[hits[:, -1] > 0]
    if not len(hits):
        return np.zeros(found.shape[1]), np.zeros(found.shape[1])
    precision = hits / np.maximum(found, 1)
    return precision.mean(axis=0), (hits / hits[:, -1:]).mean(axis=0)


def precision_within(counts: DistanceCounts, *, radius: int = 2) -> float:
    """Mean precision of the items within a Hamming radius; see `precision_recall`."""
    return float(precision_recall(counts)[0][radius])


def roc_auc(scores: Float[np.ndarray, " n"], positive: Bool[np.ndarray, " n"]) -> float:
    """Area under the ROC curve: P(positive > negative) + P(equal) / 2.

    Args:
        scores: any real numbers, for example confidence weights.
        positive: which scores should be high, for example those of clean rows.

    Returns:
        The area in [0, 1]; NaN if there are no positives or no negatives.
    """
    high, low = scores[positive], np.sort(scores[~positive])
    if not high.size or not low.size:
        return float("nan")
    below, not_above = (np.searchsorted(low, high, side) for side in ("left", "right"))
    return float((below + not_above).mean() / (2 * low.size))


def ranked_average_precision(
    distances: Integer[np.ndarray, "queries items"],
    relevance: Bool[np.ndarray, "queries items"],
    *,
    first: int | None = None,
) -> Float[np.ndarray, " queries"]:
    """Average precision with items at equal distance in the order of the database.

    Args:
        distances: Hamming distance of each item.
        relevance: which items are relevant.
        first: number of relevant items to average over at most, which the released
            code calls MAP@k; the standard cutoff counts ranks instead.

    Returns:
        Values in [0, 1]; NaN for a query without relevant items.
    """
    ranked = _ranked(distances, relevance)
    hits = np.cumsum(ranked, axis=1)
    counted = ranked & (hits <= (hits.shape[1] if first is None else first))
    precision = hits / np.arange(1, ranked.shape[1] + 1)
    relevant = counted.sum(axis=1)
    total = np.where(counted, precision, 0.0).sum(axis=1)
    return safe_divide(total, relevant)


def ranked_precision_recall(
    distances: Integer[np.ndarray, "queries items"],
    relevance: Bool[np.ndarray, "queries items"],
    *,
    depths: Integer[np.ndarray, " points"],
) -> tuple[Float[np.ndarray, " points"], Float[np.ndarray, " points"]]:
    """Mean precision@N and recall@N, ties in the order of the database.

    Args:
        distances: Hamming distance of each item.
        relevance: which items are relevant; queries without any are left out.
        depths: values of N. Above the number of items, precision is still divided by
            N, as in the released code.
    """
    hits = np.cumsum(_ranked(distances, relevance), axis=1)
    hits = hits[hits[:, -1] > 0]
    found = hits[:, np.minimum(depths, hits.shape[1]) - 1]
    return (found / depths).mean(axis=0), (found / hits[:, -1:]).mean(axis=0)


def _ranked(distances: Any, relevance: Any) -> Any:
    order = np.argsort(distances, axis=1, kind="stable")
    return np.take_along_axis(relevance, order, axis=1)
