"""The k most similar samples of each sample, by blocks in both directions."""

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
from scbch_jax.neighbors import topk
from scbch_jax.neighbors.topk import Columns, TopK

EPSILON = 1e-8
"""Keeps divisions finite, at the size that the released code uses."""


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

    A sample is similar to itself by 0; of equal ones the first is nearer. Memory above
    inputs and results is one block of similarities, row_block · column_block, and two
    copies of the codes.

    Args:
        image_codes: relaxed codes, or any features.
        text_codes: the same samples in the other modality.
        neighbors: k, below the number of samples.
        search: "exact"; or "approximate", with codes rounded to bfloat16, whose
            similarities have two to three digits (`recall` measures what it misses).
        rows: samples that search; by default all.
        mesh: devices with an axis "data" that share the searching rows; each searches
            all samples.
        row_block: rows that search at once.
        column_block: rows that are searched at once.

    Raises:
        ValueError: if the rows do not align, k is not below the number of samples, or
            the search is not known.
    """
    check_rank(2, image_codes=image_codes)
    check_same_shape(image_codes=image_codes, text_codes=text_codes)
    samples = len(image_codes)
    if not 0 < neighbors < samples:
        raise ValueError(f"neighbors: got {neighbors}, wanted 1 to {samples - 1}")
    if search not in ("exact", "approximate"):
        raise ValueError(f"search: got {search}, wanted exact or approximate")
    codes = jnp.concatenate([unit_rows(image_codes), unit_rows(text_codes)], axis=1)
    if search == "approximate":
        codes = codes.astype(jnp.bfloat16)
    find = partial(_search, neighbors, samples, row_block, image_codes.dtype)
    queries = codes if rows is None else codes[rows]
    rows = jnp.arange(samples, dtype=jnp.int32) if rows is None else rows
    columns = topk.column_blocks(codes, most=column_block)
    return (_shared(find, mesh) if mesh else find)(queries, rows, columns)


def recall(
    image_codes: Float[Array, "samples bits"],
    text_codes: Float[Array, "samples bits"],
    *,
    neighbors: int,
    search: str = "approximate",
    sampled: int = 1000,
    seed: int = 0,
) -> float:
    """Share of the exact k nearest that another search finds, in [0, 1].

    Args:
        image_codes: relaxed codes, or any features.
        text_codes: the same samples in the other modality.
        neighbors: k.
        search: the search to measure.
        sampled: how many rows to measure it on, drawn without replacement.
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
    exact, found = (np.asarray(find(search=way).index) for way in ("exact", search))
    hits = [np.isin(*pair).sum() for pair in zip(exact, found, strict=True)]
    return float(np.mean(hits) / neighbors)


def unit_rows(rows: Float[Array, "n width"]) -> Float[Array, "n width"]:
    """Rows at length 1; a row of zeros stays."""
    lengths = jnp.linalg.norm(rows, axis=1, keepdims=True)
    return rows / jnp.maximum(lengths, EPSILON)


def _shared(
    find: Callable[..., TopK], mesh: Mesh | AbstractMesh
) -> Callable[..., TopK]:
    """The search with its rows shared among the devices of a mesh."""
    ours, everyone = PartitionSpec("data"), PartitionSpec()
    # What varies among devices is not tracked: a loop's start would have to say so.
    part = jax.shard_map(
        find,
        mesh=mesh,
        in_specs=(ours, ours, everyone),
        out_specs=ours,
        check_vma=False,
    )

    def run(queries: Any, rows: Any, columns: Columns) -> TopK:
        missing = -len(rows) % mesh.shape["data"]
        filled = (topk.pad_rows(x, missing) for x in (queries, rows))
        return TopK(*(x[: len(rows)] for x in part(*filled, columns)))

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
    """The nearest of some rows, a block of rows after the other."""
    size = min(block, len(rows))
    parts = [
        topk.pad_rows(x, -len(rows) % size).reshape(-1, size, *x.shape[1:])
        for x in (queries, rows)
    ]

    def of_block(part: Any) -> TopK:
        ours, own = part

        def step(best: TopK, column: Columns) -> tuple[TopK, None]:
            scores = jnp.einsum(
                "rw,cw->rc", ours, column.codes, preferred_element_type=dtype
            )
            best = topk.merge_block(
                best, scores, first=column.first, own=own, samples=samples
            )
            return best, None

        return lax.scan(step, topk.empty_topk(size, k, dtype), columns)[0]

    found = lax.map(of_block, tuple(parts))
    # The product over the widths of both modalities is twice their mean.
    best = TopK(0.5 * found.similarity, found.index)
    return TopK(*(x.reshape(-1, k)[: len(rows)] for x in best))
