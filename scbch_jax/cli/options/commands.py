"""Every command; the first line of its options' docstring is its help."""

from dataclasses import dataclass
from typing import Annotated

import tyro

from scbch_jax.cli.bench.evaluate import BenchEvaluate
from scbch_jax.cli.bench.neighbors import BenchNeighbors
from scbch_jax.cli.bench.train import BenchTrain
from scbch_jax.cli.crosscheck import Crosscheck
from scbch_jax.cli.features.all import FeaturesAll
from scbch_jax.cli.features.images import FeaturesImages
from scbch_jax.cli.features.texts import FeaturesTexts
from scbch_jax.cli.options.code_commands import Compare, Encode, Evaluate
from scbch_jax.cli.options.data_commands import AnyData
from scbch_jax.cli.options.demo import Demo
from scbch_jax.cli.options.run_commands import Flat, Sweep, Train
from scbch_jax.cli.options.torch_commands import Convert
from scbch_jax.cli.report import Report


@dataclass(frozen=True)
class Bench:
    """Time evaluation, the neighbor search or training beside other software."""

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
    """Compute features of raw pictures and texts, or a store to train on."""

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
