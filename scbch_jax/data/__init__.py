"""Datasets of features and labels: reading, splitting, storing, and label noise.

`formats` reads arrays from files, `importing` makes datasets of them, `label_noise`
corrupts labels, `tfds` converts stores for tensorflow-datasets. Nothing here needs JAX.
"""

from scbch_jax.data.benchmarks import BENCHMARKS, Benchmark, benchmark_with, find_files
from scbch_jax.data.planted import planted, planted_blocks
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
    "benchmark_with",
    "check_dataset",
    "check_features",
    "check_labels",
    "check_rows",
    "find_files",
    "planted",
    "planted_blocks",
    "queries_first",
    "rows_drawn",
    "rows_queries_first",
    "rows_queries_last",
]
