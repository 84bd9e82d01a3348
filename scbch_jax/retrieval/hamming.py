"""Packed codes, their Hamming distances by XOR and popcount, counts by distance."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Int8, Num, Shaped, UInt8, UInt32

from scbch_jax.errors import check_rank, check_same_rows


@jax.jit
def hash_codes(relaxed: Float[Array, "n bits"]) -> Int8[Array, "n bits"]:
    """Signs of relaxed codes, b in {-1, +1}; 0 becomes -1."""
    return jnp.where(relaxed > 0, 1, -1).astype(jnp.int8)


@jax.jit
def pack(relaxed: Float[Array, "n bits"]) -> UInt8[Array, "n bytes"]:
    """Packs the signs of codes, 8 bits per byte, as `numpy.packbits` and FAISS do.

    Args:
        relaxed: relaxed codes, or hash codes as floats; a value above 0 sets its bit.

    Raises:
        ValueError: if the codes are not a matrix with a multiple of 8 columns.
    """
    check_rank(2, relaxed=relaxed)
    if relaxed.shape[1] % 8 or not relaxed.shape[1]:
        raise ValueError(
            f"relaxed: got {relaxed.shape[1]} bits, wanted a positive multiple of 8"
        )
    return jnp.packbits(relaxed > 0, axis=1)


@jax.jit
def unpack(packed: UInt8[Array, "n bytes"]) -> Int8[Array, "n bits"]:
    """Unpacks packed codes to hash codes in {-1, +1}.

    Example:
        >>> unpack(pack(jnp.array([[0.5, -1, 0, 2, 1, -3, 1, -1]])))
        Array([[ 1, -1, -1,  1,  1, -1,  1, -1]], dtype=int8)
    """
    return jnp.unpackbits(packed, axis=1).astype(jnp.int8) * 2 - 1


Labels = Shaped
"""Multi-hot rows of any numeric type, or of bools."""


class DistanceCounts(NamedTuple):
    """Number of database items at each Hamming distance 0..bits from each query."""

    relevant: Int[Any, "queries distances"]
    """Items that share a label with the query."""
    total: Int[Any, "queries distances"]
    """All items."""


@jax.jit
def hamming_matrix(
    query_codes: UInt8[Array, "queries bytes"],
    database_codes: UInt8[Array, "items bytes"],
) -> Int[Array, "queries items"]:
    """Number of bits in which packed codes differ, of every query and item.

    Raises:
        ValueError: if the codes are not matrices of one width.
    """
    _check_codes(query_codes, database_codes)
    items = _words(database_codes)
    return jax.vmap(lambda query: _distances(query, items))(_words(query_codes))


def _by_scatter(keys: Int[Array, " items"], size: int) -> Int[Array, " size"]:
    counts = jnp.zeros(size, jnp.int32)
    return counts.at[keys].add(1, mode="promise_in_bounds")


def _by_sort(keys: Int[Array, " items"], size: int) -> Int[Array, " size"]:
    ends = jnp.searchsorted(jnp.sort(keys), jnp.arange(size), side="right")
    return jnp.diff(ends, prepend=0).astype(jnp.int32)


def _by_comparison(keys: Int[Array, " items"], size: int) -> Int[Array, " size"]:
    return (keys[None] == jnp.arange(size)[:, None]).sum(axis=1, dtype=jnp.int32)


COUNTING = {"scatter": _by_scatter, "sort": _by_sort, "one-hot": _by_comparison}
"""Ways to count how often each key occurs among the items.

