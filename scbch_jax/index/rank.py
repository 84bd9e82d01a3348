"""Ranking by more than bits: the nearest items by Hamming distance, by a score.

The candidates of a query, its pool, are the nearest items and all ties of the last.
Their score is the cosine of the query's relaxed code with either

    query   the hash code of the item, in {-1, 1}: an asymmetric distance, for which an
            index holds nothing more;
    both    the relaxed code of the item, of which an index holds a byte a bit.

The order is (score descending, distance, id).

The int8 values of a relaxed code are scaled by its own largest value: in codes of unit
length values are about 1 / sqrt(bits), so one scale of 127 would leave few steps. The
scale need not be stored, since a cosine does not depend on it; where codes are of unit
length, the cosine is the plain product. So no value is clipped, no code depends on the
rows with which it was added, and merging segments copies bytes.

Scores are the same on every machine: queries are rounded to whole steps, so a product
is a sum of whole numbers below 2^53, exact in any order. Equal codes have equal scores.

References:
    Gordo, Perronnin, Gong and Lazebnik, Asymmetric Distances for Binary Embeddings,
    IEEE TPAMI 36(1), 2014.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Int, Int8, Num, UInt8

from scbch_jax.errors import require
from scbch_jax.index.engine import MISSING_ID, Hits

if TYPE_CHECKING:
    from scbch_jax.index.reader import Index, Where

Rank = Literal["query", "both"]
POOL = 300
"""Size of the pool by default."""

STEPS = 2**20
"""Steps to which the values of a query are rounded, on either side of 0."""

RELAXED_WANTED = "those that encode --relaxed writes"
"""Ends messages about relaxed codes that are not there."""

QUERIES = 64
"""Queries whose pools are held at once."""


class Ranked(NamedTuple):
    """The best items of each query: best score first, ties by distance and then id."""

    hits: Hits
    """In that order; `cut` counts the items of the pool with the score and distance of
    the last hit that k leaves out."""
    scores: Float[np.ndarray, "queries k"]
    """Cosines in [-1, 1]; NaN where the id is -1."""


class Pool(NamedTuple):
    """The candidates of one query, in the order (distance, id)."""

    ids: Int[np.ndarray, " pool"]
    distances: Int[np.ndarray, " pool"]


def quantize(relaxed: Num[Any, "n bits"]) -> Int8[np.ndarray, "n bits"]:
    """Relaxed codes in a byte a value: round(127 u / max |u|), each code on its own.

    Quantized codes stay as they are. A code of zeros stays zeros.

    Example:
        >>> quantize(np.array([[0.1, -0.2, 0.0]]))
        array([[  64, -127,    0]], dtype=int8)
    """
    return np.rint(127 * _scaled(relaxed)).astype(np.int8)


def hash_codes(packed: UInt8[Any, "n bytes"]) -> Int8[np.ndarray, "n bits"]:
    """Packed codes to hash codes in {-1, 1}."""
    return np.unpackbits(np.asarray(packed), axis=1).astype(np.int8) * 2 - 1


def scores(
    query: Num[Any, " bits"], items: Int8[Any, "pool bits"]
) -> Float[np.ndarray, " pool"]:
    """Cosine of a relaxed code with each item.

    Args:
        query: finite values.
        items: hash codes in {-1, 1}, or quantized relaxed codes.

    Returns:
        Values in [-1, 1]; 0 where either is all zeros.

    Example:
        >>> scores(np.array([0.3, 0.4]), np.array([[1, 1], [3, 4]], np.int8)).round(3)
        array([0.99, 1.  ])
    """
    steps = np.rint(STEPS * _scaled(query[None, :])[0].astype(np.float64))
    whole = items.astype(np.float64)
    lengths = np.sqrt((whole**2).sum(axis=1)) * np.sqrt((steps**2).sum())
    out = np.zeros(len(items))
    return np.divide(whole @ steps, lengths, out=out, where=lengths > 0)


def order(scores: Float[Any, " pool"], pool: Pool) -> Int[np.ndarray, " pool"]:
    """Places of a pool's items in the order (score descending, distance, id)."""
    return np.lexsort((pool.ids, pool.distances, -scores))


def pools(
    search: Callable[..., Hits], queries: UInt8[Any, "queries bytes"], *, size: int
) -> Iterator[Pool]:
    """The `size` nearest items of each query, and all ties of the last.

    Args:
        search: of an engine: (queries, k=...) -> hits.
        queries: packed codes.
        size: of a pool without ties. Where an approximate engine does not know of ties,
            the pool ends there.
    """
    hits = search(queries, k=size)
    wider = np.flatnonzero(hits.cut > 0)
    ties: dict[int, Pool] = {}
    if len(wider):
        # A power of 2, since an engine may compile its search anew for every k.
        most = int(hits.ids.shape[1] + hits.cut.max())
        more = search(queries[wider], k=1 << (most - 1).bit_length())
        for i, row in enumerate(wider):
            near = more.distances[i] <= hits.distances[row, -1]
            ties[int(row)] = Pool(more.ids[i, near], more.distances[i, near])
    for row, ids in enumerate(hits.ids):
        found = ids != MISSING_ID
        yield ties.get(row) or Pool(ids[found], hits.distances[row, found])


