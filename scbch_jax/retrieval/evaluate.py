"""A cross-modal evaluation: each modality's query set searches the other's database."""

from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float, UInt8

from scbch_jax.retrieval.hamming import RadiusCounts, hamming_matrix, radius_counts
from scbch_jax.retrieval.metrics import mean_average_precision
from scbch_jax.retrieval.ranked import ranked_average_precision


class PairedCodes(NamedTuple):
    """Packed codes of both modalities of the same samples, and their labels."""

    image: UInt8[Any, "n bytes"]
    text: UInt8[Any, "n bytes"]
    labels: Float[Any, "n classes"]


def count_both_ways(
    query: PairedCodes, database: PairedCodes
) -> dict[str, RadiusCounts]:
    """Counts of images searching texts (`i2t`) and of texts searching images (`t2i`).

    They come back to the host; a database item is relevant if it shares a label.
    """
    labels = (query.labels, database.labels)
    return jax.device_get(
        {
            "i2t": radius_counts(query.image, database.text, *labels),
            "t2i": radius_counts(query.text, database.image, *labels),
        }
    )


def stable_map(query: PairedCodes, database: PairedCodes) -> dict[str, float]:
    """MAP of both directions with items at one distance in the database's order.

    For comparing with rankings that were made so; `score` does not depend on an order.
    """
    ways = {"i2t": (query.image, database.text), "t2i": (query.text, database.image)}
    return {way: _stable_map(*codes, query, database) for way, codes in ways.items()}


def _stable_map(
    queries: Any, items: Any, query: PairedCodes, database: PairedCodes
) -> float:
    values = []
    for start in range(0, len(queries), _BLOCK):
        rows = slice(start, start + _BLOCK)
        distances = np.asarray(hamming_matrix(queries[rows], items))
        relevance = np.asarray(query.labels[rows] @ database.labels.T) > 0
        # Bytes are sorted by counting, several times faster than wider integers.
        narrow = distances.astype(np.uint8 if distances.max() < 256 else np.uint16)
        values.append(ranked_average_precision(narrow, relevance))
    return float(np.nanmean(np.concatenate(values)))


_BLOCK = 256
"""Queries whose full ranking is held at once."""


def score(query: PairedCodes, database: PairedCodes) -> dict[str, float]:
    """MAP of images searching texts (I2T), of texts searching images (T2I), and mean.

    Items at equal distance are averaged over all their orders.

    Args:
        query: the query set.
        database: what is searched.

    Returns:
        `i2t`, `t2i` and `average`, in [0, 1].
    """
    counts = count_both_ways(query, database)
    values = {way: mean_average_precision(found) for way, found in counts.items()}
    return {**values, "average": sum(values.values()) / len(values)}
