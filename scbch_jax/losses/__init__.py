"""Losses and weights as pure, compiled functions of arrays."""

from scbch_jax.losses.classification import classification_loss
from scbch_jax.losses.compose import Terms, weighted_sum
from scbch_jax.losses.contrastive import (
    attraction_loss,
    decaying_repulsion_loss,
    stepped_repulsion_loss,
)
from scbch_jax.losses.graph import (
    coherence_loss,
    consistency_loss,
    gathered_block,
    neighbor_shares,
    pair_loss,
    similarity_graph,
)
from scbch_jax.losses.memory import (
    drawn_negatives,
    memory_contrast_loss,
    rewritten_memory,
    times_drawn,
)
from scbch_jax.losses.mixture import best_cut, lower_share
from scbch_jax.losses.nearest import nearest_rows, recall
from scbch_jax.losses.neighbors import (
    confidence_weights,
    neighbor_soft_labels,
)
from scbch_jax.losses.pairwise import (
    cosine_matrix,
    jaccard_matrix,
    lowered_matrix,
    partner_matrix,
    similarity_matrix,
    unit_rows,
)
from scbch_jax.losses.prototypes import prototype_loss, worst_prototype
from scbch_jax.losses.quantization import (
    printed_quantization_loss,
    quantization_loss,
    unit_quantization_loss,
)
from scbch_jax.losses.ranking import kept_ranking_loss, ranking_loss
from scbch_jax.losses.running_best import Best

__all__ = [
    "Best",
    "Terms",
    "attraction_loss",
    "best_cut",
    "classification_loss",
    "coherence_loss",
    "confidence_weights",
    "consistency_loss",
    "cosine_matrix",
    "decaying_repulsion_loss",
    "drawn_negatives",
    "gathered_block",
    "jaccard_matrix",
    "kept_ranking_loss",
    "lower_share",
    "lowered_matrix",
    "memory_contrast_loss",
    "neighbor_shares",
    "nearest_rows",
    "neighbor_soft_labels",
    "pair_loss",
    "partner_matrix",
    "printed_quantization_loss",
    "prototype_loss",
    "quantization_loss",
    "ranking_loss",
    "rewritten_memory",
    "similarity_graph",
    "recall",
    "similarity_matrix",
    "stepped_repulsion_loss",
    "times_drawn",
    "unit_quantization_loss",
    "unit_rows",
    "weighted_sum",
    "worst_prototype",
]
