"""Approximate k-nearest-neighbor search in the near leaves of a principal axis tree.

References:
    McNames, A fast nearest-neighbor algorithm based on a principal axis search tree,
    IEEE TPAMI 23(9), 2001. There the tree bounds distances; here a fixed number of the
    leaves with the nearest means is searched.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from scbch_jax.neighbors import topk
from scbch_jax.neighbors.topk import TopK

LEAF = 256
"""Largest number of rows of a leaf. Smaller blocks of similarities take less memory."""

COMPARED = 8192
"""Rows that each row is compared with, about."""

SAMPLE = 256
"""Rows of a node that decide its direction."""

ITERATIONS = 8
"""Products with the covariance that find a direction (power iteration)."""


CodesOf = Callable[[Int[Array, " n"]], Float[Array, "n width"]]
"""Codes of some rows; a function, so that no second copy of all codes is needed."""


class Leaves(NamedTuple):
    """All rows, in leaves of one size."""

    rows: Int[Array, "leaves size"]
    kept: Bool[Array, "leaves size"]
    """False where a row is repeated, so that leaves have one size."""


def leaves(codes_of: CodesOf, samples: int, *, most: int) -> Leaves:
    """Divides the rows in halves, again and again, at the median of a projection.

    The direction of each node is the first principal component of some of its rows.
    Nodes of a level are parts of one order of all rows, so that one loop sorts every
    level, and compilation takes as long for a million rows as for a thousand.

    Args:
        codes_of: of some rows.
        samples: number of all rows.
        most: largest number of rows of a leaf.
    """
    count, size = leaf_shape(samples, most=most)
    spare = size * count - samples
    repeated = jnp.arange(spare, dtype=jnp.int32) * (samples // max(spare, 1))
    rows = jnp.concatenate([jnp.arange(samples, dtype=jnp.int32), repeated])
    place = jnp.arange(len(rows), dtype=jnp.int32)

    def sort_nodes(level: Any, order: Array) -> Array:
        per_node = len(rows) >> level
        found = _projections(codes_of, rows[order].reshape(count, size), per_node)
        return lax.sort((place // per_node, found.ravel(), order), num_keys=2)[2]

    order = lax.fori_loop(0, count.bit_length() - 1, sort_nodes, place)
    order = order.reshape(count, size)
    return Leaves(rows[order], order < samples)


def leaf_shape(samples: int, *, most: int = LEAF) -> tuple[int, int]:
    """Number of leaves, a power of 2, and rows of each.

    Example:
        >>> leaf_shape(1000)
        (4, 250)
    """
    count = 2 ** (-(-samples // most) - 1).bit_length()
    return count, -(-samples // count)


def compared(samples: int, *, most: int = COMPARED) -> int:
    """Rows that each row is compared with, itself included.

    Example:
        >>> compared(1000)
        1000
        >>> compared(9500)
        8046
    """
    count, size = leaf_shape(samples)
    return min(samples, min(count, max(most // size, 1)) * size)


def leaf_search(
    codes_of: CodesOf,
    means: Float[Array, "leaves width"],
    tree: Leaves,
    leaf: Int[Array, ""],
    *,
    neighbors: int,
    searched: int,
) -> TopK:
    """Finds the k rows of the largest product with each row of a leaf.

    They are searched in this leaf, and in those whose means have the largest product
    with the mean of this one. The row itself has similarity 0.

    Args:
        codes_of: of some rows.
        means: of the codes of each leaf.
        tree: from `leaves`.
        leaf: number of the leaf.
        neighbors: k, below the rows of the searched leaves.
        searched: number of leaves to search.
    """
    size = tree.rows.shape[1]
    near = (means @ means[leaf]).at[leaf].set(jnp.inf)
    chosen = lax.top_k(near, searched)[1]
    candidates, kept = (x[chosen].ravel() for x in tree)
    most = len(candidates)
    columns = topk.column_blocks(codes_of(candidates), most=most).codes[0]
    hidden = jnp.where(kept, 0.0, -jnp.inf).astype(columns.dtype)[:, None]
    hidden = topk.column_blocks(hidden, most=most).codes[0, :, 0]
    found = topk.merge_block(
        topk.empty_topk(size, neighbors, columns.dtype),
        codes_of(tree.rows[leaf]) @ columns.T + hidden[None],
        first=jnp.int32(0),
        # This leaf is the first of the candidates.
        own=jnp.arange(size, dtype=jnp.int32),
        samples=most,
    )
    return TopK(found.similarity, candidates[found.index])


def leaf_means(codes_of: CodesOf, tree: Leaves) -> Float[Array, "leaves width"]:
    """The mean of the codes of each leaf."""
    return lax.map(lambda rows: codes_of(rows).mean(axis=0), tree.rows)


def in_order(found: TopK, tree: Leaves, samples: int) -> TopK:
    """What was found for the rows of each leaf, in the order of the samples."""
    at = jnp.where(tree.kept, tree.rows, samples)

    def place(values: Array) -> Array:
        empty = jnp.zeros((samples, values.shape[-1]), values.dtype)
        return empty.at[at].set(values, mode="drop")

    return TopK(*map(place, found))


def _projections(
    codes_of: CodesOf, blocks: Int[Array, "blocks size"], per_node: Any
) -> Float[Array, "blocks size"]:
    """Of the rows of each node on its direction; one block is held at once."""
    rows, size = blocks.ravel(), blocks.shape[1]
    # i · per_node / SAMPLE, without a product beyond 32 bits.
    i = jnp.arange(SAMPLE, dtype=jnp.int32)
    some = i * (per_node // SAMPLE) + i * (per_node % SAMPLE) // SAMPLE

    def add_direction(node: Any, found: Array) -> Array:
        return found.at[node].set(_principal(codes_of(rows[node * per_node + some])))

    width = jax.eval_shape(codes_of, blocks[0]).shape[1]
    empty = jnp.zeros((len(blocks), width))
    directions = lax.fori_loop(0, len(rows) // per_node, add_direction, empty)

    def project(block: Any) -> Any:
        return codes_of(block[0]) @ directions[block[1] * size // per_node]

    return lax.map(project, (blocks, jnp.arange(len(blocks), dtype=jnp.int32)))


def _principal(rows: Float[Array, "n width"]) -> Float[Array, " width"]:
    """The direction of the largest variance, not normalized."""
    centered = rows - rows.mean(axis=0, keepdims=True)
    first = centered[jnp.argmax(jnp.square(centered).sum(axis=1))]

    def step(_: Any, direction: Array) -> Array:
        turned = (centered @ direction) @ centered
        return turned / jnp.maximum(jnp.linalg.norm(turned), 1e-30)

    return lax.fori_loop(0, ITERATIONS, step, first)
