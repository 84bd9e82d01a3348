"""Cross-modal evaluation: queries of one modality, database of the other."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, UInt8

from scbch_jax.retrieval.graded import (
    GradedCounts,
    average_cumulative_gain,
    ndcg,
    weighted_average_precision,
)
from scbch_jax.retrieval.hamming import DistanceCounts, hamming_matrix
from scbch_jax.retrieval.metrics import (
    average_precision,
    mean_average_precision,
    mean_of,
    precision_recall_at,
    ranked_average_precision,
    released_average_precision,
)
from scbch_jax.retrieval.parallel import count


def query_metrics(
    counts: DistanceCounts,
    *,
    depths: Sequence[int] = (),
    graded: GradedCounts | None = None,
) -> dict[str, Float[np.ndarray, " queries"]]:
    """Metrics of each query, by name; NaN where a metric is undefined.

    Args:
        counts: from `distance_counts`.
        depths: cutoffs k; metrics at a cutoff are left out if there are none.
        graded: from `graded_counts`; graded metrics are left out if it is None.
    """
    found = {
        "MAP": average_precision(counts),
        "MAP, best order of ties": average_precision(counts, ties="best"),
        "MAP, worst order of ties": average_precision(counts, ties="worst"),
    }
    if graded is not None:
        found["weighted MAP"] = weighted_average_precision(graded)
    for depth in depths:
        precision, recall = precision_recall_at(counts, np.array([depth]))
        found |= {
            f"MAP@{depth}": average_precision(counts, depth=depth),
            f"MAP, first {depth} relevant": released_average_precision(
                counts, first=depth
            ),
            f"precision@{depth}": precision[:, 0],
            f"recall@{depth}": recall[:, 0],
        }
        if graded is not None:
            found[f"NDCG@{depth}"] = ndcg(graded, depth=depth)
            found[f"ACG@{depth}"] = average_cumulative_gain(graded, depth=depth)
    return found


class PairedCodes(NamedTuple):
    """Packed codes of both modalities of the same samples, and their labels."""

    image: UInt8[Any, "n bytes"]
    text: UInt8[Any, "n bytes"]
    labels: Float[Any, "n classes"]


def count_both_directions(
    query: PairedCodes, database: PairedCodes
) -> dict[str, DistanceCounts]:
    """Counts for image queries on texts (`i2t`) and text queries on images (`t2i`).

    Both are returned on the host. A database item is relevant if it shares a label
    with the query.
    """
    labels = (query.labels, database.labels)
    return {
        "i2t": count(query.image, database.text, *labels),
        "t2i": count(query.text, database.image, *labels),
    }


def stable_map(
    queries: Any, items: Any, query_labels: Any, database_labels: Any
) -> float:
    """MAP with items at equal distance in the order of the database (a stable sort).

    For comparison with code that ranks so; `score` does not depend on the order.
    """
    values = []
    for start in range(0, len(queries), _BLOCK):
        rows = slice(start, start + _BLOCK)
        distances = np.asarray(hamming_matrix(queries[rows], items))
        relevance = np.asarray(query_labels[rows] @ database_labels.T) > 0
        # NumPy sorts bytes by counting, several times faster than wider integers.
        narrow = distances.astype(np.uint8 if distances.max() < 256 else np.uint16)
        values.append(ranked_average_precision(narrow, relevance))
    return mean_of(np.concatenate(values))


_BLOCK = 256
"""Queries whose full ranking is held at once."""


def score(query: PairedCodes, database: PairedCodes) -> dict[str, float]:
    """MAP of image queries on texts (I2T), of text queries on images (T2I), and mean.

    MAP is the mean over all orders of the items at equal distance.

    Args:
        query: codes and labels of the query set.
        database: codes and labels of the database.

    Returns:
        `i2t`, `t2i` and `average`, in [0, 1].
    """
    return score_counts(count_both_directions(query, database))


def score_counts(counts: Mapping[str, DistanceCounts]) -> dict[str, float]:
    """MAP of each direction by its name, and their mean as `average`."""
    values = {
        direction: mean_average_precision(table) for direction, table in counts.items()
    }
    return {**values, "average": sum(values.values()) / len(values)}
