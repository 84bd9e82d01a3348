"""Metrics with ties in the order of the database, as the released code ranks."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Integer


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
            code calls MAP@k; the standard cut-off counts ranks instead.

    Returns:
        Values in [0, 1]; NaN for a query without relevant items.
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
