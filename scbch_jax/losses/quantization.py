"""Quantization losses: the distance of relaxed codes from binary ones.

References:
    Peng et al., Semantic-Consistent Bidirectional Contrastive Hashing for Noisy
    Multi-Label Cross-Modal Retrieval, arXiv 2511.07780: last term of Eq. 8.
    Wang et al., Robust Contrastive Cross-modal Hashing with Noisy Labels, ACM
    Multimedia 2024 (NRCH).
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from scbch_jax.arrays import Scalar


@jax.jit
def binary_codes(codes: Float[Array, "n bits"]) -> Float[Array, "n bits"]:
    """Signs of relaxed codes; 1 for 0, and without gradient.

    Example:
        >>> binary_codes(jnp.array([[-0.5, 0.0]])).tolist()
        [[-1.0, 1.0]]
    """
    return jnp.where(codes < 0, -1.0, 1.0).astype(codes.dtype)


@jax.jit
def quantization_loss(codes: Float[Array, "n bits"]) -> Scalar:
    """Mean distance of each entry from its sign, last term of Eq. 8 as released.

        mean |h - sign h|

    Example:
        >>> quantization_loss(jnp.array([[0.5, -1.0]]))
        Array(0.25, dtype=float32)
    """
    return jnp.abs(codes - jnp.sign(codes)).mean()


@jax.jit
def paper_quantization_loss(codes: Float[Array, "n bits"]) -> Scalar:
    """Last term of Eq. 8 as published, of `options.reading paper`.

        mean |h| - 1

    Its sign is the opposite of the released code's: minimizing it pulls codes to 0.

    Example:
        >>> paper_quantization_loss(jnp.array([[0.5, -1.0]]))
        Array(-0.25, dtype=float32)
    """
    return jnp.abs(codes).mean() - 1.0


@jax.jit
def unit_quantization_loss(
    codes: Float[Array, "n bits"], *, where: Bool[Array, " n"] | None = None
) -> Scalar:
    """Squared distance of each absolute entry from 1/√L, q of NRCH for one modality.

        mean (|h| - L^(-1/2))²

    Args:
        codes: rows of about unit length, L entries each.
        where: rows to include, at least one; all if omitted.

    Example:
        >>> unit_quantization_loss(jnp.array([[0.5, 0.5, 0.5, 1.0]]))
        Array(0.0625, dtype=float32)
    """
    squares = jnp.square(jnp.abs(codes) - codes.shape[1] ** -0.5)
    return jnp.mean(squares, where=None if where is None else where[:, None])
