"""Optimizer memory in half the bytes, rounded so that nothing drifts."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from jaxtyping import Array, BFloat16, Float, Int


class Bf16State(NamedTuple):
    """An optimizer's memory with its arrays as bfloat16."""

    count: Int[Array, ""]
    """Steps taken; decides how they are rounded."""
    inner: Any


def bf16_state(
    inner: optax.GradientTransformation,
) -> optax.GradientTransformationExtraArgs:
    """Keeps the arrays of an optimizer's memory as bfloat16; it computes in float32.

    A mean of squares that forgets by 0.999 moves by less than the half of bfloat16's
    last digit, so rounding to the nearest would stop it; `round_by_chance` does not.

    Args:
        inner: the optimizer.
    """
    inner = optax.with_extra_args_support(inner)

    def init(params: Any) -> Bf16State:
        return Bf16State(jnp.int32(0), _shortened(inner.init(params), jnp.int32(0)))

    def update(
        updates: Any, state: Any, params: Any = None, **given: Any
    ) -> tuple[Any, Bf16State]:
        updates, memory = inner.update(updates, _whole(state.inner), params, **given)
        count = optax.safe_increment(state.count)
        return updates, Bf16State(jnp.asarray(count), _shortened(memory, count))

    return optax.GradientTransformationExtraArgs(init, update)


def stochastic_round(
    values: Float[Array, "..."], salt: Int[Array, ""]
) -> BFloat16[Array, "..."]:
    """One of the two nearest bfloat16, each by its nearness: right on average.

    What decides is a hash of an entry's place and the salt, so the same call gives the
    same bits on every device.

    Args:
        values: float32.
        salt: another one draws anew.
    """
    bits = lax.bitcast_convert_type(values, jnp.uint32)
    chance = _hash(_places(values.shape), salt) >> 16
    kept = lax.bitcast_convert_type((bits + chance) >> 16 << 16, jnp.float32)
    return kept.astype(jnp.bfloat16)


def _places(shape: tuple[int, ...]) -> Any:
    """Number of each entry, modulo 2^32."""
    strides = np.cumprod((1, *shape[::-1]), dtype=np.uint64)[:-1][::-1]
    place = jnp.zeros(shape, jnp.uint32)
    for axis, stride in enumerate(strides):
        step = np.uint32(stride % 2**32)
        place += lax.broadcasted_iota(jnp.uint32, shape, axis) * step
    return place


def _hash(place: Any, salt: Any) -> Any:
    """Bits that look random: multiplications by odd numbers, and shifts."""
    mixed = place * np.uint32(0x9E3779B1) + salt.astype(jnp.uint32) * np.uint32(
        0x85EBCA77
    )
    mixed = (mixed ^ (mixed >> 15)) * np.uint32(0xC2B2AE3D)
    mixed = (mixed ^ (mixed >> 13)) * np.uint32(0x27D4EB2F)
    return mixed ^ (mixed >> 16)


def _is_long(leaf: Any) -> bool:
    return leaf.ndim > 0 and leaf.dtype == jnp.float32


def _shortened(tree: Any, count: Any) -> Any:
    """Every array of its own salt: mean and square of one entry round apart."""
    leaves, structure = jax.tree.flatten(tree)
    short = [
        stochastic_round(leaf, count * 256 + place) if _is_long(leaf) else leaf
        for place, leaf in enumerate(leaves)
    ]
    return jax.tree.unflatten(structure, short)


def _whole(tree: Any) -> Any:
    return jax.tree.map(
        lambda x: x.astype(jnp.float32) if x.dtype == jnp.bfloat16 else x, tree
    )
