"""Every command; the first line of its options' docstring is its help."""

from dataclasses import dataclass
from typing import Annotated

import tyro

from scbch_jax.cli.options.benches import BenchEvaluate, BenchNeighbors, BenchTrain
from scbch_jax.cli.options.code_commands import Compare, Encode, Evaluate
from scbch_jax.cli.options.data_commands import AnyData
from scbch_jax.cli.options.demo import Demo
from scbch_jax.cli.options.features import FeaturesAll, FeaturesImages, FeaturesTexts
from scbch_jax.cli.options.run_commands import Flat, Sweep, Train
from scbch_jax.cli.options.torch_commands import Convert, Crosscheck
from scbch_jax.cli.report import Report


@dataclass(frozen=True)
class Bench:
    """Time the evaluator, the neighbor search or training beside other ways."""

    what: Annotated[
        Annotated[BenchEvaluate, tyro.conf.subcommand("evaluate", prefix_name=False)]
        | Annotated[
            BenchNeighbors, tyro.conf.subcommand("neighbors", prefix_name=False)
        ]
        | Annotated[BenchTrain, tyro.conf.subcommand("train", prefix_name=False)],
        Flat,
    ]


@dataclass(frozen=True)
class DataCommand:
    """Look at data files, make one clean store of them, or check one."""

    what: Annotated[AnyData, Flat]


@dataclass(frozen=True)
class Features:
    """Turn raw pictures and texts into features, or into a store to train on."""

    what: Annotated[
        Annotated[FeaturesImages, tyro.conf.subcommand("images", prefix_name=False)]
        | Annotated[FeaturesTexts, tyro.conf.subcommand("texts", prefix_name=False)]
        | Annotated[FeaturesAll, tyro.conf.subcommand("all", prefix_name=False)],
        Flat,
    ]


COMMANDS: dict[str, type] = {
    "train": Train,
    "sweep": Sweep,
    "evaluate": Evaluate,
    "compare": Compare,
    "report": Report,
    "encode": Encode,
    "demo": Demo,
    "data": DataCommand,
    "features": Features,
    "crosscheck": Crosscheck,
    "convert": Convert,
    "bench": Bench,
}
"""Every command; scbch_jax.commands has a module with `main(options)` for each."""
