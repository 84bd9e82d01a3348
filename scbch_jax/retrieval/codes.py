"""Conversions between relaxed codes, hash codes and packed codes."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int8, UInt8

from scbch_jax.errors import check_rank


@jax.jit
def hash_codes(relaxed: Float[Array, "n bits"]) -> Int8[Array, "n bits"]:
    """Signs of relaxed codes, b in {-1, +1}; 0 becomes -1."""
    return jnp.where(relaxed > 0, 1, -1).astype(jnp.int8)


@jax.jit
def pack(relaxed: Float[Array, "n bits"]) -> UInt8[Array, "n bytes"]:
    """Packs the signs of codes, 8 bits per byte, as `numpy.packbits` and FAISS do.

    Args:
        relaxed: relaxed codes, or hash codes as floats; a value above 0 sets its bit.

    Raises:
        ValueError: if the codes are not a matrix with a multiple of 8 columns.
    """
    check_rank(2, relaxed=relaxed)
    if relaxed.shape[1] % 8 or not relaxed.shape[1]:
        raise ValueError(
            f"relaxed: got {relaxed.shape[1]} bits, wanted a positive multiple of 8"
        )
    return jnp.packbits(relaxed > 0, axis=1)


@jax.jit
def unpack(packed: UInt8[Array, "n bytes"]) -> Int8[Array, "n bits"]:
    """Unpacks packed codes to hash codes in {-1, +1}.

    Example:
        >>> unpack(pack(jnp.array([[0.5, -1, 0, 2, 1, -3, 1, -1]])))
        Array([[ 1, -1, -1,  1,  1, -1,  1, -1]], dtype=int8)
    """
    return jnp.unpackbits(packed, axis=1).astype(jnp.int8) * 2 - 1
