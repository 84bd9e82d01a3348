"""How far relaxed codes are from ±1."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from scbch_jax.arrays import Scalar


@jax.jit
def quantization_loss(codes: Float[Array, "n bits"]) -> Scalar:
    """Mean distance of each entry from its sign: last term of Eq. 8, as released."""
    return jnp.abs(codes - jnp.sign(codes)).mean()


@jax.jit
def printed_quantization_loss(codes: Float[Array, "n bits"]) -> Scalar:
    """Mean of |h| - 1: last term of Eq. 8 as the paper prints it.

    The sign is the opposite of the released code's: minimized, it draws codes to zero.
    """
    return jnp.abs(codes).mean() - 1.0


@jax.jit
def unit_quantization_loss(
    codes: Float[Array, "n bits"], kept: Bool[Array, " n"]
) -> Scalar:
    """Mean squared distance of each |entry| from 1/√L: q of NRCH, one modality.

    Args:
        codes: of about unit length.
        kept: which rows count, one at least.
    """
    misses = jnp.square(jnp.abs(codes) - codes.shape[1] ** -0.5)
    return jnp.mean(misses, where=kept[:, None])
