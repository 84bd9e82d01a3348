"""Hash codes, Hamming distances, and metrics of the rankings that they give."""

from scbch_jax.retrieval.code_files import CodeSets, read_code_sets
from scbch_jax.retrieval.evaluate import (
    PairedCodes,
    count_both_directions,
    query_metrics,
    score,
    score_counts,
    stable_map,
)
from scbch_jax.retrieval.graded import (
    GradedCounts,
    average_cumulative_gain,
    graded_counts,
    ndcg,
    weighted_average_precision,
)
from scbch_jax.retrieval.hamming import (
    DistanceCounts,
    distance_counts,
    hamming_matrix,
    hash_codes,
    pack,
    unpack,
)
from scbch_jax.retrieval.metrics import (
    average_precision,
    mean_average_precision,
    mean_of,
    precision_recall,
    precision_recall_at,
    precision_within,
    ranked_average_precision,
    ranked_precision_recall,
    released_average_precision,
    roc_auc,
)
from scbch_jax.retrieval.parallel import count
from scbch_jax.retrieval.uncertainty import bootstrap_interval, randomization_test

__all__ = [
    "CodeSets",
    "GradedCounts",
    "PairedCodes",
    "DistanceCounts",
    "average_cumulative_gain",
    "average_precision",
    "bootstrap_interval",
    "count",
    "count_both_directions",
    "graded_counts",
    "hamming_matrix",
    "hash_codes",
    "mean_average_precision",
    "mean_of",
    "ndcg",
    "pack",
    "precision_recall",
    "precision_recall_at",
    "precision_within",
    "query_metrics",
    "distance_counts",
    "randomization_test",
    "ranked_average_precision",
    "ranked_precision_recall",
    "read_code_sets",
    "released_average_precision",
    "roc_auc",
    "score",
    "score_counts",
    "stable_map",
    "unpack",
    "weighted_average_precision",
]
