"""How fast parts of the package are, beside the ways in which others do their work."""

from scbch_jax.bench.evaluation import Drawn, Timing, Way, draw, measure
from scbch_jax.bench.neighbors import (
    Agreement,
    Codes,
    Found,
    agree,
    draw_codes,
    measure_search,
)
from scbch_jax.bench.ways import MISSING, WAYS

__all__ = [
    "MISSING",
    "WAYS",
    "Agreement",
    "Codes",
    "Drawn",
    "Found",
    "Timing",
    "Way",
    "agree",
    "draw",
    "draw_codes",
    "measure",
    "measure_search",
]
