"""Hash codes, Hamming distances, and how good a ranking by them is."""

from scbch_jax.retrieval.codes import hash_codes, pack, unpack
from scbch_jax.retrieval.evaluate import PairedCodes, count_both_ways, score, stable_map
from scbch_jax.retrieval.hamming import RadiusCounts, hamming_matrix, radius_counts
from scbch_jax.retrieval.metrics import (
    average_precision,
    mean_average_precision,
    precision_recall,
    precision_within,
    ranked_average_precision,
    ranked_precision_recall,
    roc_area,
)

__all__ = [
    "PairedCodes",
    "RadiusCounts",
    "average_precision",
    "count_both_ways",
    "hamming_matrix",
    "hash_codes",
    "mean_average_precision",
    "pack",
    "precision_recall",
    "precision_within",
    "radius_counts",
    "ranked_average_precision",
    "ranked_precision_recall",
    "roc_area",
    "score",
    "stable_map",
    "unpack",
]
