"""The product of a linear layer, as precise as JAX's setting says, on every device."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float


def layer_product(rows: Any, weights: Any, dims: Any, **_: Any) -> Any:
    """What Flax's `Dense` asks for: `lax.dot_general` of rows and weights.

    `jax.default_matmul_precision("bfloat16")` is left to the device by JAX, and a GPU
    or CPU may take more bits. Here it always means `short_product`.

    Args:
        rows: [n, features].
        weights: [features, units].
        dims: which axes to sum over; the middle one is the only one asked for.
    """
    if jax.config.jax_default_matmul_precision == "bfloat16":  # pyright: ignore
        return bf16_matmul(rows, weights)
    return lax.dot_general(rows, weights, dims)


@jax.custom_vjp
def bf16_matmul(
    rows: Float[Array, "n features"], weights: Float[Array, "features units"]
) -> Float[Array, "n units"]:
    """Product of factors rounded to bfloat16, summed in float32.

    So are the two products of its gradient. The weights stay float32 where they are
    kept and moved, so that small steps are not lost.
    """
    return _product(rows, weights, 1, 0)


def _forward(rows: Any, weights: Any) -> Any:
    return _product(rows, weights, 1, 0), (rows, weights)


def _backward(saved: Any, slope: Any) -> Any:
    rows, weights = saved
    return _product(slope, weights, 1, 1), _product(rows, slope, 0, 0)


def _product(left: Any, right: Any, left_axis: int, right_axis: int) -> Any:
    return lax.dot_general(
        left.astype(jnp.bfloat16),
        right.astype(jnp.bfloat16),
        (((left_axis,), (right_axis,)), ((), ())),
        preferred_element_type=jnp.float32,
    )


bf16_matmul.defvjp(_forward, _backward)
