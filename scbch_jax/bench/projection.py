"""How long the paper's Tables 1 and 2 take, from the measured parts of an epoch."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from scbch_jax.data.benchmarks import BENCHMARKS

CELLS = 12
"""Of each dataset: four lengths of the code times three noise rates."""
EPOCHS = 50
"""Of each cell, scored after each."""


class Projected(NamedTuple):
    """Seconds of a dataset's cells, without reading and compilation."""

    title: str
    epoch: float
    cells: float


def project(measured: Mapping[str, Any]) -> list[Projected]:
    """The time of each dataset's cells, one after another.

    Steps and encoding grow with the rows, neighbor search with the square of the
    training rows, and scoring with the pairs of query and item. Differences between
    datasets in the width of features and the number of classes are left out.

    Args:
        measured: a line of `bench train`: its sizes, and the seconds of each part.
    """
    found = []
    for benchmark in BENCHMARKS.values():
        if not benchmark.paper_table:
            continue
        queries, rows = benchmark.queries, benchmark.train
        items = benchmark.samples[0] - queries
        steps = -(-rows // measured["batch_size"])
        encoded = (rows + queries + items) / sum(
            measured[name] for name in ("rows", "queries", "items")
        )
        pairs = queries * items / (measured["queries"] * measured["items"])
        epoch = (
            steps * measured["step"]
            + encoded * measured["encode"]
            + (rows / measured["rows"]) ** 2 * measured["soft_labels"]
            + pairs * measured["score"]
        )
        found.append(Projected(benchmark.title, epoch, CELLS * EPOCHS * epoch))
    return found
