"""Posteriors of noisy multi-labels: how likely each label is true."""

from scbch_jax.labels.curves import add_dependence, fit_curves
from scbch_jax.labels.exclusive import (
    confusion,
    exclusive_posterior,
    fit_exclusive,
    is_exclusive,
)
from scbch_jax.labels.noisy_logistic import NoisyLogistic, fit_noisy_logistic
from scbch_jax.labels.pipeline import Posteriors, posteriors
from scbch_jax.labels.posterior import NoiseRates, label_posterior
from scbch_jax.labels.review import (
    Corrections,
    corrections,
    expected_errors,
    row_confidence,
)
from scbch_jax.labels.ridge import cross_fitted_scores, draw_folds, joint_features

__all__ = [
    "Corrections",
    "NoiseRates",
    "NoisyLogistic",
    "Posteriors",
    "add_dependence",
    "confusion",
    "corrections",
    "cross_fitted_scores",
    "draw_folds",
    "exclusive_posterior",
    "expected_errors",
    "fit_curves",
    "fit_exclusive",
    "fit_noisy_logistic",
    "is_exclusive",
    "joint_features",
    "label_posterior",
    "posteriors",
    "row_confidence",
]
