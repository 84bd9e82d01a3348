"""Exact Hamming search over packed codes in NumPy: XOR and popcount in blocks."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from jaxtyping import Int, UInt8

from scbch_jax.index.engine import MISSING_ID, Cursor, Hits, check_queries, merge

BLOCK = 32_768
"""Rows of a block: its 64-bit words, and as many results, stay in a core's cache."""


class FlatIndex:
    """An exact engine: one pass over all codes, nothing is built.

    >>> codes = np.array([[0b1111_0000], [0b1111_1111]], np.uint8)
    >>> FlatIndex(codes).search(np.array([[0b1111_0001]], np.uint8), k=2).distances
    array([[1, 3]])
    """

    exact = True

    def __init__(
        self,
        codes: UInt8[Any, "items bytes"],
        *,
        ids: Int[Any, " items"] | None = None,
        removed: Int[Any, " removed"] | None = None,
        threads: int = 1,
    ) -> None:
        """Takes the packed codes of the database; a memory-mapped array stays on disk.

        Args:
            codes: of any number of bytes.
            ids: of the items, ascending; by default the rows.
            removed: ascending rows that are never found.
            threads: that share the rows of each search.

        Raises:
            ValueError: if the codes are not a matrix of bytes.
        """
        if codes.ndim != 2 or codes.dtype != np.uint8 or not codes.shape[1]:
            raise ValueError(
                f"codes: got {codes.dtype} of shape {codes.shape}, "
                "wanted a uint8 matrix, one row a code"
            )
        self.bits = 8 * codes.shape[1]
        self._words = _words(codes)
        self._ids = ids
        self._removed = np.zeros(0, np.int64) if removed is None else removed
        self._threads = threads

    @property
    def size(self) -> int:
        """Number of items, without those that are removed."""
        return len(self._words) - len(self._removed)

    def search(
        self,
        queries: UInt8[Any, "queries bytes"],
        *,
        k: int,
        within: int | None = None,
        after: Cursor | None = None,
    ) -> Hits:
        """Finds the k nearest items of each query, as `Engine.search` says.

        Raises:
            InputError: for codes of another length, k below 1, or within below 0.
        """
        check_queries(queries, bits=self.bits, k=k, within=within)
        count = len(self._words)
        k = min(k, count)
        edges = np.linspace(0, count, self._threads + 1).astype(int).tolist()
        parts = range(self._threads)
        found = [[_Nearest(k, self.bits, within) for _ in queries] for _ in parts]
        asked = _words(queries)

        def scan(part: int) -> Hits:
            start, stop = edges[part : part + 2]
            self._scan(asked, found[part], start, stop, after)
            return self._hits(found[part], k)

        if self._threads == 1:
            return scan(0)
        with ThreadPoolExecutor(self._threads) as pool:
            return merge(list(pool.map(scan, parts)), k=k, bits=self.bits)

    def _scan(
        self,
        queries: Any,
        found: list["_Nearest"],
        start: int,
        stop: int,
        after: Cursor | None,
    ) -> None:
        """Compares the queries with the rows from `start` to `stop`."""
        distance_of = _Distances(self.bits, queries.shape[1], self._words.dtype)
        for first, last in _blocks(start, stop):
            block = self._words[first:last]
            low, high = np.searchsorted(self._removed, (first, last))
            hidden = self._removed[low:high] - first
            for query, nearest in zip(queries, found, strict=True):
                distance = distance_of(query, block)
                distance[hidden] = distance_of.never
                if after is not None:
                    self._hide_until(after, distance, first, distance_of.never)
                nearest.add(distance, first)

    def _hide_until(self, after: Cursor, distance: Any, first: int, never: int) -> None:
        """Hides what does not come after a cursor."""
        tied = np.flatnonzero(distance == after.distance)
        found_before = tied[self._id_of(first + tied) <= after.id]
        distance[distance < after.distance] = never
        distance[found_before] = never

    def _id_of(self, rows: Any) -> Any:
        return rows if self._ids is None else np.asarray(self._ids[rows])

    def _hits(self, found: list["_Nearest"], k: int) -> Hits:
        ids = np.full((len(found), k), MISSING_ID, np.int64)
        distances = np.full((len(found), k), self.bits + 1, np.int64)
        for i, nearest in enumerate(found):
            nearest.shrink()
            count = len(nearest.rows)
            ids[i, :count] = self._id_of(nearest.rows)
            distances[i, :count] = nearest.distances
        return Hits(ids, distances, np.array([n.cut for n in found], np.int64))


class _Nearest:
    """The nearest rows of a query so far, in the order (distance, row)."""

    def __init__(self, k: int, bits: int, within: int | None) -> None:
        self.k = k
        self.limit = 1 + min(bits, bits if within is None else within)
        """Rows at this distance and beyond are not among the nearest."""
        self.full = False
        self.cut = 0
        self.rows = np.zeros(0, np.int64)
        self.distances = np.zeros(0, np.int64)
        self._waiting: list[tuple[Any, Any]] = []
        self._count = 0

    def add(self, distance: Any, first: int) -> None:
        """Takes the distances of a block; all rows before it were taken already."""
        candidates = np.count_nonzero(distance <= self.limit)
        if not candidates:
            return
        # Rows come in order: one at the limit has a larger id than all that are kept.
        near = np.flatnonzero(distance < self.limit)
        self.cut += (candidates - len(near)) if self.full else 0
        if len(near):
            self._waiting.append((near + first, distance[near].astype(np.int64)))
            self._count += len(near)
            if self._count >= self.k:
                self.shrink()

    def shrink(self) -> None:
        """Keeps k rows, and counts those at the distance of the last that it drops."""
        if not self._waiting:
            return
        kept = [(self.rows, self.distances), *self._waiting]
        rows, distances = map(np.concatenate, zip(*kept, strict=True))
        order = np.argsort(distances, kind="stable")
        distances = distances[order]
        if len(distances) >= self.k:
            limit = int(distances[self.k - 1])
            dropped = np.count_nonzero(distances[self.k :] == limit)
            before = self.cut if self.full and limit == self.limit else 0
            self.cut, self.limit, self.full = before + dropped, limit, True
        self.rows, self.distances = rows[order[: self.k]], distances[: self.k]
        self._waiting, self._count = [], 0


class _Distances:
    """Hamming distances of a query to a block of words, in buffers that are reused."""

    def __init__(self, bits: int, words: int, dtype: Any) -> None:
        kind = np.uint8 if bits < 255 else np.uint16
        self.never = int(np.iinfo(kind).max)
        """A distance that no two codes have."""
        self._differing = np.empty(BLOCK, dtype)
        self._ones = np.empty(BLOCK, np.uint8)
        self._total = np.empty(BLOCK, kind)
        self._words = words

    def __call__(self, query: Any, block: Any) -> Any:
        count = len(block)
        differing, ones = self._differing[:count], self._ones[:count]
        total = self._total[:count]
        for word in range(self._words):
            np.bitwise_xor(block[:, word], query[word], out=differing)
            if word:
                np.bitwise_count(differing, out=ones)
                np.add(total, ones, out=total)
            else:
                np.bitwise_count(differing, out=total)
        return total


def _words(codes: Any) -> Any:
    """Codes as a matrix of the longest words that divide them, at most 64 bits."""
    width = next(n for n in (8, 4, 2, 1) if codes.shape[1] % n == 0)
    return np.ascontiguousarray(codes).view(f"u{width}")


def _blocks(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Ranges of rows; the first are short, so that the limit is tight early."""
    size = BLOCK // 32
    while start < stop:
        yield start, min(start + size, stop)
        start, size = start + size, min(2 * size, BLOCK)
