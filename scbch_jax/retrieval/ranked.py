"""Metrics of a given order of items, for comparing with rankings that were made so."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Integer


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
