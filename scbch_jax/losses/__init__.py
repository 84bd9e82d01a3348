"""Losses and weights as pure, compiled functions of arrays."""

from scbch_jax.losses.adversarial import (
    fake_loss,
    gradient_penalty,
    real_loss,
    reverse_gradient,
)
from scbch_jax.losses.asymmetric import (
    asymmetric_balance_loss,
    asymmetric_likelihood_loss,
    asymmetric_squared_loss,
    shared_label_matrix,
    with_rows,
)
from scbch_jax.losses.bottleneck import feature_prediction_loss, normal_divergence
from scbch_jax.losses.classification import (
    classification_loss,
    generalized_cross_entropy,
    summed_classification_loss,
)
from scbch_jax.losses.compose import Terms, weighted_sum
from scbch_jax.losses.contrastive import (
    attraction_loss,
    decaying_repulsion_loss,
    noise_robust_contrastive_loss,
    pairwise_likelihood_loss,
    soft_attraction_loss,
    stepped_repulsion_loss,
)
from scbch_jax.losses.dependence import linear_dependence
from scbch_jax.losses.memory import (
    drawn_negatives,
    memory_contrast_loss,
    negative_counts,
    update_memory_bank,
)
from scbch_jax.losses.mixture import low_mean_posterior, two_means_1d
from scbch_jax.losses.mutual import bernoulli_divergence, text_to_image_contrast
from scbch_jax.losses.pairwise import (
    cosine_matrix,
    jaccard_matrix,
    margin_shifted_similarity,
    positive_pair_probability,
    positive_pairs,
    similarity_matrix,
    unit_rows,
)
from scbch_jax.losses.prototypes import (
    log_class_probability,
    max_own_prototype_distance,
    prototype_loss,
)
from scbch_jax.losses.proxies import (
    hadamard_proxies,
    majority_codes,
    proxy_cross_entropy,
)
from scbch_jax.losses.quantization import (
    binary_codes,
    paper_quantization_loss,
    quantization_loss,
    unit_quantization_loss,
)
from scbch_jax.losses.ranking import (
    label_ranking_score,
    lowest,
    ranking_loss,
    supervised_ranking_loss,
)
from scbch_jax.losses.rarity import rarity
from scbch_jax.losses.self_paced import (
    hard_pace,
    linear_pace,
    pace_regularizer,
    smallest_losses,
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
    "asymmetric_balance_loss",
    "asymmetric_likelihood_loss",
    "asymmetric_squared_loss",
    "attraction_loss",
    "bernoulli_divergence",
    "binary_codes",
    "classification_loss",
    "coherence_loss",
    "consistency_loss",
    "cosine_matrix",
    "decaying_repulsion_loss",
    "drawn_negatives",
    "fake_loss",
    "feature_prediction_loss",
    "generalized_cross_entropy",
    "gradient_penalty",
    "hadamard_proxies",
    "hard_pace",
    "jaccard_matrix",
    "joint_semantics",
    "label_ranking_score",
    "linear_dependence",
    "linear_pace",
    "log_class_probability",
    "low_mean_posterior",
    "lowest",
    "majority_codes",
    "margin_shifted_similarity",
    "max_own_prototype_distance",
    "memory_contrast_loss",
    "negative_counts",
    "normal_divergence",
    "pace_regularizer",
    "pair_loss",
    "pairwise_likelihood_loss",
    "paper_quantization_loss",
    "positive_pair_probability",
    "positive_pairs",
    "prototype_loss",
    "proxy_cross_entropy",
    "quantization_loss",
    "ranking_loss",
    "rarity",
    "real_loss",
    "reconstruction_loss",
    "reverse_gradient",
    "noise_robust_contrastive_loss",
    "shared_label_matrix",
    "similarity_matrix",
    "smallest_losses",
    "soft_attraction_loss",
    "stepped_repulsion_loss",
    "summed_classification_loss",
    "supervised_ranking_loss",
    "text_to_image_contrast",
    "two_means_1d",
    "unit_quantization_loss",
    "unit_rows",
    "update_memory_bank",
    "weighted_sum",
    "with_rows",
]
