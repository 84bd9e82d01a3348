"""Posteriors of labels under class-conditional noise, by Bayes' rule."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Num

from scbch_jax.errors import check_same_shape


class NoiseRates(NamedTuple):
    """How often a label is wrong: one number for all classes, or one for each."""

    missing: float | Float[Array, ""] | Float[Array, " classes"]
    """ρ₁ = P(not given | true)."""
    wrong: float | Float[Array, ""] | Float[Array, " classes"]
    """ρ₀ = P(given | not true); ρ₁ + ρ₀ < 1."""


@jax.jit
def label_posterior(
    labels: Num[Array, "rows classes"],
    eta: Float[Array, "rows classes"],
    rates: NoiseRates,
) -> Float[Array, "rows classes"]:
    """Probability that a label is true, given the features and the noisy label.

        (1 - ρ₁) η / ((1 - ρ₁) η + ρ₀ (1 - η)) for a label that is given
        ρ₁ η / (ρ₁ η + (1 - ρ₀)(1 - η)) for one that is not

    What the rates make impossible (0/0) stays as given.

    Args:
        labels: multi-hot, noisy.
        eta: η = P(true | x), of a model that has not seen the label.
        rates: of the noise.

    Raises:
        ValueError: if the shapes differ.

    Example:
        >>> labels, eta = jnp.array([[1.0, 0.0]]), jnp.array([[0.5, 0.5]])
        >>> label_posterior(labels, eta, NoiseRates(missing=0.25, wrong=0.25)).tolist()
        [[0.75, 0.25]]
    """
    check_same_shape(eta=eta, labels=labels)
    missing, wrong = (jnp.asarray(rate, eta.dtype) for rate in rates)
    given = labels > 0
    true = jnp.where(given, 1 - missing, missing) * eta
    false = jnp.where(given, wrong, 1 - wrong) * (1 - eta)
    possible = true + false > 0
    posterior = true / jnp.where(possible, true + false, 1.0)
    return jnp.where(possible, posterior, given.astype(eta.dtype))
