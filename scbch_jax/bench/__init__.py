"""How fast parts of the package are, beside the ways in which others do their work."""

from scbch_jax.bench.evaluation import Drawn, Timing, Way, draw, measure
from scbch_jax.bench.floor import Floor, floor
from scbch_jax.bench.neighbors import (
    Agreement,
    Codes,
    Found,
    agree,
    draw_codes,
    measure_search,
)
from scbch_jax.bench.torch_training import theirs
from scbch_jax.bench.training import TIMED, Sampled, Shape, Ways, measure_parts, ours
from scbch_jax.bench.ways import MISSING, WAYS

__all__ = [
    "floor",
    "Agreement",
    "Codes",
    "Drawn",
    "Floor",
    "Found",
    "MISSING",
    "Sampled",
    "Shape",
    "TIMED",
    "Timing",
    "WAYS",
    "Way",
    "Ways",
    "agree",
    "draw",
    "draw_codes",
    "measure",
    "measure_parts",
    "measure_search",
    "ours",
    "theirs",
]
