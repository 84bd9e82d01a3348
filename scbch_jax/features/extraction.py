"""Pictures to rows of features, batch by batch, going on where an earlier call was."""

import hashlib
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from scbch_jax.errors import InputError, Interrupted
from scbch_jax.features.extractors import Extractor
from scbch_jax.features.feature_cache import FeatureCache
from scbch_jax.features.pictures import SIDE, read_picture

Unread = dict[int, str]
"""Number of each picture that cannot be read, and why."""

_Read = list[Future[np.ndarray]]


def open_partial(
    folder: Path, names: Sequence[str], extractor: Extractor, *, batch_size: int
) -> FeatureCache:
    """The unfinished features of these pictures by this network.

    Raises:
        InputError: if the folder holds those of others.
    """
    digest = hashlib.sha256("\n".join(names).encode()).hexdigest()
    plan = {"network": extractor.name, "width": extractor.width}
    plan |= {"pictures": digest, "rows": len(names), "batch_size": batch_size}
    return FeatureCache(folder, plan)


def extract(
    paths: Sequence[Path],
    extractor: Extractor,
    place: FeatureCache,
    *,
    on_batch: Callable[[int], None] = lambda rows: None,
    stop: Callable[[], bool] = lambda: False,
) -> Unread:
    """Fills the rows of all pictures that can be read; those of others are zeros.

    A batch always has the same pictures and the same size, so its bits do not depend on
    where an earlier call ended. One with a picture that cannot be read is tried again
    by the next call.

    Args:
        paths: of the pictures.
        extractor: the network.
        place: where the features go.
        on_batch: is told how many more pictures are done.
        stop: asked after each batch; if true, what is there stays, and the call ends.

    Returns:
        The pictures that cannot be read.

    Raises:
        Stopped: if `stop` said so.
    """
    unread: Unread = {}
    stamps = [_stamp(paths, place.rows_of(b)) for b in range(place.batches)]
    there = [b for b, stamp in enumerate(stamps) if place.has(b, stamp)]
    on_batch(sum(len(place.rows_of(batch)) for batch in there))
    todo = sorted(set(range(place.batches)) - set(there))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for batch, read in _one_ahead(pool, paths, place, todo):
            rows = place.rows_of(batch)
            pictures, lost = _gather(read, place.plan["batch_size"])
            # A network may hand out memory of its device, which is not to be written.
            found = np.array(extractor.apply(pictures)[: len(rows)])
            found[list(lost)] = 0
            place.write(batch, found, None if lost else stamps[batch])
            unread |= {rows[i]: reason for i, reason in lost.items()}
            on_batch(len(rows))
            if stop() and batch != todo[-1]:
                pool.shutdown(cancel_futures=True)
                raise Interrupted(f"{rows.stop} pictures of {len(paths)}")
    return unread


def _stamp(paths: Sequence[Path], rows: range) -> int:
    """Tells files apart by size and time, without reading them."""
    found = [paths[i].stat() if paths[i].is_file() else None for i in rows]
    marks = [(x.st_size, x.st_mtime_ns) if x else None for x in found]
    return zlib.crc32(repr(marks).encode())


def _one_ahead(
    pool: ThreadPoolExecutor,
    paths: Sequence[Path],
    place: FeatureCache,
    todo: list[int],
) -> Iterator[tuple[int, _Read]]:
    """Batches whose pictures are being read, the one after each as well."""

    def begin(batch: int) -> _Read:
        return [pool.submit(read_picture, paths[i]) for i in place.rows_of(batch)]

    coming = begin(todo[0]) if todo else []
    for batch, after in zip(todo, [*todo[1:], None], strict=True):
        read, coming = coming, begin(after) if after is not None else []
        yield batch, read


def _gather(read: _Read, size: int) -> tuple[np.ndarray, Unread]:
    """A whole batch, black where a picture is lacking or cannot be read."""
    pictures = np.zeros((size, SIDE, SIDE, 3), np.uint8)
    lost: Unread = {}
    for i, future in enumerate(read):
        try:
            pictures[i] = future.result()
        except InputError as error:
            lost[i] = str(error)
    return pictures, lost
