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
from scbch_jax.data.loading import Loaded, load, noise_sources, noisy_labels
from scbch_jax.data.looks import looks_of, png, read_looks
from scbch_jax.data.noise import Flips, flips, hit_rows, published_labels, swap_labels
from scbch_jax.data.noise_effect import Effect, effect_of
from scbch_jax.data.noise_models import (
    add_labels,
    confuse_labels,
    drop_labels,
    flip_labels,
    mistake_labels,
)
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
    "Effect",
    "Flips",
    "Loaded",
    "Rows",
    "Store",
    "add_labels",
    "array_names",
    "batch_order",
    "check_dataset",
    "check_features",
    "check_labels",
    "check_rows",
    "confuse_labels",
    "drop_labels",
    "effect_of",
    "find_sources",
    "flip_labels",
    "flips",
    "gather",
    "hit_rows",
    "load",
    "looks_of",
    "mistake_labels",
    "noise_sources",
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
