"""Losses of a batch's codes against constant codes of all training rows.

References:
    Zhang et al., Modality-Invariant Asymmetric Networks for Cross-Modal Hashing, IEEE
    TKDE 35(5), 2023 (MIAN).
    Jiang and Li, Deep Cross-Modal Hashing, CVPR 2017 (DCMH).
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from scbch_jax.arrays import Scalar
from scbch_jax.errors import check_rank


@jax.jit
def asymmetric_likelihood_loss(
    codes: Float[Array, "n bits"],
    table: Float[Array, "samples bits"],
    shared: Float[Array, "samples n"],
) -> Scalar:
    """Negative log-likelihood of which pairs share a label, the first term of DCMH.

        Σ_ij log(1 + exp(θ_ij)) - S_ij θ_ij,  θ_ij = u_i · h_j / 2

    Args:
        codes: h, of a batch.
        table: u, of all training rows; constant.
        shared: S, the probability that row i and sample j share a label.

    Raises:
        ValueError: if they are not matrices.

    Example:
        >>> codes, table = jnp.zeros((1, 2)), jnp.ones((3, 2))
        >>> asymmetric_likelihood_loss(codes, table, jnp.ones((3, 1))).round(4)
        Array(2.0794, dtype=float32)
    """
    logits = _logits(codes, table)
    return jnp.sum(jax.nn.softplus(logits) - shared * logits)


@jax.jit
def asymmetric_squared_loss(
    codes: Float[Array, "n bits"],
    table: Float[Array, "samples bits"],
    shared: Float[Array, "samples n"],
) -> Scalar:
    """Squares of the terms of `asymmetric_likelihood_loss`, as MIAN is released.

        Σ_ij (log(1 + exp(θ_ij)) - S_ij θ_ij)²,  θ_ij = u_i · h_j / 2

    Each term is positive, and least where its square is; but terms near 0 weigh less.

    Args:
        codes: h, of a batch.
        table: u, of all training rows; constant.
        shared: S, the probability that row i and sample j share a label.

    Raises:
        ValueError: if they are not matrices.

    Example:
        >>> codes, table = jnp.zeros((1, 2)), jnp.ones((3, 2))
        >>> loss = asymmetric_squared_loss(codes, table, jnp.ones((3, 1)))
        >>> print(f"{loss:.4f}")
        1.4414
    """
    logits = _logits(codes, table)
    return jnp.sum(jnp.square(jax.nn.softplus(logits) - shared * logits))


@jax.jit
def asymmetric_balance_loss(
    codes: Float[Array, "n bits"],
    table: Float[Array, "samples bits"],
    index: Int[Array, " n"],
) -> Scalar:
    """Squared sums of every bit over all training rows, the third term of DCMH.

        Σ_c (Σ_j h_jc + Σ_i u_ic)²,  i over the rows that are not in the batch

    It is 0 where every bit is balanced.

    Args:
        codes: h, of a batch.
        table: u, of all training rows; constant, and not read in the batch's rows.
        index: the batch's rows.

    Raises:
        ValueError: if codes and table are not matrices.

    Example:
        >>> codes, table = jnp.ones((1, 2)), jnp.ones((3, 2))
        >>> print(asymmetric_balance_loss(codes, table, jnp.array([1])))
        18.0
    """
    check_rank(2, codes=codes, table=table)
    others = with_rows(table, index, jnp.zeros_like(codes)).sum(axis=0)
    return jnp.square(codes.sum(axis=0) + jax.lax.stop_gradient(others)).sum()


@jax.jit
def shared_label_matrix(
    labels: Float[Array, "samples classes"], batch_labels: Float[Array, "n classes"]
) -> Float[Array, "samples n"]:
    """Which training rows share a label with which samples of a batch: 1 or 0.

    Example:
        >>> labels = jnp.array([[1.0, 1.0], [0.0, 1.0], [0.0, 0.0]])
        >>> shared_label_matrix(labels, jnp.array([[1.0, 0.0]])).tolist()
        [[1.0], [0.0], [0.0]]
    """
    return (labels @ batch_labels.T > 0).astype(labels.dtype)


@jax.jit
def with_rows(
    table: Float[Array, "samples width"],
    index: Int[Array, " n"],
    rows: Float[Array, "n width"],
) -> Float[Array, "samples width"]:
    """A table with some rows replaced by a batch's, without their gradient.

    Example:
        >>> with_rows(jnp.zeros((2, 1)), jnp.array([1]), jnp.ones((1, 1))).tolist()
        [[0.0], [1.0]]
    """
    return table.at[index].set(jax.lax.stop_gradient(rows))


def _logits(codes: Array, table: Array) -> Array:
    """θ, without a gradient of the table."""
    check_rank(2, codes=codes, table=table)
    return jax.lax.stop_gradient(table) @ codes.T / 2
