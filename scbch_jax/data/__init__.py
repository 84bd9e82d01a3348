"""Labelled feature sets: reading, drawing, cutting, and spoiling their labels."""

from scbch_jax.data.batches import batch_order, gather
from scbch_jax.data.benchmarks import (
    BENCHMARKS,
    Benchmark,
    find_sources,
    read_benchmark,
)
from scbch_jax.data.code_files import CodeSets, read_code_sets
from scbch_jax.data.files import array_names, read_array
from scbch_jax.data.loading import Loaded, load, noisy_labels
from scbch_jax.data.looks import looks_of, png, read_looks
from scbch_jax.data.noise import Flips, flips, hit_rows, published_labels, swap_labels
from scbch_jax.data.splits import (
    Rows,
    check_rows,
    queries_first,
    rows_drawn,
    rows_queries_first,
    rows_queries_last,
)
from scbch_jax.data.store import Store
from scbch_jax.data.synthetic import planted
from scbch_jax.data.values import check_dataset, check_features, check_labels

__all__ = [
    "BENCHMARKS",
    "Benchmark",
    "CodeSets",
    "Flips",
    "Loaded",
    "Rows",
    "Store",
    "array_names",
    "batch_order",
    "check_dataset",
    "check_features",
    "check_labels",
    "check_rows",
    "find_sources",
    "flips",
    "gather",
    "hit_rows",
    "load",
    "looks_of",
    "noisy_labels",
    "planted",
    "png",
    "published_labels",
    "queries_first",
    "read_array",
    "read_code_sets",
    "read_looks",
    "read_benchmark",
    "rows_drawn",
    "rows_queries_first",
    "rows_queries_last",
    "swap_labels",
]
