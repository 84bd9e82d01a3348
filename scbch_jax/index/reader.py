"""Searching an index on disk: a snapshot of one generation, whose files are mapped."""

import hashlib
from collections.abc import Iterator
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Int8, UInt8

from scbch_jax import extras, io
from scbch_jax.errors import InputError, require
from scbch_jax.index import contents, derived, ivf, packed_labels
from scbch_jax.index.engine import Cursor, Engine, Hits
from scbch_jax.index.flat import FlatIndex
from scbch_jax.index.manifest import read_manifest
from scbch_jax.index.packed_labels import Where
from scbch_jax.index.segment import Segment
from scbch_jax.index.sharded import ShardedEngine

EngineName = Literal["flat", "device", "faiss-ivf"]


class Index:
    """An index, opened for reading.

    It holds one generation: what is added or removed later is seen by opening it again,
    and does not disturb this one.
    """

    def __init__(
        self, path: Path, *, threads: int = 1, engine: EngineName = "flat"
    ) -> None:
        """Opens an index.

        Args:
            path: the folder.
            threads: that share the rows of each search; not of the device engine.
            engine: flat; device for JAX's default device, which pays where that is a
                GPU or TPU, and gives the same hits; or faiss-ivf, which is fast and
                approximate, and for which `set_engine` must have been called. Searches
                with a filter, and rows added since, are always compared by flat.

        Raises:
            InputError: if the folder is not an index, a file of it is damaged, or it
                lacks the engine.
        """
        self.path = Path(path)
        # A writer may delete a file of this generation while it is being opened.
        for last in (False, False, True):
            self.manifest = read_manifest(self.path)
            try:
                self.segments = contents.open_segments(self.path, self.manifest)
                self._removed = contents.read_removed(self.path, self.manifest)
                self._mapped = self._map_engine(engine)
                break
            except ValueError:
                current = read_manifest(self.path)
                if last or current.generation == self.manifest.generation:
                    raise
        self._threads, self._engine = threads, engine
        self._engines = lru_cache(maxsize=8)(self._open_shards)

    @property
    def bits(self) -> int:
        """Length of the codes."""
        return self.manifest.bits

    @property
    def exact(self) -> bool:
        """Whether searches without a filter find the nearest items always."""
        return self._engine != "faiss-ivf"

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
        engine = self.engine_of(find, where)
        return engine.search(queries, k=k, within=within, after=after)

    def with_engine(self, engine: EngineName) -> "Index":
        """This generation, or a later one, searched by another engine."""
        if engine == self._engine:
            return self
        return Index(self.path, threads=self._threads, engine=engine)

    def engine_of(self, find: str, where: Where | None = None) -> ShardedEngine:
        """The engine of a modality, of the items that pass a filter.

        `ShardedEngine` takes those of several indexes whose ids differ.

        Raises:
            InputError: for a modality or class that the index lacks.
        """
        have = self.manifest.modalities
        require(find in have, "find", find, f"one of {', '.join(have)}")
        return self._engines(find, where)

    def record(self, item: int) -> io.Record:
        """What is known of an item: its name, text, picture and labels.

        Raises:
            InputError: if there is no such item.
        """
        part, row = self._locate(item)
        found = dict(part.record(row))
        found.pop("root", None)
        if part.labels is not None:
            classes = self.manifest.classes
            found["labels"] = packed_labels.names_of(
                part.labels[row].tobytes(), classes
            )
        return found

    def picture_file(self, item: int) -> Path | None:
        """The file of an item's picture, if it may be shown.

        It lies below one of the folders that were given when rows were added, links
        followed, and begins as a picture that browsers show.

        Raises:
            InputError: if there is no such item.
        """
        part, row = self._locate(item)
        record, folders = part.record(row), self.manifest.pictures
        number = record.get("root")
        if not isinstance(number, int) or not 0 <= number < len(folders):
            return None
        path = io.picture_below(Path(folders[number]), record.get("picture"))
        if path is None or not path.is_file():
            return None
        with path.open("rb") as file:
            return path if io.picture_kind(file.read(16)) else None

    def living_rows(self) -> Iterator[tuple[int, list[Any], Any, io.Record]]:
        """Id, code of each modality, packed labels, and record of each item, by id."""
        for part in self.segments:
            for row in np.flatnonzero(~np.isin(part.ids, self._removed)).tolist():
                codes = [part.codes[m][row] for m in self.manifest.modalities]
                labels = None if part.labels is None else part.labels[row]
                yield int(part.ids[row]), codes, labels, dict(part.record(row))

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

    def has_name(self, name: str) -> bool:
        """Whether there is an item of that name."""
        return contents.find_name(self.segments, self._removed, name) is not None

    def find_name(self, name: str) -> int:
        """The id of the item of that name.

        Raises:
            InputError: if there is none.
        """
        found = contents.find_name(self.segments, self._removed, name)
        if found is None:
            raise InputError(f"name: got {name}, wanted a name that is in {self.path}")
        return found

    def __reduce__(self) -> Any:
        """Other processes get an index by its path, and open it once each."""
        path = self.path.absolute()
        return _open_same, (path, self._digest, self._threads, self._engine)

    @cached_property
    def _digest(self) -> str:
        text = io.json_line(self.manifest._asdict())
        return hashlib.sha256(text.encode()).hexdigest()

    def _locate(self, item: int) -> tuple[Segment, int]:
        if not len(_rows_of(np.array([item]), self._removed)):
            for part in self.segments:
                for row in _rows_of(np.array([item]), part.ids):
                    return part, int(row)
        raise InputError(f"id: got {item}, wanted the id of an item of {self.path}")

    def _open_shards(self, find: str, where: Where | None) -> ShardedEngine:
        """An engine for each segment; with a filter, of the rows that pass it."""
        engines: list[Engine] = []
        masks = {} if where is None else packed_labels.masks(where, self.manifest)
        held = 0
        if self._engine == "faiss-ivf" and where is None:
            engines.append(self._open_ivf(find))
            held = self.manifest.engine["next_id"]
        for part in self.segments:
            first = int(np.searchsorted(part.ids, held))
            if 0 < first == len(part.ids):
                continue
            codes, ids = part.codes[find][first:], part.ids[first:]
            removed = _rows_of(self._removed, ids)
            if where is not None:
                passed = packed_labels.passing(part.labels, masks, len(part.ids))
                passed[removed] = False
                codes, ids, removed = codes[passed], ids[passed], removed[:0]
            engines.append(self._open_engine(codes, ids, removed))
        return ShardedEngine(engines)

    def _map_engine(self, engine: str) -> dict[str, np.memmap]:
        if engine != "faiss-ivf":
            return {}
        wanted = f"one that is there: scbch index engine {self.path} faiss-ivf makes it"
        require(self.manifest.engine is not None, "engine", engine, wanted)
        extras.require_packages(ivf.PURPOSE, "faiss")
        return derived.map_engine(self.path, self.manifest)

    def _open_ivf(self, find: str) -> Engine:
        inverted = derived.read_engine(self._mapped, self.manifest, find)
        held = self.manifest.engine["next_id"]
        gone = self._removed[self._removed < held]
        rows = sum(int(np.searchsorted(part.ids, held)) for part in self.segments)
        size, threads = rows - len(gone), self._threads
        return ivf.IvfEngine(inverted, size=size, removed=gone, threads=threads)

    def _open_engine(self, codes: Any, ids: Any, removed: Any) -> Engine:
        if self._engine != "device":
            return FlatIndex(codes, ids=ids, removed=removed, threads=self._threads)
        # Imports JAX, which the flat engine does without.
        from scbch_jax.index.device import DeviceIndex

        return DeviceIndex(codes, ids=ids, removed=removed)


