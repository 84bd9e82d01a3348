"""The distances of `scan`, by a program that XLA compiles: it reads each code once."""

from collections.abc import Iterable, Iterator
from itertools import tee
from typing import Any, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, UInt

from scbch_jax.index.scan import (
    LARGE_BLOCK,
    Distances,
    distance_type,
    growing,
    words_of,
)

T = TypeVar("T")

QUERIES = 16
"""Queries that are compared with a block at once, unless there is one."""


class CompiledScan:
    """Compares queries with all rows; XLA uses as many threads as there are cores."""

    def __init__(self, codes: Any) -> None:
        """Takes packed codes, at least `LARGE_BLOCK` rows.

        Codes of a file that is mapped into memory stay where they are; an array that
        does not begin at a multiple of 64 bytes is copied.
        """
        words, last = words_of(codes, 4), len(codes) - LARGE_BLOCK
        # The last block reaches back into the one before, and so is as long as it.
        firsts = [*range(0, last, LARGE_BLOCK), last]
        device = jax.devices("cpu")[0]
        self._blocks: list[_Block] = []
        done = 0
        for first in firsts:
            stop = first + LARGE_BLOCK
            ranges = [(done, stop)] if done else list(growing(0, stop, LARGE_BLOCK))
            block = jax.device_put(words[first:stop], device, may_alias=True)
            self._blocks.append(_Block(first, ranges, block))
            done = stop

    def __call__(self, queries: Any) -> Iterator[Distances]:
        """Compares packed queries with all rows."""
        asked = words_of(queries, 4)
        size = 1 if len(asked) == 1 else QUERIES
        padded = np.pad(asked, ((0, -len(asked) % size), (0, 0)))
        started = (
            (block, place, _distances(block.words, padded[place : place + size]))
            for block in self._blocks
            for place in range(0, len(asked), size)
        )
        for block, place, distances in _one_ahead(started):
            found = np.asarray(distances)[: len(asked) - place]
            for query, values in enumerate(found, place):
                for low, high in block.ranges:
                    part = values[low - block.first : high - block.first]
                    yield Distances(query, low, part)


class _Block(NamedTuple):
    """`LARGE_BLOCK` rows."""

    first: int
    """The first of them."""
    ranges: list[tuple[int, int]]
    """Those that are in no block before, in parts."""
    words: Array


def _one_ahead(items: Iterable[T]) -> Iterator[T]:
    """Gives each item when the next has been made: XLA computes it meanwhile."""
    before, after = tee(items)
    next(after, None)
    for item in before:
        next(after, None)
        yield item


@jax.jit
def _distances(
    block: UInt[Array, "rows words"], queries: UInt[Array, "queries words"]
) -> UInt[Array, "queries rows"]:
    """Hamming distances of queries to rows."""
    kind = distance_type(8 * block.itemsize * block.shape[1])
    # Sums of columns: XLA does not vectorize the reduction of short rows.
    total = jnp.zeros((len(queries), len(block)), kind)
    for column in range(block.shape[1]):
        differing = block[None, :, column] ^ queries[:, column, None]
        total += jax.lax.population_count(differing).astype(kind)
    return total
