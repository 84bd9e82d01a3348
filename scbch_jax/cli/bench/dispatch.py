"""`scbch bench`: the time of parts of the package, beside other software."""

from scbch_jax.cli.bench import evaluate, neighbors, train
from scbch_jax.cli.options.commands import Bench

MAINS = {
    evaluate.BenchEvaluate: evaluate.main,
    neighbors.BenchNeighbors: neighbors.main,
    train.BenchTrain: train.main,
}
"""The function of each kind of options."""


def main(options: Bench) -> None:
    """Runs the chosen benchmark."""
    MAINS[type(options.what)](options.what)
