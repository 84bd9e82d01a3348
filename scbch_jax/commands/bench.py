"""`scbch bench`: how fast parts of the package are, beside other ways."""

from scbch_jax.commands import bench_evaluate, bench_neighbors, bench_train
from scbch_jax.settings.benches import BenchEvaluate, BenchNeighbors, BenchTrain
from scbch_jax.settings.commands import Bench

BENCHES = {
    BenchEvaluate: bench_evaluate.main,
    BenchNeighbors: bench_neighbors.main,
    BenchTrain: bench_train.main,
}
"""What runs for each kind of options."""


def main(options: Bench) -> None:
    """Runs the bench that was asked for."""
    BENCHES[type(options.what)](options.what)
