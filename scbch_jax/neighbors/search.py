"""k-nearest-neighbor search by cosine, in blocks of rows and columns."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import AbstractMesh, Mesh, PartitionSpec
from jaxtyping import Array, Float, Int

from scbch_jax.errors import check_rank, check_same_shape
from scbch_jax.neighbors import topk, tree
from scbch_jax.neighbors.topk import Columns, TopK

EPSILON = 1e-8
"""Keeps divisions finite, with the value of the released code."""


@partial(
    jax.jit,
    static_argnames=("neighbors", "search", "mesh", "row_block", "column_block"),
)
def nearest_rows(
    image_codes: Float[Array, "samples bits"],
    text_codes: Float[Array, "samples bits"],
    *,
    neighbors: int,
    search: str = "exact",
    rows: Int[Array, " queries"] | None = None,
    mesh: Mesh | AbstractMesh | None = None,
    row_block: int = 512,
    column_block: int = 16384,
) -> TopK:
    """Finds the k samples with the largest cosine, averaged over both modalities.

        argtop-k_j [cos(image_i, image_j) + cos(text_i, text_j)] / 2, 0 for j = i

    Ties go to the sample with the smaller index. Beyond inputs and results, memory is
    one block of similarities, row_block · column_block, and two copies of the codes.

    Args:
        image_codes: relaxed codes, or any features.
        text_codes: the same samples in the other modality.
        neighbors: k, below the number of samples.
        search: "exact"; or "approximate" with codes rounded to bfloat16, whose
            similarities have two to three digits; or "tree", which compares each sample
            with about 8,192 others from near leaves of a tree, so that time grows as
            the number of samples (`recall` measures the loss of both).
        rows: indices of the query samples; all if omitted.
        mesh: devices whose axis "data" shards the query samples; each device searches
            all samples.
        row_block: query samples searched at once.
        column_block: samples compared at once.

    Raises:
        ValueError: if the rows do not align, k is not below the number of samples that
            are compared, or the search is unknown.

    Example:
        >>> codes = jnp.array([[1.0, 0.0], [0.9, 0.1], [0.5, 0.5]])
        >>> nearest_rows(codes, codes, neighbors=1).index.tolist()
        [[1], [0], [1]]
    """
    check_rank(2, image_codes=image_codes)
    check_same_shape(image_codes=image_codes, text_codes=text_codes)
    samples = len(image_codes)
    if not 0 < neighbors < samples:
        raise ValueError(f"neighbors: got {neighbors}, wanted 1 to {samples - 1}")
    if search not in ("exact", "approximate", "tree"):
        raise ValueError(f"search: got {search}, wanted exact, approximate or tree")
    if search == "tree":
        both = (image_codes, text_codes)
        found = _in_tree(both, neighbors, row_block, column_block, mesh)
        return found if rows is None else TopK(*(x[rows] for x in found))
    codes = jnp.concatenate([normalize(image_codes), normalize(text_codes)], axis=1)
    if search == "approximate":
        codes = codes.astype(jnp.bfloat16)
    find = partial(_search, neighbors, samples, row_block, image_codes.dtype)
    queries = codes if rows is None else codes[rows]
    rows = jnp.arange(samples, dtype=jnp.int32) if rows is None else rows
    columns = topk.column_blocks(codes, most=column_block)
    return (_sharded(find, mesh) if mesh else find)(queries, rows, columns)


def rows_compared(samples: int, search: str) -> int:
    """Rows among which a search looks for the neighbors of each row, itself included.

    Example:
        >>> rows_compared(9500, "exact"), rows_compared(9500, "tree")
        (9500, 8046)
    """
    return tree.compared(samples) if search == "tree" else samples


def recall(
    image_codes: Float[Array, "samples bits"],
    text_codes: Float[Array, "samples bits"],
    *,
    neighbors: int,
    search: str = "approximate",
    sampled: int = 1000,
    seed: int = 0,
) -> float:
    """Recall of a search: the share of the exact k nearest that it finds, in [0, 1].

    Args:
        image_codes: relaxed codes, or any features.
        text_codes: the same samples in the other modality.
        neighbors: k.
        search: the search to measure.
        sampled: query samples to measure it on, drawn without replacement.
        seed: of the draw.

    Raises:
        ValueError: as `nearest_rows`.
    """
    size = min(sampled, len(image_codes))
    drawn = np.random.default_rng(seed).choice(len(image_codes), size, replace=False)
    find = partial(
        nearest_rows,
        image_codes,
        text_codes,
        neighbors=neighbors,
        rows=jnp.asarray(drawn, jnp.int32),
    )
    exact, found = (np.asarray(find(search=kind).index) for kind in ("exact", search))
    hits = [np.isin(*pair).sum() for pair in zip(exact, found, strict=True)]
    return float(np.mean(hits) / neighbors)


def normalize(rows: Float[Array, "n width"]) -> Float[Array, "n width"]:
    """Rows divided by max(|x|, 1e-8), as the released code does.

    `losses.unit_rows` differs in the last bit: XLA compiles its x / sqrt(s) to a
    product with rsqrt(s), which the maximum prevents.
    """
    lengths = jnp.linalg.norm(rows, axis=1, keepdims=True)
    return rows / jnp.maximum(lengths, EPSILON)


def _in_tree(
    both: tuple[Float[Array, "samples bits"], Float[Array, "samples bits"]],
    k: int,
    row_block: int,
    column_block: int,
    mesh: Mesh | AbstractMesh | None,
) -> TopK:
    """Searches leaf by leaf of a tree."""

    def codes_of(codes: Any, rows: Any) -> Any:
        return jnp.concatenate([normalize(x[rows]) for x in codes], axis=1)

    samples = len(both[0])
    nodes = tree.leaves(
        partial(codes_of, both), samples, most=min(row_block, tree.LEAF)
    )
    count, size = nodes.rows.shape
    searched = min(count, max(min(column_block, tree.COMPARED) // size, 1))
    if k >= searched * size:
        wanted = f"fewer than the {searched * size} samples that are compared"
        raise ValueError(f"neighbors: got {k}, wanted {wanted}")
    leaf_numbers = jnp.arange(count, dtype=jnp.int32)
    means = tree.leaf_means(partial(codes_of, both), nodes)

    def find(_: Any, numbers: Any, replicated: Any) -> TopK:
        codes, *rest = replicated
        search = partial(tree.leaf_search, partial(codes_of, codes), *rest)
        sizes = {"neighbors": k, "searched": searched}
        return lax.map(lambda leaf: search(leaf=leaf, **sizes), numbers)

    find = _sharded(find, mesh) if mesh else find
    found = find(leaf_numbers, leaf_numbers, (both, means, nodes))
    similarity, index = tree.in_order(found, nodes, samples)
    return TopK(0.5 * similarity, index)


def _sharded(
    find: Callable[..., TopK], mesh: Mesh | AbstractMesh
) -> Callable[..., TopK]:
    """The search with its query samples sharded over a mesh."""
    sharded, replicated = PartitionSpec("data"), PartitionSpec()
    # check_vma would require the loop's initial carry to be marked as varying.
    part = jax.shard_map(
        find,
        mesh=mesh,
        in_specs=(sharded, sharded, replicated),
        out_specs=sharded,
        check_vma=False,
    )

    def run(queries: Any, rows: Any, columns: Columns) -> TopK:
        missing = -len(rows) % mesh.shape["data"]
        padded = (topk.pad_rows(x, missing) for x in (queries, rows))
        return TopK(*(x[: len(rows)] for x in part(*padded, columns)))

    return run


def _search(
    k: int,
    samples: int,
    block: int,
    dtype: Any,
    queries: Float[Array, "queries width"],
    rows: Int[Array, " queries"],
    columns: Columns,
) -> TopK:
    """Searches block by block of query samples."""
    size = min(block, len(rows))
    parts = [
        topk.pad_rows(x, -len(rows) % size).reshape(-1, size, *x.shape[1:])
        for x in (queries, rows)
    ]

    def of_block(part: Any) -> TopK:
        block_codes, own = part

        def step(best: TopK, column: Columns) -> tuple[TopK, None]:
            scores = jnp.einsum(
                "rw,cw->rc", block_codes, column.codes, preferred_element_type=dtype
            )
            best = topk.merge_block(
                best, scores, first=column.first, own=own, samples=samples
            )
            return best, None

        return lax.scan(step, topk.empty_topk(size, k, dtype), columns)[0]

    found = lax.map(of_block, tuple(parts))
    # The product over the joint width of both modalities is twice their mean.
    best = TopK(0.5 * found.similarity, found.index)
    return TopK(*(x.reshape(-1, k)[: len(rows)] for x in best))
