"""A function of a batch, computed for the rows that matter and few others."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

from scbch_jax import sharding
from scbch_jax.arrays import Batch

SMALLEST = 32
"""Rows: the time of a part with fewer is mostly that of reading the weights."""

T = TypeVar("T")


def on_kept_rows(
    function: Callable[[Batch], T], kept: Bool[Array, " n"], batch: Batch
) -> T:
    """Applies a function to the smallest part of a batch that has all kept rows.

    Kept rows come first, in their order, and others fill the part up. A part is the
    whole batch, half of it, half of that and so on; each of these is compiled. Lanes
    share the smallest part that is large enough for each of them.

    Args:
        function: of a batch; it ignores rows that are not kept, and its result has the
            same shapes for any number of rows.
        kept: which rows.
        batch: all rows.
    """
    sizes = part_sizes(len(kept))
    batch = jax.tree.map(lambda x: x[jnp.argsort(~kept)], batch)
    parts = [partial(_on_first, function, size) for size in sizes]
    smallest = jnp.searchsorted(jnp.array(sizes), kept.sum())
    return jax.lax.switch(_largest_of_lanes(smallest), parts, batch)


def part_sizes(rows: int) -> list[int]:
    """Rows of each part of a batch, ascending.

    Example:
        >>> part_sizes(100)
        [50, 100]
    """
    half = -(-rows // 2)
    return [*(part_sizes(half) if half >= SMALLEST else []), rows]


def _on_first(function: Callable[[Batch], T], size: int, batch: Batch) -> T:
    return function(sharding.shard_batch(jax.tree.map(lambda x: x[:size], batch)))


@jax.custom_batching.custom_vmap
def _largest_of_lanes(number: Int[Array, ""]) -> Int[Array, ""]:
    """The number, but in lanes the largest: of different branches vmap computes all."""
    return number


@_largest_of_lanes.def_vmap
def _of_lanes(size: int, batched: list[bool], numbers: Int[Array, " lanes"]) -> tuple:
    return numbers.max(), False
