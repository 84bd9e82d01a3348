"""Search over several engines that hold different items."""

from collections.abc import Sequence
from typing import Any

from jaxtyping import UInt8

from scbch_jax.errors import require
from scbch_jax.index.engine import Cursor, Engine, Hits, merge


class ShardedEngine:
    """Several engines as one: each is asked, and their hits are merged.

    >>> import numpy as np
    >>> from scbch_jax.index import FlatIndex
    >>> codes = np.arange(6, dtype=np.uint8)[:, None]
    >>> even, odd = (FlatIndex(codes[i::2], ids=np.arange(i, 6, 2)) for i in (0, 1))
    >>> ShardedEngine([even, odd]).search(codes[5:], k=3).ids
    array([[5, 1, 4]])
    """

    def __init__(self, engines: Sequence[Engine]) -> None:
        """Takes engines whose ids are all different.

        Raises:
            InputError: if there are none, or their codes differ in length.
        """
        require(bool(engines), "engines", "none", "at least one")
        bits = sorted({engine.bits for engine in engines})
        require(len(bits) == 1, "engines", f"codes of {bits} bits", "one length")
        self.engines = tuple(engines)
        self.bits = bits[0]

    @property
    def size(self) -> int:
        """Number of items of all engines."""
        return sum(engine.size for engine in self.engines)

    @property
    def exact(self) -> bool:
        """Whether all engines are exact."""
        return all(engine.exact for engine in self.engines)

    def search(
        self,
        queries: UInt8[Any, "queries bytes"],
        *,
        k: int,
        within: int | None = None,
        after: Cursor | None = None,
    ) -> Hits:
        """Finds the k nearest items of each query, as `Engine.search` says."""
        parts = [
            engine.search(queries, k=k, within=within, after=after)
            for engine in self.engines
        ]
        return parts[0] if len(parts) == 1 else merge(parts, k=k, bits=self.bits)
