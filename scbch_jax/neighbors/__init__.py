"""Nearest neighbors over a training set, and soft labels from them."""

from scbch_jax.neighbors.graph import (
    graph_block,
    knn_affinity,
    pruned_graph,
    similarity_graph,
)
from scbch_jax.neighbors.search import nearest_rows, recall, rows_compared
from scbch_jax.neighbors.soft_labels import confidence_weights, neighbor_soft_labels
from scbch_jax.neighbors.topk import TopK

__all__ = [
    "TopK",
    "confidence_weights",
    "graph_block",
    "knn_affinity",
    "nearest_rows",
    "pruned_graph",
    "neighbor_soft_labels",
    "recall",
    "rows_compared",
    "similarity_graph",
]
