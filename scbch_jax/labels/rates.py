"""Noise rates estimated from noisy labels alone."""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Num

from scbch_jax.errors import check_rank, check_same_shape
from scbch_jax.labels.posterior import NoiseRates

MOST = 0.9
"""Bound of the sum of both rates; at 1, labels would say nothing."""


@partial(jax.jit, static_argnames=("lowest",))
def estimate_rates(
    p: Float[Array, "rows classes"],
    labels: Num[Array, "rows classes"],
    *,
    highest: float = 0.1,
    lowest: float = 0.05,
) -> NoiseRates:
    """Rates by the rows that surely have a label, and those that surely lack it.

        ρ₁ = 1 - mean of the labels of rows with the highest p
        ρ₀ = mean of the labels of rows with the lowest p

    As p = (1 - ρ₁) η + ρ₀ (1 - η), both are reached where η is 1 and 0. If no row is
    that certain, the estimates are upper bounds. They are scaled to a sum of at most
    0.9.

    Args:
        p: P(given | x), of models that were not fitted on the row.
        labels: multi-hot, noisy.
        highest: for ρ₁, rows as a share of the rows that have the label.
        lowest: for ρ₀, rows as a share of all rows.

    References:
        Scott, Blanchard and Handy, Classification with asymmetric label noise:
        consistency and maximal denoising, COLT 2013.

    Raises:
        ValueError: if the shapes differ.
    """
    check_rank(2, p=p)
    check_same_shape(p=p, labels=labels)
    order = jnp.argsort(p, axis=0)
    ranked = jnp.take_along_axis(labels.astype(p.dtype), order, axis=0)
    first = max(1, int(lowest * len(p)))
    wrong = ranked[:first].mean(axis=0)
    count = jnp.maximum(jnp.ceil(highest * ranked.sum(axis=0)), 1.0)
    from_top = len(p) - jnp.arange(len(p), dtype=p.dtype)
    sure = from_top[:, None] <= count[None]
    missing = 1 - (ranked * sure).sum(axis=0) / count
    scale = jnp.minimum(1.0, MOST / jnp.maximum(missing + wrong, MOST))
    return NoiseRates(missing * scale, wrong * scale)
