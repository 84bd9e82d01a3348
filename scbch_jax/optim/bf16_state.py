"""Optimizer state in bfloat16 with stochastic rounding."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from jaxtyping import Array, BFloat16, Float, Int


class Bf16State(NamedTuple):
    """An optimizer's state with its arrays in bfloat16."""

    count: Int[Array, ""]
    """Steps taken; the salt of the rounding."""
    inner: Any


def bf16_state(
    inner: optax.GradientTransformation,
) -> optax.GradientTransformationExtraArgs:
    """Stores the arrays of an optimizer's state in bfloat16; it computes in float32.

    A moving average with decay 0.999 changes by less than half a unit in bfloat16's
    last place, so rounding to nearest would freeze it; `stochastic_round` does not.

    Args:
        inner: the optimizer.
    """
    inner = optax.with_extra_args_support(inner)

    def init(params: Any) -> Bf16State:
        return Bf16State(jnp.int32(0), _to_bf16(inner.init(params), jnp.int32(0)))

    def update(
        updates: Any, state: Any, params: Any = None, **given: Any
    ) -> tuple[Any, Bf16State]:
        updates, full = inner.update(updates, _to_float32(state.inner), params, **given)
        count = optax.safe_increment(state.count)
        return updates, Bf16State(jnp.asarray(count), _to_bf16(full, count))

    return optax.GradientTransformationExtraArgs(init, update)


def stochastic_round(
    values: Float[Array, "..."], salt: Int[Array, ""]
) -> BFloat16[Array, "..."]:
    """Rounds to one of the two nearest bfloat16 values, unbiased in expectation.

        P(round up) = (x - down) / (up - down)

    The random bits are a hash of each entry's index and the salt, so the same call
    gives the same bits on every device.

    Args:
        values: float32.
        salt: seed of the hash.

    Example:
        >>> stochastic_round(jnp.ones(2), jnp.int32(0))
        Array([1, 1], dtype=bfloat16)
    """
    bits = lax.bitcast_convert_type(values, jnp.uint32)
    noise = _hash(_flat_index(values.shape), salt) >> 16
    rounded = lax.bitcast_convert_type((bits + noise) >> 16 << 16, jnp.float32)
    return rounded.astype(jnp.bfloat16)


def _flat_index(shape: tuple[int, ...]) -> Any:
    """Flat index of each entry, modulo 2^32."""
    strides = np.cumprod((1, *shape[::-1]), dtype=np.uint64)[:-1][::-1]
    index = jnp.zeros(shape, jnp.uint32)
    for axis, stride in enumerate(strides):
        step = np.uint32(stride % 2**32)
        index += lax.broadcasted_iota(jnp.uint32, shape, axis) * step
    return index


def _hash(index: Any, salt: Any) -> Any:
    """Pseudorandom bits by multiplications with odd constants and shifts."""
    mixed = index * np.uint32(0x9E3779B1) + salt.astype(jnp.uint32) * np.uint32(
        0x85EBCA77
    )
    mixed = (mixed ^ (mixed >> 15)) * np.uint32(0xC2B2AE3D)
    mixed = (mixed ^ (mixed >> 13)) * np.uint32(0x27D4EB2F)
    return mixed ^ (mixed >> 16)


def _is_float32_array(leaf: Any) -> bool:
    return leaf.ndim > 0 and leaf.dtype == jnp.float32


def _to_bf16(tree: Any, count: Any) -> Any:
    """Rounds every array with its own salt, so that moments round independently."""
    leaves, structure = jax.tree.flatten(tree)
    rounded = [
        stochastic_round(leaf, count * 256 + i) if _is_float32_array(leaf) else leaf
        for i, leaf in enumerate(leaves)
    ]
    return jax.tree.unflatten(structure, rounded)


def _to_float32(tree: Any) -> Any:
    return jax.tree.map(
        lambda x: x.astype(jnp.float32) if x.dtype == jnp.bfloat16 else x, tree
    )
