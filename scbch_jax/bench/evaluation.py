"""Times of all ways on drawn problems, in turns, so that noise hits them alike."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, UInt8

from scbch_jax.bench.memory import peak_mib


class Drawn(NamedTuple):
    """Random packed codes of two modalities, and labels of both sets."""

    query_image: UInt8[np.ndarray, "queries bytes"]
    query_text: UInt8[np.ndarray, "queries bytes"]
    database_image: UInt8[np.ndarray, "items bytes"]
    database_text: UInt8[np.ndarray, "items bytes"]
    query_labels: Float[np.ndarray, "queries classes"]
    database_labels: Float[np.ndarray, "items classes"]


class Way(NamedTuple):
    """One way to evaluate codes."""

    run: Callable[[Any], Any]
    """What is timed."""
    prepare: Callable[[Drawn], Any] = lambda drawn: drawn
    """Turns a problem into what is run, untimed."""
    one_by_one: bool = False
    """Whether it takes one query after the other, so that a sample tells its time."""


class Timing(NamedTuple):
    """What one way took for both directions."""

    seconds: float
    """Median over the rounds; scaled to all queries where a sample was timed."""
    queries: int
    """How many queries were timed."""
    memory: float
    """MiB by which the process grew in its first run; 0 if it had been larger."""


def draw(*, queries: int, items: int, bits: int, classes: int, seed: int = 0) -> Drawn:
    """Draws codes evenly, and each label with a chance of one in ten."""
    rng = np.random.default_rng(seed)
    codes = [
        rng.integers(0, 256, (n, bits // 8), dtype=np.uint8)
        for n in (queries, queries, items, items)
    ]
    labels = [
        (rng.random((n, classes), dtype=np.float32) < 0.1).astype(np.float32)
        for n in (queries, items)
    ]
    return Drawn(*codes, *labels)


def measure(
    problems: Mapping[int, Drawn], ways: Mapping[str, Way], *, rounds: int, sampled: int
) -> dict[tuple[int, str], Timing]:
    """Runs every way on every problem once to warm up, then `rounds` times in turns.

    Args:
        problems: by size of the database.
        ways: by name.
        rounds: how often each is timed.
        sampled: queries on which a way is timed that takes one after the other.
    """
    runs, memory, queries = {}, {}, {}
    for name, way in ways.items():
        # What a first run loads and compiles for good is not the problem's memory.
        way.run(way.prepare(_first(problems[min(problems)], 2)))
        for size, drawn in problems.items():
            part = _first(drawn, sampled) if way.one_by_one else drawn
            ready, before = way.prepare(part), peak_mib()
            way.run(ready)
            runs[size, name] = (way.run, ready)
            queries[name] = len(part.query_labels)
            memory[size, name] = peak_mib() - before
    times = [{key: _seconds(*run) for key, run in runs.items()} for _ in range(rounds)]
    found = {}
    for key in runs:
        timed, whole = queries[key[1]], len(problems[key[0]].query_labels)
        middle = statistics.median(seconds[key] for seconds in times)
        found[key] = Timing(middle * whole / timed, timed, memory[key])
    return found


def _seconds(run: Callable[[Any], Any], ready: Any) -> float:
    start = time.perf_counter()
    run(ready)
    return time.perf_counter() - start


def _first(drawn: Drawn, queries: int) -> Drawn:
    return drawn._replace(
        query_image=drawn.query_image[:queries],
        query_text=drawn.query_text[:queries],
        query_labels=drawn.query_labels[:queries],
    )