def search_ranked(
    opened: "Index",
    queries: UInt8[Any, "queries bytes"],
    relaxed: Num[Any, "queries bits"],
    *,
    rank: Rank,
    find: str,
    k: int = 10,
    pool: int = POOL,
    within: int | None = None,
    where: "Where | None" = None,
) -> Ranked:
    """Finds the k best of the nearest items of each query, by score.

    Args:
        opened: an index.
        queries: packed codes of the index's length and encoder.
        relaxed: the relaxed codes of the same queries.
        rank: query for the hash codes of the items, both for their relaxed codes.
        find: image or text, the modality that is found.
        k: at most how many items of each query; at most `pool`.
        pool: how many of the nearest items are ranked, with all ties of the last.
        within: the largest Hamming distance that is found.
        where: labels of the items that may be found.

    Raises:
        InputError: as `Index.search`; for relaxed codes that do not fit the queries or
            that the index lacks, or k above `pool`.
    """
    check_relaxed("relaxed", relaxed, rows=len(queries), bits=opened.bits)
    require(k <= pool, "k", k, f"at most the {pool} items of the pool")
    known = rank == "query" or opened.manifest.relaxed
    got = f"both, but no relaxed codes in {opened.path}"
    require(known, "rank", got, RELAXED_WANTED)

    def search(codes: Any, *, k: int) -> Hits:
        return opened.search(codes, find=find, k=k, within=within, where=where)

    best = []
    for start in range(0, len(queries), QUERIES):
        block = slice(start, start + QUERIES)
        found = pools(search, queries[block], size=pool)
        for query, candidates in zip(relaxed[block], found, strict=True):
            items = _items(opened, candidates.ids, find, rank)
            best.append(_best(candidates, scores(query, items), k))
    return _stack(best, bits=opened.bits)


def check_relaxed(field: str, relaxed: Any, *, rows: int, bits: int) -> None:
    """Checks relaxed codes.

    Raises:
        InputError: unless they are finite numbers, a row for each of some packed codes
            and a column for each of their bits.
    """
    kind = relaxed.dtype.kind == "f" or relaxed.dtype == np.int8
    got = f"{relaxed.dtype} of shape {tuple(relaxed.shape)}"
    wanted = f"real or int8 numbers, {rows} rows of {bits} as the packed codes"
    require(kind and tuple(relaxed.shape) == (rows, bits), field, got, wanted)
    finite = bool(np.isfinite(relaxed).all())
    require(finite, field, "NaN or infinity", "finite numbers")


def _scaled(rows: Any) -> Any:
    """Rows divided by their largest value: from -1 to 1."""
    rows = np.asarray(rows, np.result_type(rows, np.float32))
    largest = np.abs(rows).max(axis=1, keepdims=True, initial=0)
    return np.divide(rows, largest, out=np.zeros_like(rows), where=largest > 0)


def _items(opened: "Index", ids: Any, find: str, rank: Rank) -> Any:
    """What the items of some ids are compared by."""
    found = np.empty((len(ids), opened.bits), np.int8)
    for part in opened.segments:
        if len(part.ids):
            here = (part.ids[0] <= ids) & (ids <= part.ids[-1])
            rows = np.searchsorted(part.ids, ids[here])
            if rank == "both":
                found[here] = part.relaxed[find][rows]
            else:
                found[here] = hash_codes(part.codes[find][rows])
    return found


def _best(pool: Pool, values: Any, k: int) -> tuple[Pool, Any, int]:
    """The first k in the new order, their scores, and the number of ties left out."""
    every = order(values, pool)
    ids, distances, values = pool.ids[every], pool.distances[every], values[every]
    tied = (values[k:] == values[k - 1 : k]) & (distances[k:] == distances[k - 1 : k])
    return Pool(ids[:k], distances[:k]), values[:k], int(tied.sum())


def _stack(best: list[tuple[Pool, Any, int]], *, bits: int) -> Ranked:
    width = max((len(values) for _, values, _ in best), default=0)
    ids = np.full((len(best), width), MISSING_ID, np.int64)
    distances = np.full((len(best), width), bits + 1, np.int64)
    values = np.full((len(best), width), np.nan)
    for row, (pool, found, _) in enumerate(best):
        count = len(found)
        ids[row, :count], distances[row, :count] = pool
        values[row, :count] = found
    cut = np.array([cut for _, _, cut in best], np.int64)
    return Ranked(Hits(ids, distances, cut), values)
