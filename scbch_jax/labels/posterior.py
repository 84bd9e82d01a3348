"""Posteriors of labels under class-conditional noise, by Bayes' rule."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Num

from scbch_jax.errors import check_same_shape

SMALLEST = 1e-30
"""In place of a probability of 0, whose logarithm is infinite."""


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
    missing, wrong = _each_entry(rates, eta)
    given = labels > 0
    true = jnp.where(given, 1 - missing, missing) * eta
    false = jnp.where(given, wrong, 1 - wrong) * (1 - eta)
    possible = true + false > 0
    posterior = true / jnp.where(possible, true + false, 1.0)
    return jnp.where(possible, posterior, given.astype(eta.dtype))


@jax.jit
def exclusive_posterior(
    labels: Num[Array, "rows classes"],
    logits: Float[Array, "rows classes"],
    rates: NoiseRates,
) -> Float[Array, "rows classes"]:
    """Probability that a label is the true one of its row, if each row has one.

        P(c | given g, x) ∝ exp(z_c) P(g | c)
        P(g | c) = 1 - ρ₁_c if g = c, else ρ₁_c ρ₀_g / Σ_{d≠c} ρ₀_d

    Args:
        labels: one-hot, noisy.
        logits: z of `fit_curves`, whose softmax is P(c | x).
        rates: of the noise.

    Raises:
        ValueError: if the shapes differ.

    Example:
        >>> labels, logits = jnp.array([[1.0, 0.0, 0.0]]), jnp.zeros((1, 3))
        >>> exclusive_posterior(labels, logits, NoiseRates(0.5, 0.1)).tolist()
        [[0.5, 0.25, 0.25]]
    """
    check_same_shape(logits=logits, labels=labels)
    missing, wrong = _each_entry(rates, logits)
    given = labels > 0
    wrong_given = jnp.where(given, wrong, 0.0).sum(axis=1, keepdims=True)
    others = wrong.sum(axis=1, keepdims=True) - wrong
    mistaken = missing * wrong_given / jnp.maximum(others, SMALLEST)
    likelihood = jnp.where(given, 1 - missing, mistaken)
    evidence = jnp.log(jnp.maximum(likelihood, SMALLEST))
    return jax.nn.softmax(logits + evidence, axis=1)


def _each_entry(
    rates: NoiseRates, eta: Float[Array, "rows classes"]
) -> tuple[Float[Array, "rows classes"], Float[Array, "rows classes"]]:
    missing, wrong = (
        jnp.broadcast_to(jnp.asarray(rate, eta.dtype), eta.shape) for rate in rates
    )
    return missing, wrong
