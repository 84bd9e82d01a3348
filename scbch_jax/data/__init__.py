"""Labelled feature sets: reading, drawing, cutting, and spoiling their labels."""

from scbch_jax.data.benchmarks import (
    BENCHMARKS,
    Benchmark,
    find_sources,
    read_benchmark,
)
from scbch_jax.data.planted import planted
from scbch_jax.data.split import (
    Rows,
    check_rows,
    queries_first,
    rows_drawn,
    rows_queries_first,
    rows_queries_last,
)
from scbch_jax.data.store import Store
from scbch_jax.data.validation import check_dataset, check_features, check_labels

__all__ = [
    "BENCHMARKS",
    "Benchmark",
    "Rows",
    "Store",
    "check_dataset",
    "check_features",
    "check_labels",
    "check_rows",
    "find_sources",
    "planted",
    "queries_first",
    "read_benchmark",
    "rows_drawn",
    "rows_queries_first",
    "rows_queries_last",
]
