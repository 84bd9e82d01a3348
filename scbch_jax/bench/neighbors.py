"""The neighbor search: its time, its memory, and whether it finds the right ones."""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from scbch_jax.bench.memory import peak_mib
from scbch_jax.neighbors import nearest_rows

ROUNDING = 1e-6
"""Similarities closer than this are ties in float32: 8 units in the last place of 1."""


class Codes(NamedTuple):
    """Relaxed codes of two modalities."""

    image: Float[np.ndarray, "samples bits"]
    text: Float[np.ndarray, "samples bits"]


class Agreement(NamedTuple):
    """How the neighbors of sampled rows compare with those by float64."""

    equal: float
    """Share of rows with the same set of neighbors."""
    explained: float
    """Share of rows with the same set but for neighbors that tie for the last place."""
    found: float
    """Share of the true neighbors that are found: recall."""


class Found(NamedTuple):
    """What one way took, and what it found."""

    seconds: float
    """Median; scaled to all rows where a sample was timed."""
    timed: int
    """How many rows were timed."""
    memory: float
    """MiB by which the process grew in its first run; 0 if it had been larger."""
    agreement: Agreement


def draw_codes(*, rows: int, bits: int, seed: int = 0) -> Codes:
    """Draws normal codes; neighbors of such rows are harder to tell than a class's."""
    rng = np.random.default_rng(seed)
    return Codes(*(rng.standard_normal((rows, bits), dtype=np.float32) for _ in "it"))


def measure_search(
    codes: Codes, *, neighbors: int, search: Sequence[str], rounds: int, sampled: int
) -> dict[str, Found]:
    """Times the searches on all rows and NumPy on a sample, in turns.

    With one round, the time is that of the first run, compilation included.

    Args:
        codes: of both modalities.
        neighbors: k, below the number of rows.
        search: "exact", "approximate" or both.
        rounds: how often each is timed.
        sampled: rows for NumPy, and for the comparison with float64.
    """
    samples = len(codes.image)
    drawn = np.random.default_rng(1).choice(
        samples, min(sampled, samples), replace=False
    )
    on_device = Codes(*(jax.block_until_ready(jnp.asarray(x)) for x in codes))

    def searched(way: str) -> Callable[[], Any]:
        return lambda: np.asarray(
            nearest_rows(*on_device, neighbors=neighbors, search=way).index
        )

    ways = {way: searched(way) for way in search}
    units = _unit(codes)
    ways["NumPy"] = lambda: _plain(units, drawn, neighbors)
    first, times, memory = {}, {}, {}
    for name, run in ways.items():
        before = peak_mib()
        seconds, index = _timed(run)
        memory[name] = peak_mib() - before
        times[name] = [seconds] if rounds == 1 else []
        first[name] = index if name == "NumPy" else index[drawn]
    for _ in range(rounds if rounds > 1 else 0):
        for name, run in ways.items():
            times[name].append(_timed(run)[0])
    truth = _in_float64(codes, drawn, neighbors)
    found = {}
    for name in ways:
        timed = len(drawn) if name == "NumPy" else samples
        seconds = statistics.median(times[name]) * samples / timed
        agreement = agree(first[name], *truth)
        found[name] = Found(seconds, timed, memory[name], agreement)
    return found


def agree(
    index: Int[np.ndarray, "rows k"],
    nearest: Int[np.ndarray, "rows k"],
    similarity: Float[np.ndarray, "rows samples"],
) -> Agreement:
    """Compares neighbors as sets with the true ones.

    Args:
        index: what was found.
        nearest: the true neighbors.
        similarity: in float64, of each row to all samples.
    """
    found, wanted = np.sort(index, axis=1), np.sort(nearest, axis=1)
    equal = (found == wanted).all(axis=1)
    best, theirs = (
        np.sort(np.take_along_axis(similarity, x, axis=1), axis=1)
        for x in (nearest, index)
    )
    distinct = (np.diff(found, axis=1) > 0).all(axis=1)
    ties = distinct & (np.abs(best - theirs) < ROUNDING).all(axis=1)
    hits = [np.isin(a, b).mean() for a, b in zip(wanted, found, strict=True)]
    return Agreement(float(equal.mean()), float(ties.mean()), float(np.mean(hits)))


def _plain(units: Codes, rows: Any, k: int) -> Any:
    """Every similarity of some rows in one matrix, and a partition of each row."""
    similarity = _similarity(units, rows)
    return np.argpartition(-similarity, k - 1, axis=1)[:, :k]


def _in_float64(codes: Codes, rows: Any, k: int) -> tuple[Any, Any]:
    units = _unit(Codes(*(x.astype(np.float64) for x in codes)))
    return _plain(units, rows, k), _similarity(units, rows)


def _unit(codes: Codes) -> Codes:
    return Codes(*(x / np.linalg.norm(x, axis=1, keepdims=True) for x in codes))


def _similarity(units: Codes, rows: Any) -> Any:
    """Cosines averaged over both modalities, 0 for a row and itself."""
    similarity = 0.5 * (units.image[rows] @ units.image.T)
    similarity += 0.5 * (units.text[rows] @ units.text.T)
    similarity[np.arange(len(rows)), rows] = 0
    return similarity


def _timed(run: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = run()
    return time.perf_counter() - start, result
