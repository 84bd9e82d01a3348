"""How fast the evaluator is, beside the ways in which others do its work."""

from scbch_jax.bench.evaluation import Drawn, Timing, Way, draw, measure
from scbch_jax.bench.ways import WAYS

__all__ = ["WAYS", "Drawn", "Timing", "Way", "draw", "measure"]
