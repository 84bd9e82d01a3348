"""Posteriors of noisy multi-labels: how likely each label is true."""

from scbch_jax.labels.calibration import calibrated
from scbch_jax.labels.pipeline import Posteriors, posteriors
from scbch_jax.labels.posterior import NoiseRates, clean_probability, label_posterior
from scbch_jax.labels.rates import estimate_rates
from scbch_jax.labels.review import Corrections, corrections, expected_errors
from scbch_jax.labels.ridge import cross_fitted_scores, draw_folds, joint_features

__all__ = [
    "Corrections",
    "NoiseRates",
    "Posteriors",
    "calibrated",
    "clean_probability",
    "corrections",
    "cross_fitted_scores",
    "draw_folds",
    "estimate_rates",
    "expected_errors",
    "joint_features",
    "label_posterior",
    "posteriors",
]
