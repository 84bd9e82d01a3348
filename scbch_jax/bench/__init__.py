"""Benchmarks of evaluation, neighbor search and training, and their baselines."""

from scbch_jax.bench.evaluation import (
    BASELINES,
    MISSING,
    Baseline,
    Problem,
    Timing,
    counted_on_device,
    draw_problem,
    measure,
)
from scbch_jax.bench.neighbors import (
    Agreement,
    Codes,
    SearchTiming,
    compare_neighbors,
    draw_codes,
    measure_search,
)
from scbch_jax.bench.torch_training import torch_baseline
from scbch_jax.bench.training import (
    PARTS,
    Roofline,
    Sampled,
    Shape,
    TrainingBaseline,
    jax_baseline,
    measure_parts,
    roofline,
)

__all__ = [
    "roofline",
    "Agreement",
    "BASELINES",
    "Baseline",
    "Codes",
    "MISSING",
    "PARTS",
    "Problem",
    "Roofline",
    "Sampled",
    "SearchTiming",
    "Shape",
    "Timing",
    "TrainingBaseline",
    "compare_neighbors",
    "counted_on_device",
    "draw_codes",
    "draw_problem",
    "jax_baseline",
    "measure",
    "measure_parts",
    "measure_search",
    "torch_baseline",
]
