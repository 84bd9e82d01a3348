"""Exact Hamming search over packed codes: every code is compared."""

import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Int, UInt8

from scbch_jax.index.engine import MISSING_ID, Cursor, Hits, check_queries, merge
from scbch_jax.index.scan import LARGE_BLOCK, Distances, distance_type, scan, words_of

PAYS = 2**29
"""Comparisons of two codes that take NumPy as long as it takes to import JAX."""


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
            threads: that share the rows of each search by NumPy; XLA has its own.

        Raises:
            ValueError: if the codes are not a matrix of bytes.
        """
        if codes.ndim != 2 or codes.dtype != np.uint8 or not codes.shape[1]:
            raise ValueError(
                f"codes: got {codes.dtype} of shape {codes.shape}, "
                "wanted a uint8 matrix, one row a code"
            )
        self.bits = 8 * codes.shape[1]
        self._words = words_of(codes)
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
            InputError: for codes of another length, k below 1, or within beyond
                that length.
        """
        check_queries(queries, bits=self.bits, k=k, within=within)
        count = len(self._words)
        k = min(k, count)

        def nearest(scanned: Iterable[Distances]) -> Hits:
            found = [_Nearest(k, self.bits, within) for _ in queries]
            self._take(scanned, found, after)
            return self._hits(found, k)

        if self._is_compiled(len(queries)):
            return nearest(self._compiled(queries))
        edges = np.linspace(0, count, self._threads + 1).astype(int).tolist()
        scans = [scan(self._words, words_of(queries), *x) for x in pairwise(edges)]
        if self._threads == 1:
            return nearest(scans[0])
        with ThreadPoolExecutor(self._threads) as pool:
            return merge(list(pool.map(nearest, scans)), k=k, bits=self.bits)

    def _is_compiled(self, queries: int) -> bool:
        """Whether the compiled scan is worth it; it finds the same."""
        rows = len(self._words)
        pays = "jax" in sys.modules or queries * rows >= PAYS
        return pays and queries > 0 and rows >= LARGE_BLOCK

    @cached_property
    def _compiled(self) -> Callable[[Any], Iterable[Distances]]:
        # Imports JAX, which takes half a second.
        from scbch_jax.index.compiled_scan import CompiledScan

        return CompiledScan(self._words.view(np.uint8))

    def _take(
        self,
        scanned: Iterable[Distances],
        found: list["_Nearest"],
        after: Cursor | None,
    ) -> None:
        """Gives the distances of each query to what keeps its nearest rows."""
        never = np.iinfo(distance_type(self.bits)).max
        for query, first, values in scanned:
            low, high = np.searchsorted(self._removed, (first, first + len(values)))
            if low < high or after is not None:
                values = np.array(values)
                values[self._removed[low:high] - first] = never
            if after is not None:
                self._hide_until(after, values, first, never)
            found[query].add(values, first)

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
        # NumPy sorts short integers by radix.
        self.distances = np.zeros(0, distance_type(bits))
        self._waiting: list[tuple[Any, Any]] = []
        self._count = 0

    def add(self, distance: Any, first: int) -> None:
        """Takes the distances of a block; all rows before it were taken already."""
        near = np.flatnonzero(distance <= self.limit)
        if not len(near):
            return
        distances = distance[near]
        # Rows come in order: one at the limit has a larger id than all that are kept.
        closer = distances < self.limit
        count = np.count_nonzero(closer)
        self.cut += (len(near) - count) if self.full else 0
        if count:
            self._waiting.append((near[closer] + first, distances[closer]))
            self._count += count
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
