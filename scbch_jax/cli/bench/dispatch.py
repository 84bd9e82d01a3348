"""`scbch bench`: how fast parts of the package are, beside other ways."""

from scbch_jax.cli.bench import evaluate, neighbors, train
from scbch_jax.cli.options.benches import BenchEvaluate, BenchNeighbors, BenchTrain
from scbch_jax.cli.options.commands import Bench

BENCHES = {
    BenchEvaluate: evaluate.main,
    BenchNeighbors: neighbors.main,
    BenchTrain: train.main,
}
"""What runs for each kind of options."""


def main(options: Bench) -> None:
    """Runs the bench that was asked for."""
    BENCHES[type(options.what)](options.what)
