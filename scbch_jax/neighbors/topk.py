"""Running top-k of each row over blocks of columns."""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int

GROUP = 16
"""Columns that are reduced to one maximum first. The k best columns lie in the k groups
with the largest maxima, so only those are searched: `lax.top_k` is slow on a CPU, where
512 rows of 8,192 columns took 26 ms, their products 18 ms, and groups of them 10 ms."""


class TopK(NamedTuple):
    """The k best columns of each row, best first; ties in the order of columns."""

    similarity: Float[Array, "rows k"]
    """-inf where there have been fewer than k columns."""
    index: Int[Array, "rows k"]
    """Column indices."""


class Columns(NamedTuple):
    """Blocks of columns, ordered so that group maxima are elementwise maxima.

    A group is `GROUP` adjacent columns. Member 0 of every group comes first, then
    member 1 and so on, so that the maxima of all groups are taken over whole vectors.
    """

    codes: Float[Array, "blocks columns width"]
    first: Int[Array, " blocks"]
    """Index of each block's first column."""


def column_blocks(codes: Float[Array, "samples width"], *, most: int) -> Columns:
    """Splits columns into blocks of one size, the last padded with zeros.

    Args:
        codes: one row for each column of the similarity matrix.
        most: approximate largest number of columns of a block; groups stay whole.
    """
    blocks = -(-len(codes) // most)
    groups = -(-len(codes) // (blocks * GROUP))
    padded = pad_rows(codes, blocks * groups * GROUP - len(codes))
    members = padded.reshape(blocks, groups, GROUP, -1).swapaxes(1, 2)
    first = jnp.arange(blocks, dtype=jnp.int32) * (groups * GROUP)
    return Columns(members.reshape(blocks, groups * GROUP, -1), first)


def empty_topk(rows: int, k: int, dtype: Any) -> TopK:
    """The running top-k before the first block: similarities of -inf."""
    return TopK(jnp.full((rows, k), -jnp.inf, dtype), jnp.zeros((rows, k), jnp.int32))


def merge_block(
    best: TopK,
    similarity: Float[Array, "rows columns"],
    *,
    first: Int[Array, ""],
    own: Int[Array, " rows"],
    samples: int,
) -> TopK:
    """Merges one more block into the running top-k.

    Args:
        best: top-k of the blocks before; it wins ties.
        similarity: of the block, columns ordered as in `Columns`.
        first: index of the block's first column.
        own: column of each row itself; its similarity is set to 0.
        samples: number of columns; those from here on are padding.
    """
    k, groups = best.index.shape[1], similarity.shape[1] // GROUP

    def allowed(values: Any, index: Any) -> Any:
        values = jnp.where(index == own[:, None], 0.0, values)
        return jnp.where(index < samples, values, -jnp.inf)

    member, group = jnp.divmod(jnp.arange(similarity.shape[1], dtype=jnp.int32), groups)
    allowed_values = allowed(similarity, (first + group * GROUP + member)[None])
    maxima = allowed_values.reshape(-1, GROUP, groups).max(axis=1)
    _, chosen = lax.top_k(maxima, min(k, groups))
    # In the order of columns, so that top_k gives ties to the first of them.
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
    """Appends rows of zeros."""
    return jnp.pad(array, ((0, missing), *((0, 0),) * (array.ndim - 1)))


def _take(values: Any, at: Int[Array, "rows n"]) -> Any:
    return jnp.take_along_axis(values, at, axis=1, mode="promise_in_bounds")
