"""Hash codes, Hamming distances, and how good a ranking by them is."""

from scbch_jax.retrieval.codes import hash_codes, pack, unpack
from scbch_jax.retrieval.evaluate import PairedCodes, score
from scbch_jax.retrieval.hamming import RadiusCounts, hamming_matrix, radius_counts
from scbch_jax.retrieval.metrics import (
    average_precision,
    mean_average_precision,
    ranked_average_precision,
    roc_area,
)

__all__ = [
    "PairedCodes",
    "RadiusCounts",
    "average_precision",
    "hamming_matrix",
    "hash_codes",
    "mean_average_precision",
    "pack",
    "radius_counts",
    "ranked_average_precision",
    "roc_area",
    "score",
    "unpack",
]
