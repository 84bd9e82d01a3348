"""The time of a Hamming search, of this package's engines and of FAISS's.

Each runs on one core. Exact engines search random codes, approximate ones codes in
clusters, as those of trained networks are.
"""

import importlib
import math
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import UInt8

from scbch_jax import extras
from scbch_jax.bench.timing import timed
from scbch_jax.index import (
    FlatIndex,
    Index,
    Rows,
    build,
    database,
    derived,
    set_engine,
    transfer,
)
from scbch_jax.index.postgres import PostgresIndex

Search = Callable[[Any, int], Any]
Engines = dict[str, Search]
"""From queries and k to the distances of the hits, by name; "flat" is the first."""

CLUSTERS, FLIPPED = 1000, 0.08
"""Clusters of codes, and the share of bits in which a code differs from its center."""

SHORTEST_TURN = 0.005
"""Seconds."""


class SearchTime(NamedTuple):
    """The median time of an engine."""

    codes: str
    """random or clustered."""
    engine: str
    items: int
    bits: int
    queries: int
    k: int
    milliseconds: float
    """Of all queries together."""
    ratio: float
    """Of the flat engine's time to this one's."""
    recall: float
    """Share of its hits that are as near as the k nearest."""


@contextmanager
def one_core() -> Iterator[None]:
    """Keeps this thread, and those that it starts, on one core, where Linux can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def draw_random(*, items: int, bits: int, queries: int) -> tuple[Any, Any]:
    """Random packed codes of a database, and of queries."""
    random = np.random.default_rng(0)
    shapes = ((items, bits // 8), (queries, bits // 8))
    codes, asked = (random.integers(0, 256, shape, np.uint8) for shape in shapes)
    return codes, asked


def draw_clustered(*, items: int, bits: int, queries: int) -> tuple[Any, Any]:
    """Packed codes around random centers, of a database and of queries."""
    random = np.random.default_rng(0)
    centers = random.integers(0, 256, (CLUSTERS, bits // 8), np.uint8)
    codes = centers[random.integers(0, CLUSTERS, items + queries)]
    for start in range(0, len(codes), 65_536):
        part = codes[start : start + 65_536]
        flipped = random.random((len(part), bits), np.float32) < FLIPPED
        part ^= np.packbits(flipped, axis=1)
    return codes[:items], codes[items:]


def exact_engines(codes: UInt8[np.ndarray, "items bytes"]) -> Engines:
    """The flat engine, and FAISS's exact index if it is installed."""
    engines = _flat(codes)
    if extras.is_installed("faiss"):
        faiss = importlib.import_module("faiss")
        faiss.omp_set_num_threads(1)
        exact = faiss.IndexBinaryFlat(8 * codes.shape[1])
        exact.add(codes)
        engines["FAISS Flat"] = lambda queries, k: exact.search(queries, k)[0]
    return engines


def approximate_engines(codes: UInt8[np.ndarray, "items bytes"]) -> Engines:
    """The flat engine, and FAISS's inverted lists, through an index and bare."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        build(path, Rows({"image": codes}))
        manifest = set_engine(path)
        inverted = derived.read_engine(
            derived.map_engine(path, manifest), manifest, "image"
        )
        # It maps its files, so it can be searched when they are deleted.
        ours = Index(path, engine="faiss-ivf")
    return {
        **_flat(codes),
        "faiss-ivf": lambda queries, k: (
            ours.search(queries, find="image", k=k).distances
        ),
        "FAISS IVF": lambda queries, k: inverted.search(queries, k)[0],
    }


@contextmanager
def postgres_engines(
    codes: UInt8[np.ndarray, "items bytes"], address: str
) -> Iterator[Engines]:
    """The flat engine, a database through this package, and a statement by hand.

    The statement gives the same hits, but not the number of items at the last distance
    that k leaves out. For the time of the block an index of the codes is in the schema,
    which must not hold another.
    """
    psycopg = importlib.import_module("psycopg")
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder) / "index", Rows({"image": codes}))
        transfer.to_database(Path(folder) / "index", address)
    ours = PostgresIndex(address)
    table = psycopg.sql.Identifier(ours.path.schema, "items")
    distance = f"(image <~> %s::bit({8 * codes.shape[1]}))"
    form = f"SELECT id, {distance} AS d FROM {{}} ORDER BY d, id LIMIT %s"
    near = psycopg.sql.SQL(form).format(table)

    def by_hand(queries: Any, k: int) -> Any:
        texts = ["".join(map(str, np.unpackbits(query))) for query in queries]
        found = [connection.execute(near, (text, k)).fetchall() for text in texts]
        return np.array([[distance for _, distance in rows] for rows in found])

    try:
        with (
            database.as_input_error(ours.path),
            psycopg.connect(ours.path.uri, autocommit=True) as connection,
        ):
            yield {
                **_flat(codes),
                "postgres": lambda queries, k: (
                    ours.search(queries, find="image", k=k).distances
                ),
                "SQL by hand": by_hand,
            }
    finally:
        transfer.drop(address)


def _flat(codes: UInt8[np.ndarray, "items bytes"]) -> Engines:
    # With JAX imported the scan is compiled, as in a process that searches more often.
    import jax  # noqa: F401

    flat = FlatIndex(codes)
    return {"flat": lambda queries, k: flat.search(queries, k=k).distances}


def recalls(engines: Engines, queries: Any, *, k: int) -> dict[str, float]:
    """Share of each engine's hits that are at most as distant as the k-th nearest."""
    limit = engines["flat"](queries, k)[:, -1:]
    return {
        name: float((search(queries, k) <= limit).mean())
        for name, search in engines.items()
    }


def check_agreement(engines: Engines, queries: Any, *, k: int) -> None:
    """Raises `RuntimeError` if an engine finds other distances than the flat one."""
    expected = engines["flat"](queries, k)
    for name, search in engines.items():
        if not np.array_equal(search(queries, k), expected):
            raise RuntimeError(f"{name} finds other distances than the flat engine")


def measure_engines(
    engines: Engines,
    queries: UInt8[np.ndarray, "queries bytes"],
    *,
    k: int,
    rounds: int,
) -> dict[str, float]:
    """Median milliseconds of each engine; all are called in turns.

    Before each timed call is one that is not, so that no engine finds the caches as
    another has left them. Calls that are too short for the clock are repeated: a turn
    takes at least `SHORTEST_TURN` seconds.
    """
    seconds = {name: [] for name in engines}
    for _ in range(rounds):
        for name, search in engines.items():
            once, _ = timed(partial(search, queries, k))
            calls = math.ceil(SHORTEST_TURN / once)
            taken, _ = timed(partial(_repeat, search, queries, k, calls))
            seconds[name].append(taken / calls)
    return {name: 1000 * float(np.median(taken)) for name, taken in seconds.items()}


def _repeat(search: Search, queries: Any, k: int, calls: int) -> None:
    for _ in range(calls):
        search(queries, k)
