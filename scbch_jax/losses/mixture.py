"""Two normal distributions on a line: which of them a number comes from."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float

from scbch_jax.errors import check_rank

VARIANCE_FLOOR = 5e-4
"""Added to each variance, as the released code of NRCH asks of its fit."""

ROUNDS, ENOUGH = 10, 0.5
"""Most rounds of the fit, and the change of mean log likelihood that ends it."""


class Mixture(NamedTuple):
    """Two normal distributions with their shares."""

    shares: Float[Array, " 2"]
    means: Float[Array, " 2"]
    variances: Float[Array, " 2"]


@jax.jit
def low_mean_posterior(values: Float[Array, " n"]) -> Float[Array, " n"]:
    """Probability that each value comes from the distribution with the smaller mean.

    Both are fitted by expectation and maximization from the best cut in two halves,
    with the few rounds and the loose end that NRCH's released code gives its fit.

    Args:
        values: any two or more; of order 1.

    Raises:
        ValueError: if the values are not a vector.
    """
    check_rank(1, values=values)
    low = two_means_1d(values)
    fresh = _fitted(values, jnp.stack([low, ~low], axis=1).astype(values.dtype))

    def unfinished(carry: Any) -> Bool[Array, ""]:
        rounds, _, _, change = carry
        return (rounds < ROUNDS) & (jnp.abs(change) >= ENOUGH)

    def improve(carry: Any) -> Any:
        rounds, mixture, before, _ = carry
        likelihood, odds = _expected(values, mixture)
        after = likelihood.mean()
        return rounds + 1, _fitted(values, odds), after, after - before

    start = (jnp.int32(0), fresh, jnp.full((), -jnp.inf), jnp.full((), jnp.inf))
    mixture = lax.while_loop(unfinished, improve, start)[1]
    return _expected(values, mixture)[1][:, jnp.argmin(mixture.means)]


@jax.jit
def two_means_1d(values: Float[Array, " n"]) -> Bool[Array, " n"]:
    """Which values lie in the lower of two halves with the least spread: 2-means.

    On a line the best two clusters are a cut of the sorted values, so it is found
    exactly and the same for every seed.

    Args:
        values: two or more.
    """
    rows = len(values)
    order = jnp.argsort(values)
    # Around their mean, so that the sums keep their digits.
    sums = jnp.cumsum(values[order] - values.mean())[:-1]
    sizes = jnp.arange(1, rows, dtype=values.dtype)
    # The upper half's sum is the lower one's with the other sign.
    between = jnp.square(sums) * (1 / sizes + 1 / (rows - sizes))
    below = jnp.arange(rows) <= jnp.argmax(between)
    return jnp.zeros(rows, bool).at[order].set(below)


def _fitted(values: Float[Array, " n"], odds: Float[Array, "n 2"]) -> Mixture:
    sizes = odds.sum(axis=0) + 10 * jnp.finfo(values.dtype).tiny
    means = values @ odds / sizes
    apart = jnp.square(values[:, None] - means[None, :])
    variances = (odds * apart).sum(axis=0) / sizes + VARIANCE_FLOOR
    return Mixture(sizes / sizes.sum(), means, variances)


def _expected(
    values: Float[Array, " n"], mixture: Mixture
) -> tuple[Float[Array, " n"], Float[Array, "n 2"]]:
    """Log likelihood of each value, and the odds of the two distributions for it."""
    shares, means, variances = (x[None, :] for x in mixture)
    apart = jnp.square(values[:, None] - means)
    densities = -(jnp.log(2 * jnp.pi * variances) + apart / variances) / 2
    joint = densities + jnp.log(shares)
    likelihood = jax.nn.logsumexp(joint, axis=1)
    return likelihood, jnp.exp(joint - likelihood[:, None])
