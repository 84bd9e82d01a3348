"""Losses and weights as pure, compiled functions of arrays."""

from scbch_jax.losses.classification import classification_loss
from scbch_jax.losses.compose import Terms, weighted_sum
from scbch_jax.losses.contrastive import (
    attraction_loss,
    decaying_repulsion_loss,
    stepped_repulsion_loss,
)
from scbch_jax.losses.nearest import nearest_rows, recall
from scbch_jax.losses.neighbors import (
    confidence_weights,
    neighbor_soft_labels,
)
from scbch_jax.losses.pairwise import (
    jaccard_matrix,
    partner_matrix,
    similarity_matrix,
)
from scbch_jax.losses.quantization import printed_quantization_loss, quantization_loss
from scbch_jax.losses.running_best import Best

__all__ = [
    "Best",
    "Terms",
    "attraction_loss",
    "classification_loss",
    "confidence_weights",
    "decaying_repulsion_loss",
    "jaccard_matrix",
    "nearest_rows",
    "neighbor_soft_labels",
    "partner_matrix",
    "printed_quantization_loss",
    "quantization_loss",
    "recall",
    "similarity_matrix",
    "stepped_repulsion_loss",
    "weighted_sum",
]
