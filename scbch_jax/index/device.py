"""Exact Hamming search on an accelerator: all distances, then the k smallest."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, UInt8

from scbch_jax.index.engine import MISSING_ID, Cursor, Hits, check_queries
from scbch_jax.retrieval import hamming_matrix

QUERIES = 16
"""Queries whose distances to all items are on the device at once."""


class DeviceIndex:
    """An exact engine whose codes lie on JAX's default device.

    It gives the hits of `FlatIndex`, and is meant for a GPU or TPU: on a CPU
    `FlatIndex` is faster.

    >>> codes = np.array([[0b1111_0000], [0b1111_1111]], np.uint8)
    >>> DeviceIndex(codes).search(np.array([[0b1111_0001]], np.uint8), k=2).distances
    array([[1, 3]])
    """

    exact = True

    def __init__(
        self,
        codes: UInt8[Any, "items bytes"],
        *,
        ids: Int[Any, " items"] | None = None,
        removed: Int[Any, " removed"] | None = None,
    ) -> None:
        """Moves the packed codes of the database to the device.

        Args:
            codes: of any number of bytes.
            ids: of the items, ascending; by default the rows.
            removed: ascending rows that are never found.
        """
        self.bits = 8 * codes.shape[1]
        self._codes = jnp.asarray(codes)
        self._ids = np.arange(len(codes)) if ids is None else ids
        living = np.ones(len(codes), bool)
        living[np.zeros(0, int) if removed is None else removed] = False
        self.size = int(living.sum())
        self._living = jnp.asarray(living)

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
        k = min(k, len(self._ids))
        if not k or not len(queries):
            empty = np.zeros((len(queries), k), np.int64)
            return Hits(empty, empty, np.zeros(len(queries), np.int64))
        # Of the rows at the cursor's distance, those up to this one were found before.
        distance, item = (-1, -1) if after is None else after
        row = int(np.searchsorted(self._ids, item, side="right")) - 1
        limits = jnp.array([self.bits if within is None else within, distance, row])
        parts = [
            _nearest(block, self._codes, self._living, limits, k=k)
            for block in _blocks(queries)
        ]
        rows, distances, cut = (
            np.concatenate([np.asarray(part[i]) for part in parts])[: len(queries)]
            for i in range(3)
        )
        found = distances <= self.bits
        ids = np.where(found, np.asarray(self._ids)[rows], MISSING_ID)
        return Hits(
            ids.astype(np.int64), distances.astype(np.int64), cut.astype(np.int64)
        )


def _blocks(queries: Any) -> list[Any]:
    """Blocks of `QUERIES` rows, the last filled with zeros: one shape is compiled."""
    padded = np.pad(np.asarray(queries), ((0, -len(queries) % QUERIES), (0, 0)))
    return list(padded.reshape(-1, QUERIES, padded.shape[1]))


@partial(jax.jit, static_argnames="k")
def _nearest(
    queries: UInt8[Array, "queries bytes"],
    codes: UInt8[Array, "items bytes"],
    living: Bool[Array, " items"],
    limits: Int[Array, "3"],
    *,
    k: int,
) -> tuple[Array, Array, Array]:
    """Rows, distances, and the number of items that k leaves out at the last distance.

    Args:
        queries: packed codes.
        codes: packed codes of the database.
        living: rows that may be found.
        limits: the largest distance that is found, and the distance and row of the last
            hit of the page before.
        k: how many.
    """
    within, last_distance, last_row = limits
    distances = hamming_matrix(queries, codes)
    row = jnp.arange(len(codes))
    before = (distances == last_distance) & (row <= last_row)[None]
    hidden = (distances < last_distance) | before | (distances > within) | ~living[None]
    never = 8 * codes.shape[1] + 1
    distances = jnp.where(hidden, never, distances)
    # Of equal elements top_k takes the lower index first, so ties are in order.
    nearest, rows = jax.lax.top_k(-distances, k)
    nearest, last = -nearest, -nearest[:, -1:]
    tied = (distances == last).sum(axis=1) - (nearest == last).sum(axis=1)
    return rows, nearest, jnp.where(last[:, 0] < never, tied, 0)
