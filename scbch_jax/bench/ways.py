"""Three ways to evaluate codes: counting, a sort for every query, and a raw scan."""

import importlib
import importlib.util
from typing import Any

import numpy as np

from scbch_jax import retrieval
from scbch_jax.bench.evaluation import Drawn, Way

POINTS = 15
"""Depths of the precision-recall curve."""


def counting(drawn: Drawn) -> list[Any]:
    """This package: MAP and the curve of both directions from counts, ties averaged."""
    depths = _depths(drawn)
    found = []
    for query, items in _directions(drawn):
        counts = retrieval.count(
            query, items, drawn.query_labels, drawn.database_labels
        )
        curve = retrieval.precision_recall_at(counts, depths)
        found.append((retrieval.mean_average_precision(counts), curve))
    return found


def tensors(drawn: Drawn) -> list[Any]:
    """Signs and labels of each direction as PyTorch's tensors, and the depths."""
    torch = importlib.import_module("torch")

    labels = [torch.tensor(x) for x in (drawn.query_labels, drawn.database_labels)]
    signs = (
        [torch.tensor(np.unpackbits(x, axis=1)).float() * 2 - 1 for x in pair]
        for pair in _directions(drawn)
    )
    return [([*pair, *labels], _depths(drawn)) for pair in signs]


def sorting(problem: list[Any]) -> list[Any]:
    """PyTorch as the field writes it: each query sorts the database for each number."""
    torch = importlib.import_module("torch")

    found = []
    for arrays, depths in problem:
        value = _sorted_map(torch, *arrays)
        curve = [_sorted_point(torch, *arrays, depth=depth) for depth in depths]
        found.append((value, curve))
    return found


def sorting_alone(problem: list[Any]) -> list[Any]:
    """The same on one thread: more are faster, but far slower on a busy machine."""
    torch = importlib.import_module("torch")

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return sorting(problem)
    finally:
        torch.set_num_threads(threads)


def scanning(drawn: Drawn) -> list[Any]:
    """FAISS: the ten nearest codes, exactly; labels are not looked at."""
    faiss = importlib.import_module("faiss")

    found = []
    for query, items in _directions(drawn):
        index = faiss.IndexBinaryFlat(8 * items.shape[1])
        index.add(items)
        found.append(index.search(query, 10))
    return found


_ALL = {
    "ours": (Way(counting), "jax"),
    "PyTorch": (Way(sorting, prepare=tensors, one_by_one=True), "torch"),
    "PyTorch, 1 thread": (
        Way(sorting_alone, prepare=tensors, one_by_one=True),
        "torch",
    ),
    "FAISS top 10": (Way(scanning), "faiss"),
}

WAYS = {
    name: way for name, (way, needs) in _ALL.items() if importlib.util.find_spec(needs)
}
"""By name, those whose package is installed."""

MISSING = tuple(name for name in _ALL if name not in WAYS)
"""Names of the others."""


def _directions(drawn: Drawn) -> list[tuple[Any, Any]]:
    return [
        (drawn.query_image, drawn.database_text),
        (drawn.query_text, drawn.database_image),
    ]


def _depths(drawn: Drawn) -> np.ndarray:
    return np.linspace(1, len(drawn.database_labels), POINTS).astype(int)


def _ranked(torch: Any, query: Any, items: Any, labels: Any, theirs: Any) -> Any:
    """Relevance of the items, nearest first, of one query."""
    distance = 0.5 * (items.shape[1] - items @ query)
    return ((theirs @ labels) > 0).float()[torch.argsort(distance)]


def _sorted_map(
    torch: Any, queries: Any, items: Any, labels: Any, theirs: Any
) -> float:
    values = []
    for query, wanted in zip(queries, labels, strict=True):
        relevant = _ranked(torch, query, items, wanted, theirs)
        ranks = torch.nonzero(relevant)[:, 0] + 1.0
        if len(ranks):
            values.append((torch.arange(1, len(ranks) + 1) / ranks).mean())
    return float(torch.stack(values).mean())


def _sorted_point(
    torch: Any, queries: Any, items: Any, labels: Any, theirs: Any, *, depth: int
) -> tuple[float, float]:
    precision, recall = [], []
    for query, wanted in zip(queries, labels, strict=True):
        relevant = _ranked(torch, query, items, wanted, theirs)
        if relevant.sum() > 0:
            hits = relevant[:depth].sum()
            precision.append(hits / depth)
            recall.append(hits / relevant.sum())
    return float(torch.stack(precision).mean()), float(torch.stack(recall).mean())
