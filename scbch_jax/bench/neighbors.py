"""The neighbor search: its time, its memory, and its agreement with float64."""

import statistics
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from scbch_jax.bench.timing import peak_mib, timed
from scbch_jax.neighbors import nearest_rows

ROUNDING = 1e-6
"""Similarities closer than this count as ties: 8 units in the last place of 1."""


class Codes(NamedTuple):
    """Relaxed codes of two modalities."""

    image: Float[np.ndarray, "samples bits"]
    text: Float[np.ndarray, "samples bits"]


class Agreement(NamedTuple):
    """The neighbors of sampled rows, compared with those computed in float64."""

    equal: float
    """Share of rows with the same set of neighbors."""
    equal_up_to_ties: float
    """Share of rows with the same set, up to neighbors that tie for rank k."""
    recall: float
    """Share of the true neighbors that are found."""


class SearchTiming(NamedTuple):
    """Time, memory and agreement of a search."""

    seconds: float
    """Median over the rounds, scaled to all rows if a sample was timed."""
    timed_rows: int
    """Number of rows that were timed."""
    memory: float
    """Growth of the process's peak memory in the first run, in MiB."""
    agreement: Agreement


def draw_codes(*, rows: int, bits: int, seed: int = 0) -> Codes:
    """Draws normal codes; their neighbors are closer to ties than those of classes."""
    rng = np.random.default_rng(seed)
    return Codes(*(rng.standard_normal((rows, bits), dtype=np.float32) for _ in "it"))


def measure_search(
    codes: Codes, *, neighbors: int, search: Sequence[str], rounds: int, sampled: int
) -> dict[str, SearchTiming]:
    """Times the searches on all rows, and NumPy on a sample of rows, in turns.

    With one round, the time is that of the first run and includes compilation.

    Args:
        codes: of both modalities.
        neighbors: k, below the number of rows.
        search: any of "exact", "approximate" and "tree".
        rounds: how often each is timed.
        sampled: rows for NumPy, and for the comparison with float64.
    """
    samples = len(codes.image)
    drawn = np.random.default_rng(1).choice(
        samples, min(sampled, samples), replace=False
    )
    on_device = Codes(*(jax.block_until_ready(jnp.asarray(x)) for x in codes))

    def searching(kind: str) -> Callable[[], Any]:
        return lambda: np.asarray(
            nearest_rows(*on_device, neighbors=neighbors, search=kind).index
        )

    baselines = {kind: searching(kind) for kind in search}
    units = _unit(codes)
    baselines["NumPy"] = lambda: _argpartition(units, drawn, neighbors)
    first, times, memory = {}, {}, {}
    for name, run in baselines.items():
        before = peak_mib()
        seconds, index = timed(run)
        memory[name] = peak_mib() - before
        times[name] = [seconds] if rounds == 1 else []
        first[name] = index if name == "NumPy" else index[drawn]
    for _ in range(rounds if rounds > 1 else 0):
        for name, run in baselines.items():
            times[name].append(timed(run)[0])
    truth = _in_float64(codes, drawn, neighbors)
    found = {}
    for name in baselines:
        rows = len(drawn) if name == "NumPy" else samples
        seconds = statistics.median(times[name]) * samples / rows
        agreement = compare_neighbors(first[name], *truth)
        found[name] = SearchTiming(seconds, rows, memory[name], agreement)
    return found


def compare_neighbors(
    index: Int[np.ndarray, "rows k"],
    nearest: Int[np.ndarray, "rows k"],
    similarity: Float[np.ndarray, "rows samples"],
) -> Agreement:
    """Compares sets of neighbors with the true ones.

    Args:
        index: the neighbors that a search found.
        nearest: the true neighbors.
        similarity: of each row to all samples, in float64.
    """
    found, wanted = np.sort(index, axis=1), np.sort(nearest, axis=1)
    equal = (found == wanted).all(axis=1)
    true_similarity, found_similarity = (
        np.sort(np.take_along_axis(similarity, x, axis=1), axis=1)
        for x in (nearest, index)
    )
    distinct = (np.diff(found, axis=1) > 0).all(axis=1)
    ties = distinct & (np.abs(true_similarity - found_similarity) < ROUNDING).all(
        axis=1
    )
    hits = [np.isin(a, b).mean() for a, b in zip(wanted, found, strict=True)]
    return Agreement(float(equal.mean()), float(ties.mean()), float(np.mean(hits)))


def _argpartition(units: Codes, rows: Any, k: int) -> Any:
    """Neighbors of some rows from the matrix of all their similarities."""
    similarity = _similarity(units, rows)
    return np.argpartition(-similarity, k - 1, axis=1)[:, :k]


def _in_float64(codes: Codes, rows: Any, k: int) -> tuple[Any, Any]:
    units = _unit(Codes(*(x.astype(np.float64) for x in codes)))
    return _argpartition(units, rows, k), _similarity(units, rows)


def _unit(codes: Codes) -> Codes:
    return Codes(*(x / np.linalg.norm(x, axis=1, keepdims=True) for x in codes))


def _similarity(units: Codes, rows: Any) -> Any:
    """Cosine similarity averaged over modalities; 0 of a row with itself."""
    similarity = 0.5 * (units.image[rows] @ units.image.T)
    similarity += 0.5 * (units.text[rows] @ units.text.T)
    similarity[np.arange(len(rows)), rows] = 0
    return similarity
