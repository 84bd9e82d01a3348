"""The evaluation of hash codes: this package, PyTorch and FAISS.

A baseline computes MAP and a precision-recall curve of both directions; FAISS finds the
ten nearest codes alone. All baselines run on the same drawn codes, in turns, so that
other work on the machine affects them alike.
"""

import importlib
import statistics
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float, UInt8

from scbch_jax import extras, retrieval
from scbch_jax.bench.timing import peak_mib, timed

POINTS = 15
"""Depths of the precision-recall curve."""


class Problem(NamedTuple):
    """Packed codes of two modalities and labels, of queries and of a database."""

    query_image: UInt8[np.ndarray, "queries bytes"]
    query_text: UInt8[np.ndarray, "queries bytes"]
    database_image: UInt8[np.ndarray, "items bytes"]
    database_text: UInt8[np.ndarray, "items bytes"]
    query_labels: Float[np.ndarray, "queries classes"]
    database_labels: Float[np.ndarray, "items classes"]


class Baseline(NamedTuple):
    """An implementation of the evaluation of codes."""

    run: Callable[[Any], Any]
    """The timed function."""
    prepare: Callable[[Problem], Any] = lambda problem: problem
    """Makes its argument from a problem; not timed."""
    per_query: bool = False
    """Whether the time is proportional to the number of queries, so that a sample of
    queries is timed and scaled."""


class Timing(NamedTuple):
    """Time and memory of a baseline, for both directions."""

    seconds: float
    """Median over the rounds, scaled to all queries if a sample was timed."""
    queries: int
    """Number of queries that were timed."""
    memory: float
    """Growth of the process's peak memory in the first run, in MiB."""


