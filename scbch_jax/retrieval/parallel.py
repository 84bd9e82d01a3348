"""Counts by Hamming distance on all cores or devices, in chunks of the database."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import numpy as np
from jaxtyping import Shaped, UInt8

from scbch_jax.errors import check_rank, check_same_rows
from scbch_jax.retrieval.hamming import DistanceCounts, distance_counts

CHUNK = {"cpu": 480 * 2**10, "other": 2**25}
"""Bytes of codes, labels and keys counted at once. On a CPU they fit into its cache,
and XLA does not split them among threads that are busy already."""


def count(
    query_codes: UInt8[Any, "queries bytes"],
    database_codes: UInt8[Any, "items bytes"],
    query_labels: Shaped[Any, "queries classes"],
    database_labels: Shaped[Any, "items classes"],
    *,
    chunk: int | None = None,
) -> DistanceCounts:
    """Computes `distance_counts` in parallel; the result is on the host.

    Queries are divided among the cores, or among the devices if there are several. The
    database is read chunk by chunk, so it may be a memory-mapped file larger than
    memory.

    Args:
        query_codes: packed codes.
        database_codes: packed codes of the same length.
        query_labels: multi-hot.
        database_labels: multi-hot.
        chunk: items counted at once; chosen for the device if omitted.

    Raises:
        ValueError: if numbers of rows or widths do not match, or either side is empty.
    """
    check_rank(2, query_codes=query_codes, database_codes=database_codes)
    check_rank(2, query_labels=query_labels, database_labels=database_labels)
    for name, codes in (
        ("query_codes", query_codes),
        ("database_codes", database_codes),
    ):
        if codes.dtype != np.uint8:
            raise ValueError(f"{name}: got {codes.dtype}, wanted packed bytes, uint8")
        if not len(codes):
            raise ValueError(f"{name}: got none, wanted at least one")
    check_same_rows(query_codes=query_codes, query_labels=query_labels)
    check_same_rows(database_codes=database_codes, database_labels=database_labels)
    devices = _workers(len(query_codes))
    kind = "cpu" if devices[0].platform == "cpu" else "other"
    chunk = chunk or CHUNK[kind] // _bytes_per_item(database_codes, database_labels)
    chunks = list(_chunks(len(database_codes), chunk))
    if len(devices) == len(chunks) == 1:
        table = distance_counts(
            query_codes, database_codes, query_labels, database_labels
        )
        return DistanceCounts(*(np.asarray(x, np.int64) for x in table))
    parts = _equal_parts(query_codes, query_labels, len(devices))
    database = (database_codes, database_labels)
    with ThreadPoolExecutor(len(devices)) as pool:
        tables = pool.map(
            lambda device, part: _count_part(device, part, database, chunks),
            devices,
            parts,
        )
        whole = (np.concatenate(sides) for sides in zip(*tables, strict=True))
        return DistanceCounts(*(side[: len(query_codes)] for side in whole))


def _count_part(
    device: Any, queries: Any, database: Any, chunks: list[slice]
) -> tuple[Any, ...]:
    """Counts one worker's queries against all chunks."""
    codes, labels = jax.device_put(queries, device)
    sums: Any = 0
    for rows in chunks:
        chunk = jax.device_put([np.asarray(x[rows]) for x in database], device)
        table = distance_counts(codes, chunk[0], labels, chunk[1])
        sums = sums + np.stack([np.asarray(x, np.int64) for x in table])
    return tuple(sums)


def _workers(queries: int) -> list[Any]:
    """Devices, or on a CPU one entry for each core; at most as many as queries."""
    devices = jax.local_devices()
    if devices[0].platform == "cpu":
        devices = [devices[0]] * (os.cpu_count() or 1)
    return devices[: max(queries, 1)]


def _bytes_per_item(codes: Any, labels: Any) -> int:
    """Bytes of an item: words of its code and of its labels, and its key."""
    return 4 * (-(-codes.shape[1] // 4) - (-labels.shape[1] // 32) + 1)


def _chunks(items: int, size: int) -> Iterator[slice]:
    """Slices of nearly equal size, so that at most two programs are compiled."""
    number = max(-(-items // size), 1)
    step = max(-(-items // number), 1)
    for start in range(0, max(items, 1), step):
        yield slice(start, min(start + step, items))


def _equal_parts(codes: Any, labels: Any, number: int) -> list[Any]:
    """Queries in parts of equal size; repeats of the last row fill the last part."""
    size = -(-len(codes) // number)
    rows = np.minimum(np.arange(number * size), len(codes) - 1).reshape(number, size)
    codes, labels = np.asarray(codes), np.asarray(labels)
    return [(codes[part], labels[part]) for part in rows]
