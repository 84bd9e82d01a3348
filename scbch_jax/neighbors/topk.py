"""The k best columns of each row, kept up to date while blocks of columns go by."""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int

GROUP = 16
"""Columns that share one maximum. A row's k best lie in the k groups with the largest
maxima, so only those are looked into: top_k is slow on a CPU, and of 512 rows of 8,192
columns took 26 ms where their products took 18; that of their groups takes 10."""


class TopK(NamedTuple):
    """The k best columns of each row, best first, equal ones in their own order."""

    similarity: Float[Array, "rows k"]
    """-inf where fewer than k columns went by."""
    index: Int[Array, "rows k"]
    """Which columns."""


class Columns(NamedTuple):
    """Blocks of columns, with the members of their groups apart.

    Member 0 of every group comes first, then member 1: the groups' maxima are then
    those of whole vectors. Groups are neighboring columns, so equal ones stay in order.
    """

    codes: Float[Array, "blocks columns width"]
    first: Int[Array, " blocks"]
    """Column that a block starts with."""


def column_blocks(codes: Float[Array, "samples width"], *, most: int) -> Columns:
    """Blocks of one size, the last filled up with zeros.

    Args:
        codes: one row a column of similarities.
        most: about how many columns a block may have; groups stay whole.
    """
    blocks = -(-len(codes) // most)
    groups = -(-len(codes) // (blocks * GROUP))
    filled = pad_rows(codes, blocks * groups * GROUP - len(codes))
    apart = filled.reshape(blocks, groups, GROUP, -1).swapaxes(1, 2)
    first = jnp.arange(blocks, dtype=jnp.int32) * (groups * GROUP)
    return Columns(apart.reshape(blocks, groups * GROUP, -1), first)


def empty_topk(rows: int, k: int, dtype: Any) -> TopK:
    """What is known before the first block."""
    return TopK(jnp.full((rows, k), -jnp.inf, dtype), jnp.zeros((rows, k), jnp.int32))


def merge_block(
    best: TopK,
    similarity: Float[Array, "rows columns"],
    *,
    first: Int[Array, ""],
    own: Int[Array, " rows"],
    samples: int,
) -> TopK:
    """The best after one more block, whose k best lie in its k best groups.

    Args:
        best: those of the blocks before, which win against equal ones.
        similarity: the block's, columns as in `Columns`.
        first: column that the block starts with.
        own: the column that is each row itself; it counts as 0.
        samples: columns from here on are filling and never found.
    """
    k, groups = best.index.shape[1], similarity.shape[1] // GROUP

    def allowed(values: Any, index: Any) -> Any:
        values = jnp.where(index == own[:, None], 0.0, values)
        return jnp.where(index < samples, values, -jnp.inf)

    member, group = jnp.divmod(jnp.arange(similarity.shape[1], dtype=jnp.int32), groups)
    everything = allowed(similarity, (first + group * GROUP + member)[None])
    maxima = everything.reshape(-1, GROUP, groups).max(axis=1)
    _, chosen = lax.top_k(maxima, min(k, groups))
    # In the order of the columns: top_k then prefers the first of equals.
    chosen = jnp.sort(chosen, axis=1)[:, :, None]
    members = jnp.arange(GROUP, dtype=jnp.int32)[None, None]
    index = (first + chosen * GROUP + members).reshape(len(own), -1)
    at = (chosen + members * groups).reshape(len(own), -1)
    values = allowed(_take(similarity, at), index)
    values = jnp.concatenate([best.similarity, values], axis=1)
    index = jnp.concatenate([best.index, index], axis=1)
    similarity, kept = lax.top_k(values, k)
    return TopK(similarity, _take(index, kept))


def pad_rows(array: Any, missing: int) -> Any:
    """The array with rows of zeros below."""
    return jnp.pad(array, ((0, missing), *((0, 0),) * (array.ndim - 1)))


def _take(values: Any, at: Int[Array, "rows n"]) -> Any:
    return jnp.take_along_axis(values, at, axis=1, mode="promise_in_bounds")
