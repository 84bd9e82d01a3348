"""Exact Hamming search over packed codes in NumPy; the reference for other indexes."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int, UInt8


class Hits(NamedTuple):
    """The nearest items of each query, nearest first."""

    rows: Int[np.ndarray, "queries k"]
    """Rows of the database."""
    distances: Int[np.ndarray, "queries k"]
    """Hamming distances."""


class FlatIndex:
    """An exact index by XOR and popcount; ties are in the order of the database.

    >>> codes = np.array([[0b1111_0000], [0b1111_1111]], np.uint8)
    >>> FlatIndex(codes).search(np.array([[0b1111_0001]], np.uint8), k=2).distances
    array([[1, 3]])
    """

    def __init__(self, codes: UInt8[Any, "items bytes"]) -> None:
        """Stores the packed codes of the database; a memory-mapped array stays on disk.

        Raises:
            ValueError: if the codes are not a matrix of bytes.
        """
        if codes.ndim != 2 or codes.dtype != np.uint8:
            raise ValueError(
                f"codes: got {codes.dtype} of shape {codes.shape}, "
                "wanted a uint8 matrix, one row a code"
            )
        self._codes = np.asarray(codes)

    def search(self, queries: UInt8[Any, "queries bytes"], *, k: int) -> Hits:
        """Finds the k nearest items of each query.

        Args:
            queries: packed codes of the database's length.
            k: how many, at most the size of the database.

        Raises:
            ValueError: if the lengths differ, or k is not between 1 and the size.
        """
        if queries.shape[1:] != self._codes.shape[1:]:
            raise ValueError(
                f"queries: got {queries.shape[1:]} bytes a code, "
                f"wanted {self._codes.shape[1:]} as the index"
            )
        if not 1 <= k <= len(self._codes):
            raise ValueError(f"k: got {k}, wanted 1 to {len(self._codes)}")
        found = [self._nearest(query, k) for query in np.asarray(queries)]
        rows, distances = (np.array(column) for column in zip(*found, strict=True))
        return Hits(rows, distances)

    def _nearest(self, query: Any, k: int) -> tuple[Any, Any]:
        differing = np.bitwise_count(self._codes ^ query)
        distance = differing.sum(axis=1, dtype=np.int64)
        # Only what can be among the k nearest is sorted.
        limit = np.partition(distance, k - 1)[k - 1]
        near = np.flatnonzero(distance <= limit)
        rows = near[np.argsort(distance[near], kind="stable")[:k]]
        return rows, distance[rows]
