"""The distances of `scan`, by a program that XLA compiles: it reads each code once."""

from collections.abc import Iterator
from typing import Any

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

QUERIES = 16
"""Queries that are compared with a block at once, unless there is one."""


class CompiledScan:
    """Compares queries with all rows; XLA uses as many threads as there are cores."""

    def __init__(self, codes: Any) -> None:
        """Takes packed codes, at least `LARGE_BLOCK` rows.

        Codes of a file that is mapped into memory stay where they are; an array that
        does not begin at a multiple of 64 bytes is copied.
        """
        words, rows = words_of(codes, 4), len(codes)
        # The last block reaches back into the one before, and so is as long as it.
        firsts = {
            **dict.fromkeys(range(0, rows - LARGE_BLOCK, LARGE_BLOCK)),
            rows - LARGE_BLOCK: None,
        }
        device = jax.devices("cpu")[0]
        self._blocks = [
            (x, jax.device_put(words[x : x + LARGE_BLOCK], device, may_alias=True))
            for x in firsts
        ]

    def __call__(self, queries: Any) -> Iterator[Distances]:
        """Compares packed queries with all rows."""
        asked = words_of(queries, 4)
        size = 1 if len(asked) == 1 else QUERIES
        padded = np.pad(asked, ((0, -len(asked) % size), (0, 0)))
        done = 0
        for first, block in self._blocks:
            stop = first + LARGE_BLOCK
            ranges = [(done, stop)] if done else list(growing(done, stop, LARGE_BLOCK))
            for place in range(0, len(asked), size):
                found = np.asarray(_distances(block, padded[place : place + size]))
                for query, values in enumerate(found[: len(asked) - place], place):
                    for low, high in ranges:
                        yield Distances(query, low, values[low - first : high - first])
            done = stop


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
