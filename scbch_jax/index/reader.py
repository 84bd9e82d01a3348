"""Searching an index on disk: a snapshot of one generation, whose files are mapped."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Int8, UInt8

from scbch_jax import io
from scbch_jax.errors import InputError, require
from scbch_jax.index import folder
from scbch_jax.index.engine import Cursor, Engine, Hits
from scbch_jax.index.flat import FlatIndex
from scbch_jax.index.manifest import read_manifest
from scbch_jax.index.segment import Segment
from scbch_jax.index.sharded import ShardedEngine

EngineName = Literal["flat", "device"]


class Where(NamedTuple):
    """Which items may be found, by the names of their classes."""

    any_of: tuple[str, ...] = ()
    """At least one of these; no condition if there are none."""
    all_of: tuple[str, ...] = ()
    """All of these."""
    none_of: tuple[str, ...] = ()
    """None of these."""


class Index:
    """An index, opened for reading.

    It holds one generation: what is added or removed later is seen by opening it again,
    and does not disturb this one.
    """

    exact = True

    def __init__(
        self, path: Path, *, threads: int = 1, engine: EngineName = "flat"
    ) -> None:
        """Opens an index.

        Args:
            path: the folder.
            threads: that share the rows of each search of the flat engine.
            engine: flat, or device for JAX's default device, which pays where that is a
                GPU or TPU. Both give the same hits.

        Raises:
            InputError: if the folder is no index, or a file of it is damaged.
        """
        self.path = Path(path)
        # A writer may delete a file of this generation while it is being opened.
        for last in (False, False, True):
            self.manifest = read_manifest(self.path)
            try:
                self.segments = folder.open_segments(self.path, self.manifest)
                self._removed = folder.read_removed(self.path, self.manifest)
                break
            except ValueError:
                current = read_manifest(self.path)
                if last or current.generation == self.manifest.generation:
                    raise
        self._threads, self._engine = threads, engine
        self._engine_of = lru_cache(maxsize=8)(self._open_shards)

    @property
    def bits(self) -> int:
        """Length of the codes."""
        return self.manifest.bits

    @property
    def size(self) -> int:
        """Number of items, without those that are removed."""
        return sum(len(part.ids) for part in self.segments) - len(self._removed)

    def search(
        self,
        queries: UInt8[Any, "queries bytes"],
        *,
        find: str,
        k: int = 10,
        within: int | None = None,
        where: Where | None = None,
        after: Cursor | None = None,
    ) -> Hits:
        """Finds the k nearest items of each query, in the order (distance, id).

        Args:
            queries: packed codes of the index's length and encoder.
            find: image or text, the modality that is found.
            k: at most how many items of each query.
            within: the largest Hamming distance that is found.
            where: labels of the items that may be found; applied before ranking, so
                that k items come back if there are k.
            after: only what comes after this hit is found.

        Raises:
            InputError: for a modality or class that the index lacks, codes of another
                length, or k below 1.
        """
        have = self.manifest.modalities
        require(find in have, "find", find, f"one of {', '.join(have)}")
        engine = self._engine_of(find, where)
        return engine.search(queries, k=k, within=within, after=after)

    def record(self, item: int) -> io.Record:
        """What is known of an item: its name, text, picture and labels.

        Raises:
            InputError: if there is no such item.
        """
        part, row = self._locate(item)
        found = dict(part.record(row))
        if part.labels is not None:
            classes = self.manifest.classes
            bits = np.unpackbits(part.labels[row], count=len(classes))
            found["labels"] = [classes[column] for column in np.flatnonzero(bits)]
        return found

    def code(self, item: int, modality: str) -> UInt8[np.ndarray, "1 bytes"]:
        """The packed code of an item.

        Raises:
            InputError: if there is no such item or modality.
        """
        part, row = self._locate(item)
        have = self.manifest.modalities
        require(modality in have, "modality", modality, f"one of {', '.join(have)}")
        return np.array(part.codes[modality][row : row + 1])

    def relaxed(self, item: int, modality: str) -> Int8[np.ndarray, "1 bits"]:
        """The quantized relaxed code of an item.

        Raises:
            InputError: if there is no such item or modality, or the index has none.
        """
        part, row = self._locate(item)
        have = list(part.relaxed) or ["none"]
        require(modality in have, "relaxed", modality, f"one of {', '.join(have)}")
        return np.array(part.relaxed[modality][row : row + 1])

    def find_name(self, name: str) -> int:
        """The id of the item of that name.

        Raises:
            InputError: if there is none.
        """
        found = folder.find_name(self.segments, self._removed, name)
        if found is None:
            raise InputError(f"name: got {name}, wanted a name that is in {self.path}")
        return found

    def _locate(self, item: int) -> tuple[Segment, int]:
        if not len(_rows_of(np.array([item]), self._removed)):
            for part in self.segments:
                for row in _rows_of(np.array([item]), part.ids):
                    return part, int(row)
        raise InputError(f"id: got {item}, wanted the id of an item of {self.path}")

    def _open_shards(self, find: str, where: Where | None) -> ShardedEngine:
        """An engine for each segment; with a filter, of the rows that pass it."""
        engines: list[Engine] = []
        for part in self.segments:
            removed = _rows_of(self._removed, part.ids)
            codes, ids = part.codes[find], part.ids
            if where is not None:
                passed = self._passing(part, where)
                passed[removed] = False
                codes, ids, removed = codes[passed], ids[passed], removed[:0]
            engines.append(self._open_engine(codes, ids, removed))
        return ShardedEngine(engines)

    def _open_engine(self, codes: Any, ids: Any, removed: Any) -> Engine:
        if self._engine == "flat":
            return FlatIndex(codes, ids=ids, removed=removed, threads=self._threads)
        # Imports JAX, which the flat engine does without.
        from scbch_jax.index.device import DeviceIndex

        return DeviceIndex(codes, ids=ids, removed=removed)

    def _passing(self, part: Segment, where: Where) -> Any:
        """Whether each row of a segment passes the filter."""
        passed = np.ones(len(part.ids), bool)
        for names, test in (
            (where.any_of, lambda bits, mask: bits.any(axis=1)),
            (where.all_of, lambda bits, mask: (bits == mask).all(axis=1)),
            (where.none_of, lambda bits, mask: ~bits.any(axis=1)),
        ):
            if names:
                mask = self._mask(names)
                assert part.labels is not None
                passed &= test(part.labels & mask, mask)
        return passed

    def _mask(self, names: tuple[str, ...]) -> Any:
        """The bits of some classes, packed as the labels are."""
        classes = self.manifest.classes
        require(bool(classes), "labels", ", ".join(names), "an index with labels")
        for name in names:
            require(name in classes, "labels", name, f"one of {', '.join(classes)}")
        return np.packbits([name in names for name in classes])


def _rows_of(items: Any, ids: Any) -> Any:
    """The places of those items that are among the ascending ids."""
    rows = np.searchsorted(ids, items)
    inside = rows < len(ids)
    rows, items = rows[inside], items[inside]
    return rows[ids[rows] == items]
