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
from scbch_jax.data.noise import Flips, flips, hit_rows, published_labels, swap_labels
from scbch_jax.data.splits import (
    check_dataset,
    check_features,
    check_labels,
    queries_first,
)
from scbch_jax.data.synthetic import planted

__all__ = [
    "BENCHMARKS",
    "Benchmark",
    "CodeSets",
    "Flips",
    "Loaded",
    "array_names",
    "batch_order",
    "check_dataset",
    "check_features",
    "check_labels",
    "find_sources",
    "flips",
    "gather",
    "hit_rows",
    "load",
    "noisy_labels",
    "planted",
    "published_labels",
    "queries_first",
    "read_array",
    "read_code_sets",
    "read_benchmark",
    "swap_labels",
]