def recall(path: Path, queries: int, *, k: int = 10) -> dict[str, float]:
    """Share of the k nearest items that the approximate engine finds, by modality.

    Of its own codes, drawn, it counts hits that are at most as distant as the k-th
    nearest: of items at one distance any will do. A fixed seed draws the items.

    Args:
        path: the index.
        queries: how many codes are drawn.
        k: how many of the nearest.

    Raises:
        InputError: if the index has no approximate engine, or no rows.
    """
    near, exact = Index(path, engine="faiss-ivf"), Index(path)
    ids = np.concatenate([part.ids for part in exact.segments])
    ids = np.setdiff1d(ids, contents.read_removed(path, exact.manifest))
    require(len(ids) > 0, "index", f"{path} without rows", "at least one row")
    drawn = np.random.default_rng(0).choice(ids, queries)
    found = {}
    for modality in exact.manifest.modalities:
        asked = np.concatenate([exact.code(int(item), modality) for item in drawn])
        ours, all_of = (x.search(asked, find=modality, k=k) for x in (near, exact))
        hits = (ours.ids >= 0) & (ours.distances <= all_of.distances[:, -1:])
        found[modality] = float(hits.sum() / (all_of.ids >= 0).sum())
    return found


@lru_cache(maxsize=1)
def _open_same(path: Path, digest: str, threads: int, engine: EngineName) -> Index:
    """Opens an index whose manifest has that checksum."""
    found = Index(path, threads=threads, engine=engine)
    got = f"{path}, which was changed meanwhile"
    require(found._digest == digest, "index", got, "the index that is searched")
    return found


def _rows_of(items: Any, ids: Any) -> Any:
    """The places of those items that are among the ascending ids."""
    rows = np.searchsorted(ids, items)
    inside = rows < len(ids)
    rows, items = rows[inside], items[inside]
    return rows[ids[rows] == items]
