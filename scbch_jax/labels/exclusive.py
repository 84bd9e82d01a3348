"""Posteriors of rows that have exactly one label each."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Num

from scbch_jax.arrays import Scalar
from scbch_jax.errors import check_same_shape
from scbch_jax.labels.noisy_logistic import MOST_MISSING, TINY, logit, minimize
from scbch_jax.labels.posterior import NoiseRates

STARTS = (0.05, 0.5, 0.8)
"""First values of an estimated noise rate; the likelihood may have several maxima."""

SPREAD = 0.5
"""Standard deviation of log a about 0, where scores have the deviation 1. Without it
strong noise is fitted by probabilities of 0 and 1."""

STEPS = 100
"""Of L-BFGS."""


def is_exclusive(labels: Num[Array | np.ndarray, "rows classes"]) -> bool:
    """Whether exactly one of several labels is given for each row."""
    return labels.shape[1] > 1 and bool((np.asarray(labels).sum(axis=1) == 1).all())


def confusion(rates: NoiseRates, classes: int) -> Float[Array, "true given"]:
    """P(g given | c true), from the rates of the classes.

        1 - ρ₁_c if g = c, else ρ₁_c ρ₀_g / Σ_{d≠c} ρ₀_d

    Example:
        >>> confusion(NoiseRates(missing=0.5, wrong=0.1), 3)[0].tolist()
        [0.5, 0.25, 0.25]
    """
    missing, wrong = (jnp.broadcast_to(jnp.float32(rate), classes) for rate in rates)
    others = jnp.where(jnp.eye(classes) > 0, 0.0, wrong[None])
    share = others / jnp.maximum(others.sum(axis=1, keepdims=True), TINY)
    return jnp.diag(1 - missing) + missing[:, None] * share


@jax.jit
def exclusive_posterior(
    labels: Num[Array, "rows classes"],
    logits: Float[Array, "rows classes"],
    rates: NoiseRates,
) -> Float[Array, "rows classes"]:
    """Probability that a label is the true one of its row.

        P(c | given g, x) ∝ exp(z_c) P(g | c), with `confusion` for P(g | c)

    Args:
        labels: one-hot, noisy.
        logits: z, whose softmax is P(c | x).
        rates: of the noise.

    Raises:
        ValueError: if the shapes differ.

    Example:
        >>> labels, logits = jnp.array([[1.0, 0.0, 0.0]]), jnp.zeros((1, 3))
        >>> exclusive_posterior(labels, logits, NoiseRates(0.5, 0.1)).tolist()
        [[0.5, 0.25, 0.25]]
    """
    check_same_shape(logits=logits, labels=labels)
    classes = labels.shape[1]
    evidence = labels.astype(logits.dtype) @ confusion(rates, classes).T
    return jax.nn.softmax(logits + jnp.log(jnp.maximum(evidence, TINY)), axis=1)


@jax.jit
def fit_exclusive(
    scores: Float[Array, "rows classes"],
    labels: Num[Array, "rows classes"],
    rates: NoiseRates | None = None,
) -> tuple[Float[Array, "rows classes"], NoiseRates]:
    """Logits of the true label of each row from its scores, and the noise rates.

        P(c | s) = softmax_c(a s_c + b_c),  P(g given | s) = Σ_c P(c | s) P(g | c)

    a, b and the rate ρ maximize the likelihood of the given labels, with a prior of a;
    see `SPREAD`. ρ is one number: a label is replaced with this probability, by any of
    the others. With known rates only a and b are fitted.

    Args:
        scores: cross-fitted scores s.
        labels: one-hot, noisy.
        rates: of the noise; estimated if omitted.

    Raises:
        ValueError: if the shapes differ.
    """
    check_same_shape(scores=scores, labels=labels)
    y, classes = labels.astype(scores.dtype), labels.shape[1]
    scaled = scores / jnp.maximum(jnp.std(scores), TINY)

    def logits_of(params: dict[str, Array]) -> Float[Array, "rows classes"]:
        return jnp.exp(params["log_scale"]) * scaled + params["intercept"][None]

    def rates_of(params: dict[str, Array]) -> NoiseRates:
        rate = MOST_MISSING * jax.nn.sigmoid(params["noise"]) * jnp.ones(classes)
        return rates if rates is not None else NoiseRates(rate, rate / (classes - 1))

    def loss(params: dict[str, Array]) -> Scalar:
        true = jax.nn.softmax(logits_of(params), axis=1)
        given = y * (true @ confusion(rates_of(params), classes))
        prior = jnp.square(params["log_scale"] / SPREAD) / 2
        likelihood = jnp.log(jnp.maximum(given.sum(axis=1), TINY)).sum()
        return (prior - likelihood) / len(y)

    def fit(noise: Scalar) -> tuple[dict[str, Array], Scalar]:
        share = (y.sum(axis=0) + 0.5) / (len(y) + 1)
        first = {"log_scale": jnp.zeros(()), "intercept": jnp.log(share)}
        params = minimize(loss, first | {"noise": noise}, STEPS)
        return params, loss(params)

    starts = jnp.array(STARTS if rates is None else STARTS[:1]) / MOST_MISSING
    fitted, values = jax.lax.map(fit, logit(starts))
    best = jax.tree.map(lambda x: x[jnp.nanargmin(values)], fitted)
    return logits_of(best), rates_of(best)
