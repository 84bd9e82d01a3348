"""Losses and weights as pure, compiled functions of arrays."""

from scbch_jax.losses.classification import (
    classification_loss,
    summed_classification_loss,
)
from scbch_jax.losses.compose import Terms, weighted_sum
from scbch_jax.losses.contrastive import (
    attraction_loss,
    decaying_repulsion_loss,
    pairwise_likelihood_loss,
    soft_attraction_loss,
    stepped_repulsion_loss,
)
from scbch_jax.losses.memory import (
    drawn_negatives,
    memory_contrast_loss,
    negative_counts,
    update_memory_bank,
)
from scbch_jax.losses.mixture import low_mean_posterior, two_means_1d
from scbch_jax.losses.pairwise import (
    cosine_matrix,
    jaccard_matrix,
    margin_shifted_similarity,
    positive_pair_probability,
    positive_pairs,
    similarity_matrix,
    unit_rows,
)
from scbch_jax.losses.prototypes import max_own_prototype_distance, prototype_loss
from scbch_jax.losses.quantization import (
    printed_quantization_loss,
    quantization_loss,
    unit_quantization_loss,
)
from scbch_jax.losses.ranking import (
    label_ranking_score,
    lowest,
    ranking_loss,
    supervised_ranking_loss,
)
from scbch_jax.losses.structure import (
    coherence_loss,
    consistency_loss,
    joint_semantics,
    pair_loss,
    reconstruction_loss,
)

__all__ = [
    "Terms",
    "attraction_loss",
    "classification_loss",
    "coherence_loss",
    "consistency_loss",
    "cosine_matrix",
    "decaying_repulsion_loss",
    "drawn_negatives",
    "jaccard_matrix",
    "joint_semantics",
    "label_ranking_score",
    "low_mean_posterior",
    "lowest",
    "margin_shifted_similarity",
    "max_own_prototype_distance",
    "memory_contrast_loss",
    "negative_counts",
    "pair_loss",
    "pairwise_likelihood_loss",
    "positive_pair_probability",
    "positive_pairs",
    "supervised_ranking_loss",
    "printed_quantization_loss",
    "prototype_loss",
    "quantization_loss",
    "ranking_loss",
    "reconstruction_loss",
    "similarity_matrix",
    "soft_attraction_loss",
    "stepped_repulsion_loss",
    "summed_classification_loss",
    "two_means_1d",
    "unit_quantization_loss",
    "unit_rows",
    "update_memory_bank",
    "weighted_sum",
]
