"""Metrics with graded relevance: NDCG, ACG and weighted MAP, ties averaged."""

from typing import Any, Literal, NamedTuple

import jax
import numpy as np
from jaxtyping import Float, Num

from scbch_jax.retrieval.hamming import DistanceCounts, grade_counts
from scbch_jax.retrieval.ties import groups_of, harmonic_sum, safe_divide

Grade = Literal["shared", "jaccard"]
"""Relevance of an item: number of shared labels, or Jaccard overlap of the labels."""


class GradedCounts(NamedTuple):
    """Sums by distance and by grade, enough for every graded metric."""

    counts: DistanceCounts
    grade_sum: Float[np.ndarray, "queries distances"]
    """Sum of the grades of the items at each distance."""
    gain: Float[np.ndarray, "queries distances"]
    """Sum of their gains, 2^grade - 1."""
    ideal_total: Float[np.ndarray, "queries grades"]
    """Items of each grade in the whole database, best grade first."""
    ideal_gain: Float[np.ndarray, "queries grades"]
    """Sum of their gains."""


def graded_counts(
    query_codes: Any,
    database_codes: Any,
    query_labels: Num[Any, "queries classes"],
    database_labels: Num[Any, "items classes"],
    *,
    grade: Grade = "shared",
    block: int = 256,
) -> GradedCounts:
    """Counts by distance and grade, reduced to the sums that the metrics need.

    Args:
        query_codes: packed codes.
        database_codes: packed codes of the same length.
        query_labels: multi-hot.
        database_labels: multi-hot.
        grade: "shared" labels, or their Jaccard overlap.
        block: queries counted at once, which bounds memory.

    Raises:
        ValueError: if numbers of rows or widths do not match.
    """
    sizes = [
        np.asarray(x).sum(axis=1).astype(int) for x in (query_labels, database_labels)
    ]
    most = int(sizes[1].max(initial=0))
    parts = []
    for start in range(0, len(query_codes), block):
        rows = slice(start, start + block)
        table = grade_counts(
            query_codes[rows],
            database_codes,
            query_labels[rows],
            database_labels,
            most=most,
        )
        table = np.asarray(jax.device_get(table), np.float64)
        parts.append(_reduce(table, _grades(sizes[0][rows], most, grade)))
    return jax.tree.map(lambda *blocks: np.concatenate(blocks), *parts)


def ndcg(graded: GradedCounts, *, depth: int) -> Float[np.ndarray, " queries"]:
    """NDCG@k with gains 2^grade - 1 and discounts log2(rank + 1), ties averaged.

    The mean over all orders of the items at equal distance (McSherry and Najork, ECIR
    2008). NaN for a query without relevant items.
    """
    found = _discounted(graded.counts.total, graded.gain, depth)
    return safe_divide(found, _discounted(graded.ideal_total, graded.ideal_gain, depth))


def average_cumulative_gain(
    graded: GradedCounts, *, depth: int
) -> Float[np.ndarray, " queries"]:
    """ACG@k: the mean grade of the first k items, ties averaged."""
    n = np.asarray(graded.counts.total, np.float64)
    before = np.cumsum(n, axis=1) - n
    seen = np.clip(depth - before, 0, n)
    grades = (graded.grade_sum / np.maximum(n, 1) * seen).sum(axis=1)
    return safe_divide(grades, np.minimum(depth, n.sum(axis=1)))


def weighted_average_precision(graded: GradedCounts) -> Float[np.ndarray, " queries"]:
    """Mean over relevant items of the ACG at their ranks, ties averaged: weighted MAP.

    With grades of 0 and 1 it is the average precision. NaN for a query without
    relevant items.
    """
    groups = groups_of(graded.counts)
    n, r, t, _, _ = groups
    grades = graded.grade_sum
    before = np.cumsum(grades, axis=1) - grades
    # At position i: grades before the group, of the item, and of i - 1 of the group.
    first = (r * before + grades) / np.maximum(n, 1)
    more = grades * (r - 1) / np.maximum(n * (n - 1), 1)
    sums = (first - (t + 1) * more) * harmonic_sum(groups, t, t + n) + more * n
    return safe_divide(sums.sum(axis=1), r.sum(axis=1))


def _grades(sizes: Any, most: int, grade: Grade) -> Any:
    """Grades by query, shared labels and labels of the item."""
    shared = np.arange(most + 1.0)[:, None] * np.ones(most + 1)
    if grade == "shared":
        return np.broadcast_to(shared, (len(sizes), *shared.shape))
    union = sizes[:, None, None] + np.arange(most + 1) - shared
    return np.where(union > 0, shared / np.maximum(union, 1), 0.0)


def _reduce(table: Any, grades: Any) -> GradedCounts:
    gains = 2.0**grades - 1
    total = table.sum(axis=(2, 3))
    items, gains_flat = (
        table.sum(axis=1).reshape(len(table), -1),
        gains.reshape(len(table), -1),
    )
    order = np.argsort(-gains_flat, axis=1, kind="stable")
    items, gains_flat = (np.take_along_axis(x, order, 1) for x in (items, gains_flat))
    return GradedCounts(
        counts=DistanceCounts(relevant=total - table[:, :, 0].sum(axis=2), total=total),
        grade_sum=np.einsum("qrsm,qsm->qr", table, grades),
        gain=np.einsum("qrsm,qsm->qr", table, gains),
        ideal_total=items,
        ideal_gain=items * gains_flat,
    )


def _discounted(total: Any, gain: Any, depth: int) -> Any:
    """Expected discounted gain of the first `depth` items, ties averaged."""
    n = np.asarray(total, np.float64)
    stop = np.minimum(np.cumsum(n, axis=1), depth).astype(int)
    start = np.minimum(np.cumsum(n, axis=1) - n, depth).astype(int)
    discounts = 1 / np.log2(np.arange(2, int(stop.max(initial=0)) + 2))
    sums = np.concatenate([[0.0], np.cumsum(discounts)])
    return (gain / np.maximum(n, 1) * (sums[stop] - sums[start])).sum(axis=1)
