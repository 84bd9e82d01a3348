"""Approximate Hamming search by FAISS's inverted lists."""

import hashlib
from typing import Any

import numpy as np
from jaxtyping import Int, UInt8

from scbch_jax import extras, io
from scbch_jax.errors import InputError, require
from scbch_jax.index.engine import MISSING_ID, Cursor, Hits, check_queries

PURPOSE = "the engine faiss-ivf"
NOT_KNOWN = -1
"""What `Hits.cut` is."""

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
        removed: Int[Any, " removed"] | None = None,
        threads: int = 1,
    ) -> None:
        """Takes FAISS's index, and ids that are never found.

        Args:
            inverted: an `IndexBinaryIVF` whose FAISS ids are the ids of the items.
            size: number of items that may be found: all but those removed since.
            removed: ascending ids that are never found.
            threads: of a search.
        """
        self.bits, self.size = int(inverted.d), size
        self._inverted, self._held = inverted, int(inverted.ntotal)
        self._removed = np.zeros(0, np.int64) if removed is None else removed
        self._hidden = self._held - size
        self._faiss, self._threads = _faiss(), threads

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
        self._faiss.omp_set_num_threads(self._threads)
        count = k + min(self._hidden, 3 * k)
        ids, distances = self._nearest(queries, k, count, within)
        return Hits(ids, distances, np.array([NOT_KNOWN] * len(queries)))

    def _nearest(
        self, queries: Any, k: int, count: int, within: int | None
    ) -> tuple[Any, Any]:
        """Ids and distances of the k nearest of `count` items that FAISS finds.

        FAISS gives them in the order (distance, id), and behind the last of them ids -1
        and distances above all others.
        """
        count = min(count, self._held)
        found, ids = self._inverted.search(queries, count)
        distances = np.minimum(found, self.bits + 1).astype(np.int64)
        if within is None and not self._hidden:
            return ids, distances
        limit = self.bits if within is None else min(within, self.bits)
        hidden = distances > limit
        if self._hidden:
            hidden |= _are_among(ids, self._removed)
        ids[hidden], distances[hidden] = MISSING_ID, self.bits + 1
        order = np.argsort(hidden, axis=1, kind="stable")[:, :k]
        ids = np.take_along_axis(ids, order, axis=1)
        distances = np.take_along_axis(distances, order, axis=1)
        if self._hidden and count < self._held:
            # Removed items can be all that is near: of such a query more are asked for.
            lacks = (ids[:, -1] < 0) & (found[:, -1] <= limit)
            for row in np.flatnonzero(lacks).tolist():
                more = self._nearest(queries[row : row + 1], k, 4 * count, within)
                ids[row], distances[row] = more[0][0], more[1][0]
        return ids, distances


def _are_among(items: Any, ascending: Any) -> Any:
    places = np.searchsorted(ascending, items)
    return ascending[np.minimum(places, len(ascending) - 1)] == items


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
    seed: int = 0,
) -> UInt8[np.ndarray, " size"]:
    """Builds FAISS's index of packed codes.

    Args:
        codes: at least one row.
        ids: of the items.
        lists: number of lists, of which there are at most as many as items;
            `default_lists` if omitted.
        probes: lists that a search looks through; `default_probes` if omitted.
        seed: of the codes from which the centers are made.

    Returns:
        The bytes of a file, for `read`.

    Raises:
        InputError: if FAISS is not installed.
    """
    faiss = _faiss()
    lists = default_lists(len(codes)) if lists is None else min(lists, len(codes))
    bits = 8 * codes.shape[1]
    inverted = faiss.IndexBinaryIVF(faiss.IndexBinaryFlat(bits), bits, lists)
    # FAISS would print a warning about few codes, which `lists` decides here.
    inverted.cp.min_points_per_centroid, inverted.cp.seed = 1, seed
    inverted.train(codes)
    inverted.add_with_ids(codes, np.asarray(ids, np.int64))
    inverted.nprobe = min(lists, default_probes(lists) if probes is None else probes)
    return faiss.serialize_index_binary(inverted)


def read(mapped: np.memmap, facts: io.Record) -> Any:
    """Reads what `build` returned, after its checksum was compared.

    FAISS's reader does not guard against malicious files, so it only gets the bytes
    that the manifest names.

    Args:
        mapped: the file.
        facts: its SHA-256, as the manifest says.

    Raises:
        InputError: if FAISS is not installed, or the file is not what was written.
    """
    faiss = _faiss()
    # A copy: what is mapped could change after it was compared.
    content = mapped.tobytes()
    if hashlib.sha256(content).hexdigest() != facts["sha256"]:
        got = f"{mapped.filename}, damaged"
        raise InputError(f"index: got {got}; wanted it as it was written")
    return faiss.deserialize_index_binary(np.frombuffer(content, np.uint8))


def _faiss() -> Any:
    return extras.import_optional("faiss", PURPOSE)
