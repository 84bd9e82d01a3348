"""Matrix products of linear layers, in the precision set in JAX."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float


def layer_product(rows: Any, weights: Any, dims: Any, **_: Any) -> Any:
    """The `dot_general` of a Flax `Dense` layer.

    JAX leaves `jax.default_matmul_precision("bfloat16")` to the device, and a GPU or
    CPU may use more bits. Here it always means `bf16_matmul`.

    Args:
        rows: [n, features].
        weights: [features, units].
        dims: axes to contract; only the last with the first is used.
    """
    if jax.config.jax_default_matmul_precision == "bfloat16":  # pyright: ignore
        return bf16_matmul(rows, weights)
    return lax.dot_general(rows, weights, dims)


@jax.custom_vjp
def bf16_matmul(
    rows: Float[Array, "n features"], weights: Float[Array, "features units"]
) -> Float[Array, "n units"]:
    """Product of factors rounded to bfloat16, accumulated in float32.

    The two products of its gradient are computed likewise. The master weights stay
    float32, so that small updates are not lost.
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
