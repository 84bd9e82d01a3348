"""Rows of small losses are learned first: self-paced learning, small-loss selection.

References:
    Jiang et al., Easy Samples First: Self-paced Reranking for Zero-Example Multimedia
    Search, ACM Multimedia 2014.
    Pu et al., Robust Self-Paced Hashing for Cross-Modal Retrieval with Noisy Labels,
    AAAI 2025 (RSHNL).
    Han et al., Co-teaching: Robust Training of Deep Neural Networks with Extremely
    Noisy Labels, NeurIPS 2018.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from scbch_jax.arrays import Scalar, ScalarLike


@jax.jit
def linear_pace(
    row_losses: Float[Array, " n"], *, threshold: ScalarLike
) -> Float[Array, " n"]:
    """Weights that fall linearly with the loss, without gradient.

        w_i = max(0, 1 - ℓ_i / γ), which minimizes w_i ℓ_i + γ (w_i²/2 - w_i)

    Args:
        row_losses: ℓ, at least 0.
        threshold: γ, the loss from which on a row is left out.

    Example:
        >>> linear_pace(jnp.array([0.0, 1.0, 3.0]), threshold=2.0)
        Array([1. , 0.5, 0. ], dtype=float32)
    """
    return jax.lax.stop_gradient(jnp.maximum(0, 1 - row_losses / threshold))


@jax.jit
def hard_pace(
    row_losses: Float[Array, " n"], *, threshold: ScalarLike
) -> Float[Array, " n"]:
    """Weights of 1 below a loss and 0 from it on.

        w_i = [ℓ_i < γ], which minimizes w_i ℓ_i - γ w_i

    Args:
        row_losses: ℓ, at least 0.
        threshold: γ, the loss from which on a row is left out.

    Example:
        >>> hard_pace(jnp.array([0.0, 1.0, 2.0]), threshold=2.0)
        Array([1., 1., 0.], dtype=float32)
    """
    return (row_losses < threshold).astype(row_losses.dtype)


@partial(jax.jit, static_argnames="linear")
def pace_regularizer(
    weights: Float[Array, " n"], *, threshold: ScalarLike, linear: bool
) -> Scalar:
    """The reward for including rows, which the weights' rule minimizes with the losses.

        1/n Σ_i γ (w_i²/2 - w_i) for linear weights, 1/n Σ_i -γ w_i for hard ones

    Weights have no gradient, so it moves nothing: it shifts the reported loss only.

    Args:
        weights: w.
        threshold: γ.
        linear: for `linear_pace`, else for `hard_pace`.

    Example:
        >>> pace_regularizer(jnp.array([1.0, 0.0]), threshold=2.0, linear=True)
        Array(-0.5, dtype=float32)
    """
    squares = jnp.square(weights) / 2 if linear else 0.0
    return (threshold * (squares - weights)).mean()


@jax.jit
def smallest_losses(
    row_losses: Float[Array, " n"], *, share: ScalarLike
) -> Bool[Array, " n"]:
    """Which rows have the smallest losses of a batch: small-loss selection.

    floor(share n) rows, but at least one; of equal losses the first are taken.

    Args:
        row_losses: at least one; they have no gradient here.
        share: of the rows, in [0, 1]; may be traced.

    Example:
        >>> smallest_losses(jnp.array([3.0, 1.0, 2.0]), share=0.7).tolist()
        [False, True, True]
    """
    # A whole product that is rounded downward stays whole.
    count = jnp.floor(share * len(row_losses) + 1e-4)
    ranks = jnp.argsort(jnp.argsort(row_losses))
    return ranks < jnp.maximum(count, 1).astype(ranks.dtype)
