"""What an engine answers, and how the answers of several engines are merged."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int, UInt8

from scbch_jax.errors import require

MISSING_ID = -1
"""Fills a row of hits whose query has fewer of them than the others."""


class Hits(NamedTuple):
    """The nearest items of each query: nearest first, ties by ascending id."""

    ids: Int[np.ndarray, "queries k"]
    """Ids of the items; -1 behind the last hit of a query."""
    distances: Int[np.ndarray, "queries k"]
    """Hamming distances; bits + 1 where the id is -1."""
    cut: Int[np.ndarray, " queries"]
    """Items at the distance of the last hit that k leaves out; -1 if not known."""


class Cursor(NamedTuple):
    """The last hit of a page; the next page begins after it."""

    distance: int
    id: int


@runtime_checkable
class Engine(Protocol):
    """Packed codes that can be searched.

    Every exact engine gives the same hits, because the order (distance, id) is total.
    """

    @property
    def bits(self) -> int:
        """Length of the codes."""
        ...

    @property
    def size(self) -> int:
        """Number of items."""
        ...

    @property
    def exact(self) -> bool:
        """Whether it finds the nearest items always."""
        ...

    def search(
        self,
        queries: UInt8[Any, "queries bytes"],
        *,
        k: int,
        within: int | None = None,
        after: Cursor | None = None,
    ) -> Hits:
        """Finds the k nearest items of each query.

        Args:
            queries: packed codes of the engine's length.
            k: at most how many items of each query.
            within: the largest Hamming distance that is found; none by default.
            after: only what comes after this in the order (distance, id) is found.
        """
        ...


def check_queries(queries: Any, *, bits: int, k: int, within: int | None) -> None:
    """Checks what every engine is asked.

    Raises:
        InputError: if the codes have another length, k is below 1, or within is no
            distance of such codes.
    """
    ok = queries.ndim == 2 and queries.dtype == np.uint8
    if not ok or queries.shape[1] * 8 != bits:
        got = f"{queries.dtype} of shape {tuple(queries.shape)}"
        wanted = f"packed codes of {bits} bits, uint8 [queries, {bits // 8}]"
        require(False, "queries", got, wanted)
    require(k >= 1, "k", k, "at least 1")
    near = within is None or 0 <= within <= bits
    require(near, "within", within, f"0 to {bits}, the length of the codes")


def merge(parts: Sequence[Hits], *, k: int, bits: int) -> Hits:
    """The k nearest of the hits of several engines that hold different items.

    Example:
        >>> one = Hits(np.array([[0, 4]]), np.array([[1, 3]]), np.array([0]))
        >>> two = Hits(np.array([[1, 2]]), np.array([[3, 5]]), np.array([2]))
        >>> merge([one, two], k=2, bits=8)
        Hits(ids=array([[0, 1]]), distances=array([[1, 3]]), cut=array([1]))
    """
    ids = np.concatenate([part.ids for part in parts], axis=1)
    distances = np.concatenate([part.distances for part in parts], axis=1)
    order = np.lexsort((ids, distances))[:, :k]
    best_ids = np.take_along_axis(ids, order, axis=1)
    best = np.take_along_axis(distances, order, axis=1)
    if not best.shape[1]:
        return Hits(best_ids, best, np.zeros(len(best), np.int64))
    last = best[:, -1:]
    # At the last distance: what the merge leaves out, and what the parts left out.
    cut = np.sum(distances == last, axis=1) - np.sum(best == last, axis=1)
    unknown = np.zeros(len(cut), bool)
    for part in parts:
        if part.ids.shape[1]:
            ends_there = part.distances[:, -1] == last[:, 0]
            cut += np.where(ends_there, part.cut, 0)
            unknown |= ends_there & (part.cut < 0)
    full = (last[:, 0] <= bits) & (best.shape[1] == k)
    return Hits(best_ids, best, np.where(unknown, -1, np.where(full, cut, 0)))
