"""The index that is served: newer generations are reloaded without a restart."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from scbch_jax.errors import require
from scbch_jax.index import Index
from scbch_jax.index.manifest import MANIFEST

PERIOD = 0.5
"""Seconds between two looks at the manifest."""


class Snapshot:
    """One generation of an index, replaced as a whole between two searches."""

    def __init__(
        self, path: Path, opener: Callable[[], Index], *, log: Callable[[str], None]
    ) -> None:
        """Opens an index.

        Args:
            path: its folder.
            opener: opens it.
            log: gets a line for a generation that cannot be served.

        Raises:
            InputError: if it is not an index.
        """
        self._manifest, self._opener, self._log = path / MANIFEST, opener, log
        # Looked at before opening: what changes meanwhile is opened again.
        self._seen = self._stamp()
        self._refused: tuple[int, ...] = ()
        self.failures = 0
        """Generations that could not be reloaded."""
        self.current = _warm(opener())
        """The index; a request uses one throughout."""

    async def follow(self) -> None:
        """Reloads newer generations until it is canceled."""
        while True:
            await asyncio.sleep(PERIOD)
            await asyncio.to_thread(self.refresh)

    def refresh(self) -> None:
        """Opens the index again if its manifest has changed.

        A generation that cannot be served is logged, and the one before stays.
        """
        stamp = self._stamp()
        if stamp == self._seen:
            return
        try:
            opened = self._opener()
            known, found = self.current.manifest.encoder, opened.manifest.encoder
            wanted = f"{known[:12] or 'none'} until a restart"
            require(found == known, "encoder", found[:12] or "none", wanted)
            self.current = _warm(opened)
            self._seen = stamp
        except (ValueError, OSError) as error:
            if stamp != self._refused:
                self.failures += 1
                self._log(f"the generation before is served: {error}")
            self._refused = stamp

    def _stamp(self) -> tuple[int, ...]:
        try:
            found = os.stat(self._manifest)
        except OSError:
            return ()
        return found.st_ino, found.st_mtime_ns, found.st_size


def _warm(opened: Index) -> Index:
    """Makes the engines, so that no request waits for that."""
    # Where JAX is imported, the scan of a large database is compiled: once for a single
    # query, and once for several.
    import jax  # noqa: F401

    for modality in opened.manifest.modalities:
        for queries in (1, 2):
            codes = np.zeros((queries, opened.bits // 8), np.uint8)
            opened.search(codes, find=modality, k=1)
    return opened
