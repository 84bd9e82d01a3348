"""How fast the evaluator is, beside the ways in which others do its work."""

from scbch_jax.bench.evaluation import Drawn, Timing, Way, draw, measure
from scbch_jax.bench.ways import MISSING, WAYS

__all__ = ["MISSING", "WAYS", "Drawn", "Timing", "Way", "draw", "measure"]
