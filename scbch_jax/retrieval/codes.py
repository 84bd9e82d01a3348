"""Relaxed codes to hash codes to packed bytes, and back."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int8, UInt8

from scbch_jax.errors import check_rank


@jax.jit
def hash_codes(relaxed: Float[Array, "n bits"]) -> Int8[Array, "n bits"]:
    """The sign of relaxed codes, b in {-1, +1}; 0 becomes -1."""
    return jnp.where(relaxed > 0, 1, -1).astype(jnp.int8)


@jax.jit
def pack(relaxed: Float[Array, "n bits"]) -> UInt8[Array, "n bytes"]:
    """Signs of codes as bits, eight a byte: the layout of `numpy.packbits` and FAISS.

    Args:
        relaxed: relaxed codes, or hash codes as real numbers; above 0 is a set bit.

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
    """Packed codes as hash codes in {-1, +1}."""
    return jnp.unpackbits(packed, axis=1).astype(jnp.int8) * 2 - 1
