"""Hamming distances of queries to packed codes, a block of rows at a time, in NumPy."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

BLOCK = 32_768
"""Rows of a block: its 64-bit words, and as many results, stay in a core's cache."""


LARGE_BLOCK = 262_144
"""Rows of every block of `CompiledScan`, so that one program serves all databases."""


class Distances(NamedTuple):
    """Distances of a query to consecutive rows."""

    query: int
    """Place of the query."""
    first: int
    """The first of the rows."""
    values: Any
    """An array that may be read-only, and whose memory is used again for the next."""


def scan(codes: Any, queries: Any, start: int, stop: int) -> Iterator[Distances]:
    """Compares queries with the rows from `start` to `stop`.

    Args:
        codes: words of the database, as of `words_of`.
        queries: words of the queries.
        start: the first row.
        stop: the row after the last.
    """
    differing = np.empty(BLOCK, codes.dtype)
    ones = np.empty(BLOCK, np.uint8)
    total = np.empty(BLOCK, distance_type(8 * codes.itemsize * codes.shape[1]))
    for first, last in growing(start, stop, BLOCK):
        block, count = codes[first:last], last - first
        for place, query in enumerate(queries):
            _add_up(block, query, differing[:count], ones[:count], total[:count])
            yield Distances(place, first, total[:count])


def _add_up(block: Any, query: Any, differing: Any, ones: Any, total: Any) -> None:
    """Writes the distances to a block into `total`."""
    for word in range(block.shape[1]):
        np.bitwise_xor(block[:, word], query[word], out=differing)
        if word:
            np.bitwise_count(differing, out=ones)
            np.add(total, ones, out=total)
        else:
            np.bitwise_count(differing, out=total)


def words_of(codes: Any, longest: int = 8) -> Any:
    """Codes as a matrix of the longest words that divide them, of at most 8 bytes."""
    widths = (8, 4, 2, 1)
    fits = (n for n in widths if n <= longest and codes.shape[1] % n == 0)
    return np.ascontiguousarray(codes).view(f"u{next(fits)}")


def distance_type(bits: int) -> Any:
    """The type of distances: its largest value is one that no two codes have."""
    return np.uint8 if bits < 255 else np.uint16


def growing(start: int, stop: int, size: int) -> Iterator[tuple[int, int]]:
    """Ranges of rows, at most `size` long.

    The first are short, so that the distance of the k-th nearest is soon small.
    """
    rows = max(1, size // 256)
    while start < stop:
        yield start, min(start + rows, stop)
        start, rows = start + rows, min(4 * rows, size)
