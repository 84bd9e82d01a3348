"""A mixture of two normal distributions in one dimension, fitted by EM.

References:
    Dempster, Laird and Rubin, Maximum likelihood from incomplete data via the EM
    algorithm, 1977; used by Wang et al., ACM Multimedia 2024 (NRCH), to separate clean
    rows from noisy ones.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float

from scbch_jax.errors import check_rank

VARIANCE_FLOOR = 5e-4
"""Added to each variance, the `reg_covar` of NRCH's released code."""

MAX_ITER, TOL = 10, 0.5
"""Largest number of EM iterations, and the change of the mean log-likelihood below
which they end; the values of NRCH's released code."""


class Mixture(NamedTuple):
    """Two normal distributions and their weights."""

    weights: Float[Array, " 2"]
    means: Float[Array, " 2"]
    variances: Float[Array, " 2"]


@jax.jit
def low_mean_posterior(values: Float[Array, " n"]) -> Float[Array, " n"]:
    """Posterior of the component with the smaller mean, p of NRCH.

        p_i = π_0 N(x_i; μ_0, σ²_0) / Σ_k π_k N(x_i; μ_k, σ²_k), μ_0 < μ_1

    EM starts from the exact 2-means clustering, with the iteration limit and tolerance
    of NRCH's released code.

    Args:
        values: x, two or more; of order 1.

    Raises:
        ValueError: if the values are not a vector.

    Example:
        >>> low_mean_posterior(jnp.array([0.0, 0.1, 0.9, 1.0])).round()
        Array([1., 1., 0., 0.], dtype=float32)
    """
    check_rank(1, values=values)
    low = two_means_1d(values)
    initial = _maximization(values, jnp.stack([low, ~low], axis=1).astype(values.dtype))

    def unfinished(carry: Any) -> Bool[Array, ""]:
        iteration, _, _, change = carry
        return (iteration < MAX_ITER) & (jnp.abs(change) >= TOL)

    def improve(carry: Any) -> Any:
        iteration, mixture, before, _ = carry
        likelihood, responsibilities = _expectation(values, mixture)
        after = likelihood.mean()
        mixture = _maximization(values, responsibilities)
        return iteration + 1, mixture, after, after - before

    start = (jnp.int32(0), initial, jnp.full((), -jnp.inf), jnp.full((), jnp.inf))
    mixture = lax.while_loop(unfinished, improve, start)[1]
    return _expectation(values, mixture)[1][:, jnp.argmin(mixture.means)]


@jax.jit
def two_means_1d(values: Float[Array, " n"]) -> Bool[Array, " n"]:
    """Exact 2-means clustering in one dimension: which values are in the lower cluster.

        argmin_c Σ_{i<=c} (x_i - μ_low)² + Σ_{i>c} (x_i - μ_high)², x sorted

    In one dimension the clusters are a split of the sorted values, so all splits are
    compared and no seed is needed.

    Args:
        values: x, two or more.

    Example:
        >>> two_means_1d(jnp.array([0.9, 0.0, 0.1])).tolist()
        [False, True, True]
    """
    rows = len(values)
    order = jnp.argsort(values)
    # Centered, so that the sums keep their precision.
    sums = jnp.cumsum(values[order] - values.mean())[:-1]
    sizes = jnp.arange(1, rows, dtype=values.dtype)
    # The upper cluster's sum is minus the lower one's.
    between = jnp.square(sums) * (1 / sizes + 1 / (rows - sizes))
    below = jnp.arange(rows) <= jnp.argmax(between)
    return jnp.zeros(rows, bool).at[order].set(below)


def _maximization(
    values: Float[Array, " n"], responsibilities: Float[Array, "n 2"]
) -> Mixture:
    sizes = responsibilities.sum(axis=0) + 10 * jnp.finfo(values.dtype).tiny
    means = values @ responsibilities / sizes
    squares = jnp.square(values[:, None] - means[None, :])
    variances = (responsibilities * squares).sum(axis=0) / sizes + VARIANCE_FLOOR
    return Mixture(sizes / sizes.sum(), means, variances)


def _expectation(
    values: Float[Array, " n"], mixture: Mixture
) -> tuple[Float[Array, " n"], Float[Array, "n 2"]]:
    """Log-likelihood of each value, and the responsibilities of both components."""
    weights, means, variances = (x[None, :] for x in mixture)
    squares = jnp.square(values[:, None] - means)
    densities = -(jnp.log(2 * jnp.pi * variances) + squares / variances) / 2
    joint = densities + jnp.log(weights)
    likelihood = jax.nn.logsumexp(joint, axis=1)
    return likelihood, jnp.exp(joint - likelihood[:, None])
