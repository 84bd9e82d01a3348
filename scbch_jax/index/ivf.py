"""Approximate Hamming search by FAISS's inverted lists."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int, UInt8

from scbch_jax import extras, io
from scbch_jax.errors import InputError, require
from scbch_jax.index.engine import MISSING_ID, Cursor, Hits, check_queries

PURPOSE = "the engine faiss-ivf"
ID = 44
"""Bits of an id in a key of distance and id, which sorts in the order of hits."""

TRAINED_ON = 39
"""Codes that each list needs for its center, as FAISS advises."""


class IvfEngine:
    """An approximate engine: FAISS's `IndexBinaryIVF`.

    The codes are divided into lists around centers; a search looks through the lists
    whose centers are nearest. It finds most of the nearest items, not always all. Hits
    are in the order (distance, id) among what is found, and how many more have the
    distance of the last one is not known: `Hits.cut` is -1.
    """

    exact = False

    def __init__(
        self,
        inverted: Any,
        *,
        size: int,
        removed: Int[Any, " removed"],
        threads: int = 1,
    ) -> None:
        """Takes FAISS's index, and ids that are never found.

        Args:
            inverted: an `IndexBinaryIVF` whose FAISS ids are the ids of the items.
            size: number of items that may be found.
            removed: ids that may be in it and are never found.
            threads: of a search.
        """
        self.bits, self.size = int(inverted.d), size
        self._inverted, self._removed, self._threads = inverted, removed, threads
        self._faiss, self._nothing = _faiss(), (self.bits + 1) << ID

    def search(
        self,
        queries: UInt8[Any, "queries bytes"],
        *,
        k: int,
        within: int | None = None,
        after: Cursor | None = None,
    ) -> Hits:
        """Finds near items of each query; arguments as of `Engine.search`.

        Raises:
            InputError: for codes of another length, k below 1, within below 0, or a
                page after a cursor, which needs an exact engine.
        """
        check_queries(queries, bits=self.bits, k=k, within=within)
        require(after is None, "after", "a page of faiss-ivf", "an exact engine")
        k = min(k, self.size)
        if not k or not len(queries):
            empty = np.zeros((len(queries), k), np.int64)
            return Hits(empty, empty, np.zeros(len(queries), np.int64))
        wanted = k + min(len(self._removed), 3 * k)
        distances, ids = self._ask(queries, min(wanted, self._inverted.ntotal))
        limit = self.bits if within is None else within
        hidden = distances > limit  # as FAISS's distance is where it found nothing
        if len(self._removed):
            hidden |= np.isin(ids, self._removed)
        keys = np.where(hidden, self._nothing, (distances.astype(np.int64) << ID) + ids)
        keys.sort(axis=1)
        ids, distances = keys[:, :k] & (2**ID - 1), keys[:, :k] >> ID
        ids[distances > self.bits] = MISSING_ID
        return Hits(ids, distances, np.full(len(queries), -1))

    def _ask(self, queries: Any, count: int) -> tuple[Any, Any]:
        self._faiss.omp_set_num_threads(self._threads)
        return self._inverted.search(np.ascontiguousarray(queries), count)


def default_lists(items: int) -> int:
    """The root of the number of items, so that each list has enough to train on."""
    return max(1, min(int(items**0.5), items // TRAINED_ON))


def default_probes(lists: int) -> int:
    """A sixty-fourth of the lists, at least 8: recall@10 of 0.99 on clustered codes."""
    return min(lists, max(8, lists // 64))


def build(
    codes: UInt8[Any, "items bytes"],
    ids: Int[Any, " items"],
    *,
    lists: int | None = None,
    probes: int | None = None,
) -> UInt8[np.ndarray, " size"]:
    """Builds FAISS's index of packed codes.

    Args:
        codes: at least one row.
        ids: of the items.
        lists: number of lists, at most the items; `default_lists` if omitted.
        probes: lists that a search looks through; `default_probes` if omitted.

    Returns:
        The bytes of a file, for `read`.

    Raises:
        InputError: if FAISS is not installed, or there are fewer items than lists.
    """
    faiss = _faiss()
    lists = default_lists(len(codes)) if lists is None else lists
    require(lists <= len(codes), "lists", lists, f"at most the {len(codes)} rows")
    bits = 8 * codes.shape[1]
    inverted = faiss.IndexBinaryIVF(faiss.IndexBinaryFlat(bits), bits, lists)
    # FAISS would print a warning about few codes, which `lists` decides here.
    inverted.cp.min_points_per_centroid = 1
    inverted.train(codes)
    inverted.add_with_ids(codes, np.asarray(ids, np.int64))
    inverted.nprobe = min(lists, default_probes(lists) if probes is None else probes)
    return faiss.serialize_index_binary(inverted)


def read(path: Path, facts: io.Record) -> Any:
    """Reads what `build` returned, after its checksum was compared.

    FAISS's reader is no guard against files that were made to harm, so only the bytes
    that the manifest names are given to it.

    Raises:
        InputError: if FAISS is not installed, or the file is not what was written.
    """
    faiss = _faiss()
    try:
        content = path.read_bytes()
    except OSError as error:
        raise io.read_error(path, error) from error
    same = hashlib.sha256(content).hexdigest() == facts["sha256"]
    if not same:
        raise InputError(f"index: got {path}, damaged; wanted it as it was written")
    return faiss.deserialize_index_binary(np.frombuffer(content, np.uint8))


def _faiss() -> Any:
    return extras.import_optional("faiss", PURPOSE)