A CPU is fastest with scatter. On a GPU, additions to one address wait for each other,
while the size · items comparisons of one-hot are one fused sum; `bench evaluate
--counting` times all three.
"""


@partial(jax.jit, static_argnames=("block", "counting"))
def distance_counts(
    query_codes: UInt8[Array, "queries bytes"],
    database_codes: UInt8[Array, "items bytes"],
    query_labels: Labels[Array, "queries classes"],
    database_labels: Labels[Array, "items classes"],
    *,
    block: int | None = None,
    counting: str = "scatter",
) -> DistanceCounts:
    """Counts, for each query and distance, database items and the relevant among them.

    Exact, and enough for every metric of a ranking by distance: nothing is sorted.
    Labels are compared as bit sets, with one AND for each 32 classes. Memory is
    block · items.

    Args:
        query_codes: packed codes.
        database_codes: packed codes of the same length.
        query_labels: multi-hot; an item is relevant if it shares a label.
        database_labels: multi-hot.
        block: queries counted at once; chosen for the device if omitted.
        counting: how equal keys are counted, a name of `COUNTING`; the counts are the
            same.

    Raises:
        ValueError: if numbers of rows or widths do not match.
    """
    _check_codes(query_codes, database_codes)
    check_same_rows(query_codes=query_codes, query_labels=query_labels)
    check_same_rows(database_codes=database_codes, database_labels=database_labels)
    radii = 8 * query_codes.shape[1] + 1
    items = _words(database_codes)
    item_labels = _label_words(database_labels)

    def count(query: tuple[UInt32[Array, " words"], UInt32[Array, " sets"]]) -> Any:
        words, labels = query
        relevant = _share_a_bit(labels, item_labels)
        key = 2 * _distances(words, items) + relevant.astype(jnp.int32)
        return COUNTING[counting](key, 2 * radii)

    queries = (_words(query_codes), _label_words(query_labels))
    table = _map_queries(count, queries, block)
    table = table.reshape(-1, radii, 2)
    return DistanceCounts(relevant=table[:, :, 1], total=table.sum(axis=2))


@partial(jax.jit, static_argnames=("most", "block"))
def grade_counts(
    query_codes: UInt8[Array, "queries bytes"],
    database_codes: UInt8[Array, "items bytes"],
    query_labels: Num[Array, "queries classes"],
    database_labels: Num[Array, "items classes"],
    *,
    most: int,
    block: int | None = None,
) -> Int[Array, "queries distances shared sizes"]:
    """Counts database items by distance, shared labels, and number of labels.

    The number of labels shared with the query and the item's number of labels
    determine every grade of relevance; counts of them are exact.

    Args:
        query_codes: packed codes.
        database_codes: packed codes of the same length.
        query_labels: multi-hot.
        database_labels: multi-hot.
        most: the largest number of labels of an item; shared and sizes are 0..most.
        block: queries counted at once; chosen for the device if omitted.

    Raises:
        ValueError: if numbers of rows or widths do not match.
    """
    _check_codes(query_codes, database_codes)
    check_same_rows(query_codes=query_codes, query_labels=query_labels)
    check_same_rows(database_codes=database_codes, database_labels=database_labels)
    shape = (8 * query_codes.shape[1] + 1, most + 1, most + 1)
    items = _words(database_codes)
    item_labels = database_labels.astype(jnp.float32)
    sizes = item_labels.sum(axis=1).astype(jnp.int32)

    def count(query: tuple[UInt32[Array, " words"], Float[Array, " classes"]]) -> Any:
        words, labels = query
        shared = (item_labels @ labels).astype(jnp.int32)
        at = (_distances(words, items), shared, sizes)
        return jnp.zeros(shape, jnp.int32).at[at].add(1)

    queries = (_words(query_codes), query_labels.astype(jnp.float32))
    return _map_queries(count, queries, block)


def _map_queries(
    function: Callable[[Any], Any], queries: Any, block: int | None
) -> Any:
    """Applies a function to each query.

    A CPU is fastest with one query at a time, whose keys fit into its cache; a batch of
    one would take twice as long.
    """
    default = 1 if jax.default_backend() == "cpu" else 64
    size = min(block or default, len(queries[0]))
    return jax.lax.map(function, queries, batch_size=size if size > 1 else None)


def _distances(
    query: UInt32[Array, " words"], items: UInt32[Array, "items words"]
) -> Int[Array, " items"]:
    """Distance of one query to every item, word by word: no bits x items array."""
    distance = jnp.zeros(len(items), jnp.uint32)
    for word in range(len(query)):
        distance += jax.lax.population_count(query[word] ^ items[:, word])
    return distance.astype(jnp.int32)


def _share_a_bit(
    query: UInt32[Array, " sets"], items: UInt32[Array, "items sets"]
) -> Bool[Array, " items"]:
    """Which items share a label with the query."""
    shared = jnp.zeros(len(items), jnp.uint32)
    for word in range(len(query)):
        shared |= query[word] & items[:, word]
    return shared != 0


def _label_words(labels: Labels[Array, "n classes"]) -> UInt32[Array, "n sets"]:
    """Multi-hot rows as bits of 32-bit words."""
    return _words(jnp.packbits(labels > 0, axis=1))


def _words(packed: UInt8[Array, "n bytes"]) -> UInt32[Array, "n words"]:
    """Bytes viewed as 32-bit words, padded with zeros."""
    padded = jnp.pad(packed, ((0, 0), (0, -packed.shape[1] % 4)))
    return jax.lax.bitcast_convert_type(padded.reshape(len(packed), -1, 4), jnp.uint32)


def _check_codes(query_codes: Any, database_codes: Any) -> None:
    check_rank(2, query_codes=query_codes, database_codes=database_codes)
    if query_codes.shape[1] != database_codes.shape[1]:
        raise ValueError(
            f"database_codes: got {database_codes.shape[1]} bytes a code, "
            f"wanted {query_codes.shape[1]} as query_codes"
        )
