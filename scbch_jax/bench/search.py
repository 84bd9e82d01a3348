"""The time of a Hamming search, of the flat engine and of FAISS, on one thread each."""

import importlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import UInt8

from scbch_jax import extras
from scbch_jax.bench.timing import timed
from scbch_jax.index import FlatIndex

Engines = dict[str, Callable[[Any, int], Any]]
"""From queries and k to the distances of the hits, by name."""


class SearchTime(NamedTuple):
    """The median time of an engine."""

    engine: str
    items: int
    bits: int
    queries: int
    k: int
    milliseconds: float
    """Of all queries together."""
    ratio: float
    """Of the flat engine's time to this one's."""


def draw_database(*, items: int, bits: int, queries: int) -> tuple[Any, Any]:
    """Random packed codes of a database, and of queries."""
    random = np.random.default_rng(0)
    shapes = ((items, bits // 8), (queries, bits // 8))
    codes, asked = (random.integers(0, 256, shape, np.uint8) for shape in shapes)
    return codes, asked


def search_engines(codes: UInt8[np.ndarray, "items bytes"]) -> Engines:
    """The flat engine, and FAISS's exact index if it is installed."""
    flat = FlatIndex(codes)
    engines: Engines = {"flat": lambda queries, k: flat.search(queries, k=k).distances}
    if extras.is_installed("faiss"):
        faiss = importlib.import_module("faiss")
        faiss.omp_set_num_threads(1)
        exact = faiss.IndexBinaryFlat(8 * codes.shape[1])
        exact.add(codes)
        engines["FAISS Flat"] = lambda queries, k: exact.search(queries, k)[0]
    return engines


def measure_engines(
    engines: Engines,
    queries: UInt8[np.ndarray, "queries bytes"],
    *,
    k: int,
    rounds: int,
) -> dict[str, float]:
    """Median milliseconds of each engine; all are called in turns.

    Raises:
        RuntimeError: if an engine finds other distances than the first.
    """
    expected = next(iter(engines.values()))(queries, k)
    for name, search in engines.items():
        if not np.array_equal(search(queries, k), expected):
            raise RuntimeError(f"{name} finds other distances than the flat engine")
    seconds = {name: [] for name in engines}
    for _ in range(rounds):
        for name, search in engines.items():
            taken, _ = timed(lambda search=search: search(queries, k))
            seconds[name].append(taken)
    return {name: 1000 * float(np.median(taken)) for name, taken in seconds.items()}
