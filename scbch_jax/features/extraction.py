"""Features of many pictures or texts, batch by batch, in a cache that can be resumed.

FOLDER/manifest.json    what decides the features: another manifest is another cache
FOLDER/features.npy     a row for each picture
FOLDER/done.jsonl       a line for each finished batch: its checksum, and its files'
"""

import contextlib
import hashlib
import itertools
import json
import os
import shutil
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from scbch_jax import io
from scbch_jax.config.data import MAX_PIXELS
from scbch_jax.errors import InputError, Interrupted, require
from scbch_jax.features.extractors import Extractor
from scbch_jax.features.pictures import read_picture
from scbch_jax.features.text_models import TextNetwork, text_features

Unreadable = dict[int, str]
"""Index of each picture that cannot be read, and why."""


class FeatureCache:
    """Rows of features that are written batch by batch; see `open_cache`."""

    def __init__(self, folder: Path, manifest: io.Record) -> None:
        """Opens the cache, or makes it.

        Args:
            folder: which is locked.
            manifest: JSON that decides the features; with `rows`, `width` and
                `batch_size`.

        Raises:
            InputError: if the folder holds something else, or cannot be written.
        """
        self.folder, self.manifest = folder, manifest
        if not (folder / "manifest.json").is_file():
            self._create()
        wanted = f"the same source and options, or {folder} removed"
        same = io.read_json(folder / "manifest.json", "out") == manifest
        require(same, "out", f"{folder}, left by a call with others", wanted)
        try:
            self.features = np.load(folder / "features.npy", mmap_mode="r+")
        except (OSError, ValueError) as error:
            got = f"{folder}, which is damaged ({error})"
            raise InputError(f"out: got {got}, wanted it removed") from error
        lines = io.read_jsonl(folder / "done.jsonl")
        self._done = {x.get("batch"): (x.get("crc32"), x.get("files")) for x in lines}

    def rows_of(self, batch: int) -> range:
        """The rows of a batch; the last one may be shorter."""
        size = self.manifest["batch_size"]
        return range(batch * size, min((batch + 1) * size, self.manifest["rows"]))

    @property
    def batches(self) -> int:
        """The number of batches."""
        return -(-self.manifest["rows"] // self.manifest["batch_size"])

    def has(self, batch: int, files: int) -> bool:
        """Whether a batch is finished, unchanged on disk, and made of the same files.

        Args:
            batch: its number.
            files: checksum of the sizes and times of its files.
        """
        return self._done.get(batch) == (self._crc32(batch), files)

    def write(self, batch: int, rows: np.ndarray, files: int | None) -> None:
        """Writes a batch.

        Args:
            batch: its number.
            rows: its features.
            files: as for `has`; None leaves the batch unfinished, for the next call.
        """
        target = self.rows_of(batch)
        self.features[target.start : target.stop] = rows
        if files is not None:
            self.features.flush()  # type: ignore[attr-defined] -- a map of the file
            line = {"batch": batch, "crc32": self._crc32(batch), "files": files}
            io.append_jsonl(self.folder / "done.jsonl", line)

    def remove(self) -> None:
        """Removes the cache: its features have been written elsewhere."""
        del self.features
        # Without this file the others are known to be leftovers.
        (self.folder / "manifest.json").unlink()
        shutil.rmtree(self.folder)

    def _create(self) -> None:
        # A process killed while it made or removed a cache may have left these names.
        leftovers = {"features.npy", "done.jsonl", ".manifest.json.partial"}
        foreign = {path.name for path in self.folder.iterdir()} - leftovers
        got = f"{self.folder}, which holds other files"
        require(not foreign, "out", got, "a new folder")
        (self.folder / "done.jsonl").unlink(missing_ok=True)
        shape = (self.manifest["rows"], self.manifest["width"])
        _allocate(self.folder / "features.npy", shape)
        io.write_json(self.folder / "manifest.json", self.manifest)

    def _crc32(self, batch: int) -> int:
        rows = self.rows_of(batch)
        return zlib.crc32(self.features[rows.start : rows.stop].tobytes())


@contextlib.contextmanager
def open_cache(
    folder: Path,
    names: Sequence[str],
    network: Extractor | TextNetwork,
    *,
    batch_size: int,
) -> Iterator[FeatureCache]:
    """Opens the cache of the features of pictures or texts, or makes it, and locks it.

    Args:
        folder: of the cache.
        names: of the pictures, or the texts.
        network: that computes the features.
        batch_size: how many are computed at once.

    Raises:
        InputError: if the folder holds the features of others or of another network,
            cannot be written, or is in use by another process.
    """
    digest = hashlib.sha256(json.dumps(names).encode()).hexdigest()
    kind = "pictures" if isinstance(network, Extractor) else "texts"
    manifest = {"network": network.name, "width": network.width, kind: digest}
    manifest |= {"rows": len(names), "batch_size": batch_size}
    with io.locked_folder(folder):
        yield FeatureCache(folder, manifest)


def extract(
    paths: Sequence[Path],
    extractor: Extractor,
    cache: FeatureCache,
    *,
    max_pixels: int = MAX_PIXELS,
    on_batch: Callable[[int], None] = lambda rows: None,
    stop: Callable[[], bool] = lambda: False,
) -> Unreadable:
    """Fills the cache; rows of pictures that cannot be read are zeros.

    A batch always has the same pictures and size, so its bits do not depend on where an
    earlier call ended. A batch with a picture that cannot be read is left unfinished.

    Args:
        paths: of the pictures.
        extractor: the network.
        cache: where the features go.
        max_pixels: larger pictures are not read.
        on_batch: called with the number of pictures that were added.
        stop: asked after each batch; if true, the call ends, and the cache stays.

    Returns:
        The pictures that cannot be read.

    Raises:
        Interrupted: if `stop` returned true.
    """
    files = [_checksum_of_stats(paths, cache.rows_of(b)) for b in range(cache.batches)]
    todo = [batch for batch, sum_ in enumerate(files) if not cache.has(batch, sum_)]
    on_batch(len(paths) - sum(len(cache.rows_of(batch)) for batch in todo))
    unreadable: Unreadable = {}
    read = partial(read_picture, max_pixels=max_pixels, prepare=extractor.prepare)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for batch, futures in _prefetch(pool, read, paths, cache, todo):
            rows = cache.rows_of(batch)
            pictures, lost = _collect(futures, cache.manifest["batch_size"])
            features = np.zeros((len(rows), extractor.width), np.float32)
            if len(lost) < len(rows):
                features[:] = extractor.apply(pictures)[: len(rows)]
            features[list(lost)] = 0
            cache.write(batch, features, None if lost else files[batch])
            unreadable |= {rows[i]: reason for i, reason in lost.items()}
            on_batch(len(rows))
            if stop() and batch != todo[-1]:
                pool.shutdown(cancel_futures=True)
                raise Interrupted(f"{rows.stop} pictures of {len(paths)}")
    return unreadable


def extract_texts(
    texts: Sequence[str],
    network: TextNetwork,
    cache: FeatureCache,
    *,
    on_batch: Callable[[int], None] = lambda rows: None,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Fills the cache with features of texts, as `extract` does with those of pictures.

    Raises:
        Interrupted: if `stop` returned true.
    """
    todo = [batch for batch in range(cache.batches) if not cache.has(batch, 0)]
    on_batch(len(texts) - sum(len(cache.rows_of(batch)) for batch in todo))
    for batch in todo:
        rows = cache.rows_of(batch)
        part = text_features(network, texts[rows.start : rows.stop])
        cache.write(batch, part, 0)  # The cache's manifest has the texts themselves.
        on_batch(len(rows))
        if stop() and batch != todo[-1]:
            raise Interrupted(f"{rows.stop} texts of {len(texts)}")


def _allocate(path: Path, shape: tuple[int, int]) -> None:
    """Makes a float32 file of zeros that has all its blocks on disk.

    A sparse file would end the process by SIGBUS, without a message, where the map of
    it is written to and the disk is full.
    """
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    try:
        with path.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, header)
            file.flush()
            size = file.tell() + 4 * shape[0] * shape[1]
            if hasattr(os, "posix_fallocate"):  # not on macOS
                os.posix_fallocate(file.fileno(), 0, size)
            os.truncate(file.fileno(), size)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise io.write_error(path, error) from error


def _checksum_of_stats(paths: Sequence[Path], rows: range) -> int:
    """Changes when a file does: of sizes and times, without reading the files."""
    stats = [paths[i].stat() if paths[i].is_file() else None for i in rows]
    marks = [(x.st_size, x.st_mtime_ns) if x else None for x in stats]
    return zlib.crc32(repr(marks).encode())


def _prefetch(
    pool: ThreadPoolExecutor,
    read: Callable[[Path], np.ndarray],
    paths: Sequence[Path],
    cache: FeatureCache,
    todo: Sequence[int],
) -> Iterator[tuple[int, list[Future[np.ndarray]]]]:
    """Batches with their pictures, while those of the next batch are being read."""

    def submit(batch: int) -> list[Future[np.ndarray]]:
        return [pool.submit(read, paths[i]) for i in cache.rows_of(batch)]

    coming = submit(todo[0]) if todo else []
    for batch, following in itertools.zip_longest(todo, todo[1:]):
        current, coming = coming, submit(following) if following is not None else []
        yield batch, current


def _collect(
    futures: Sequence[Future[np.ndarray]], size: int
) -> tuple[np.ndarray, Unreadable]:
    """A full batch; another of its pictures where there is none that can be read."""
    found: dict[int, np.ndarray] = {}
    lost: Unreadable = {}
    for i, future in enumerate(futures):
        try:
            found[i] = future.result()
        except InputError as error:
            lost[i] = str(error)
    other = next(iter(found.values()), np.zeros(()))
    return np.stack([found.get(i, other) for i in range(size)]), lost