def draw_problem(*, queries: int, items: int, bits: int, classes: int) -> Problem:
    """Draws uniform codes, and labels that are 1 with probability 0.1."""
    rng = np.random.default_rng(0)
    codes = [
        rng.integers(0, 256, (n, bits // 8), dtype=np.uint8)
        for n in (queries, queries, items, items)
    ]
    labels = [
        (rng.random((n, classes), dtype=np.float32) < 0.1).astype(np.float32)
        for n in (queries, items)
    ]
    return Problem(*codes, *labels)


def measure(
    problems: Mapping[int, Problem],
    baselines: Mapping[str, Baseline],
    *,
    rounds: int,
    sampled: int,
) -> dict[tuple[int, str], Timing]:
    """Times every baseline on every problem, in turns, after one run that is not timed.

    Args:
        problems: by size of the database.
        baselines: by name.
        rounds: how often each is timed.
        sampled: number of queries on which a baseline with `per_query` is timed.
    """
    runs, memory, queries = {}, {}, {}
    for name, baseline in baselines.items():
        # The first run loads and compiles; its memory is not that of the problem.
        baseline.run(baseline.prepare(_first(problems[min(problems)], 2)))
        for size, problem in problems.items():
            part = _first(problem, sampled) if baseline.per_query else problem
            argument, before = baseline.prepare(part), peak_mib()
            baseline.run(argument)
            runs[size, name] = (baseline.run, argument)
            queries[name] = len(part.query_labels)
            memory[size, name] = peak_mib() - before
    times = [
        {key: timed(lambda run=run: run[0](run[1]))[0] for key, run in runs.items()}
        for _ in range(rounds)
    ]
    found = {}
    for size, name in runs:
        seconds = statistics.median(turn[size, name] for turn in times)
        scale = len(problems[size].query_labels) / queries[name]
        found[size, name] = Timing(seconds * scale, queries[name], memory[size, name])
    return found


def _first(problem: Problem, queries: int) -> Problem:
    return problem._replace(
        query_image=problem.query_image[:queries],
        query_text=problem.query_text[:queries],
        query_labels=problem.query_labels[:queries],
    )


def jax_baseline(problem: Problem) -> list[Any]:
    """This package: MAP and the curve from counts per distance, averaged over ties."""
    depths = _depths(problem)
    found = []
    for query, items in _directions(problem):
        counts = retrieval.count(
            query, items, problem.query_labels, problem.database_labels
        )
        curve = retrieval.precision_recall_at(counts, depths)
        found.append((retrieval.mean_average_precision(counts), curve))
    return found


def counted_on_device(problem: Problem, *, counting: str) -> list[Any]:
    """MAP by `distance_counts` on one device, with one of its ways to count."""
    labels = (problem.query_labels, problem.database_labels)
    return [
        retrieval.mean_average_precision(
            jax.device_get(
                retrieval.distance_counts(*codes, *labels, counting=counting)
            )
        )
        for codes in _directions(problem)
    ]


def as_tensors(problem: Problem) -> list[Any]:
    """Signs and labels of each direction as PyTorch tensors, and the depths."""
    torch = importlib.import_module("torch")
    labels = [torch.tensor(x) for x in (problem.query_labels, problem.database_labels)]
    signs = (
        [torch.tensor(np.unpackbits(x, axis=1)).float() * 2 - 1 for x in pair]
        for pair in _directions(problem)
    )
    return [([*pair, *labels], _depths(problem)) for pair in signs]


def torch_baseline(directions: list[Any]) -> list[Any]:
    """PyTorch as in published code: a sort of the database per query and per depth."""
    torch = importlib.import_module("torch")
    found = []
    for arrays, depths in directions:
        value = _sorted_map(torch, *arrays)
        curve = [_sorted_point(torch, *arrays, depth=depth) for depth in depths]
        found.append((value, curve))
    return found


def torch_on_one_thread(directions: list[Any]) -> list[Any]:
    """`torch_baseline` on one thread: several are slower on a busy machine."""
    torch = importlib.import_module("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return torch_baseline(directions)
    finally:
        torch.set_num_threads(threads)


def faiss_scan(problem: Problem) -> list[Any]:
    """FAISS: an exact search for the ten nearest codes, without labels or metrics."""
    faiss = importlib.import_module("faiss")
    found = []
    for query, items in _directions(problem):
        index = faiss.IndexBinaryFlat(8 * items.shape[1])
        index.add(items)
        found.append(index.search(query, 10))
    return found


_ALL = {
    "JAX": (Baseline(jax_baseline), "jax"),
    "PyTorch": (Baseline(torch_baseline, as_tensors, per_query=True), "torch"),
    "PyTorch, 1 thread": (
        Baseline(torch_on_one_thread, as_tensors, per_query=True),
        "torch",
    ),
    "FAISS top 10": (Baseline(faiss_scan), "faiss"),
}

BASELINES = {
    name: baseline
    for name, (baseline, package) in _ALL.items()
    if extras.is_installed(package)
}
"""Baselines whose package is installed, by name."""

MISSING = tuple(name for name in _ALL if name not in BASELINES)
"""Names of the others."""


def _directions(problem: Problem) -> list[tuple[Any, Any]]:
    return [
        (problem.query_image, problem.database_text),
        (problem.query_text, problem.database_image),
    ]


def _depths(problem: Problem) -> np.ndarray:
    return np.linspace(1, len(problem.database_labels), POINTS).astype(int)


def _ranked(torch: Any, query: Any, items: Any, labels: Any, item_labels: Any) -> Any:
    """Relevance of the items to one query, nearest first."""
    distance = 0.5 * (items.shape[1] - items @ query)
    return ((item_labels @ labels) > 0).float()[torch.argsort(distance)]


def _sorted_map(
    torch: Any, queries: Any, items: Any, labels: Any, item_labels: Any
) -> float:
    values = []
    for query, wanted in zip(queries, labels, strict=True):
        relevant = _ranked(torch, query, items, wanted, item_labels)
        ranks = torch.nonzero(relevant)[:, 0] + 1.0
        if len(ranks):
            values.append((torch.arange(1, len(ranks) + 1) / ranks).mean())
    return float(torch.stack(values).mean())


def _sorted_point(
    torch: Any, queries: Any, items: Any, labels: Any, item_labels: Any, *, depth: int
) -> tuple[float, float]:
    precision, recall = [], []
    for query, wanted in zip(queries, labels, strict=True):
        relevant = _ranked(torch, query, items, wanted, item_labels)
        if relevant.sum() > 0:
            hits = relevant[:depth].sum()
            precision.append(hits / depth)
            recall.append(hits / relevant.sum())
    return float(torch.stack(precision).mean()), float(torch.stack(recall).mean())
