"""Options of each command; the first line of each docstring is its help."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import tyro

from scbch_jax.checks import require
from scbch_jax.settings.benches import BenchEvaluate, BenchNeighbors, BenchTrain
from scbch_jax.settings.data_commands import AnyData
from scbch_jax.settings.demo import Demo
from scbch_jax.settings.experiment import Experiment
from scbch_jax.settings.features import FeaturesAll, FeaturesImages, FeaturesTexts
from scbch_jax.settings.wanted import (
    at_least,
    check_fields,
    depth_list,
    optional,
    seed_list,
)

Flat = tyro.conf.arg(name="")
"""Puts a group's options on the command line without the group's name."""


@dataclass(frozen=True)
class Train:
    """Train an experiment: CONFIG is a .py program or a saved .json."""

    experiment: Annotated[Experiment, Flat] = field(default_factory=Experiment)
    out: Path | None = None
    """Folder for results and checkpoints; by default one under runs/, named by the
    config and a digest of all options."""
    resume: bool = False
    """Go on from the folder's latest checkpoint."""
    coordinator: str = ""
    """Address and port of the first of several processes that train together; each is
    given the same command, but for its own --process."""
    processes: Annotated[int, at_least(1)] = 1
    """How many processes train together."""
    process: Annotated[int, at_least(0)] = 0
    """Number of this process, from 0; the first one writes and prints."""
    log: Literal["none", "tensorboard"] = "none"
    """Also write the result lines for TensorBoard, to the folder's tensorboard/."""
    name: tyro.conf.Suppress[str] = "run"
    """Name of the config; the command line sets it."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)
        several, named = self.processes > 1, bool(self.coordinator)
        got = self.coordinator or f"none for {self.processes} processes"
        fits = several == named and (
            not named or re.fullmatch(r".+:\d+", self.coordinator) is not None
        )
        require(fits, "coordinator", got, "HOST:PORT of several processes")
        fits = self.process < self.processes
        require(fits, "process", self.process, f"0 to {self.processes - 1}")


@dataclass(frozen=True)
class Sweep:
    """Run all experiments of a sweep: CONFIG is a .py program with get_sweep().

    An option of an experiment replaces what the program says, in every run.
    """

    experiment: Annotated[Experiment, Flat] = field(default_factory=Experiment)
    out: Path | None = None
    """Folder for all runs; by default runs/sweeps/NAME. What is finished there is not
    run again, what is not goes on where it was."""
    way: Literal["measured", "one", "lanes"] = "measured"
    """Runs of one compilation: one after another, side by side as lanes, or what a
    short measurement says is faster."""
    lanes: Annotated[int, at_least(1)] = 8
    """Runs side by side at most."""
    only: tuple[str, ...] = ()
    """Words that must all stand in the name of a run, such as mirflickr 64bits."""
    drop_states: bool = False
    """Remove the saved states of finished runs: their result lines stay."""
    name: tyro.conf.Suppress[str] = "sweep"
    """Name of the program; the command line sets it."""
    experiments: tyro.conf.Suppress[tyro.conf.Fixed[tuple[Experiment, ...]]] = ()
    """All experiments, with the options given put in each; the command line sets it."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)


@dataclass(frozen=True)
class Evaluate:
    """Score a trained run's saved weights, or anyone's hash codes from files."""

    source: tyro.conf.Positional[tuple[Path, ...]]
    """Folder that train wrote, or files with codes and labels of queries and database:
    .npz, .npy, .h5 or .mat; codes real, -1/1, 0/1 or packed, labels rows or numbers."""
    keys: tuple[str, ...] = ()
    """Names of the files' arrays where they are unusual, as query_image=NAME; also
    query_text, query_codes, query_labels, and the same of database. After the files."""
    pairs: tuple[str, ...] = ()
    """Which modalities search which, as image:text or audio:image: query_audio against
    database_image; by default image:text and text:image, or codes."""
    root: str = ""
    """Data root, where it is not the one that the run was trained with."""
    depth: Annotated[tuple[int, ...], depth_list()] = ()
    """Cut-offs k: each adds MAP, precision and recall among the first k items."""
    grade: Literal["none", "shared", "jaccard"] = "none"
    """What relevance is worth: labels shared, or their overlap; adds weighted MAP, and
    NDCG and ACG at the cut-off."""
    stable: bool = False
    """Also score with items at one distance kept in the database's order."""
    resamples: Annotated[int, at_least(0)] = 2000
    """Bootstrap resamples of the queries for 95 % intervals; 0 for none."""
    curve: Path | None = None
    """File to write precision and recall by Hamming radius to, as CSV."""
    csv: Path | None = None
    """File to write every score to, as CSV."""
    queries: Path | None = None
    """File to write every query's values to, as CSV."""
    json: bool = False
    """Print result lines instead of a table."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)


@dataclass(frozen=True)
class Compare:
    """Compare two sets of hash codes query by query: is the difference chance?"""

    first: tyro.conf.Positional[Path]
    """Folder that train wrote, or a file as for evaluate."""
    second: tyro.conf.Positional[Path]
    """The other, of the same queries."""
    keys: tuple[str, ...] = ()
    """As for evaluate."""
    pairs: tuple[str, ...] = ()
    """As for evaluate."""
    depth: Annotated[int | None, optional(at_least(1))] = None
    """Cut-off k of MAP; by default the whole ranking."""
    rounds: Annotated[int, at_least(1)] = 10_000
    """Rounds of the paired randomization test, and bootstrap resamples."""
    show: Annotated[int, at_least(0)] = 5
    """How many of the queries that changed most to list, for each direction."""
    json: bool = False
    """Print result lines instead of tables."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)


@dataclass(frozen=True)
class Report:
    """Write a page, figures and tables that explain runs and sweeps."""

    source: tyro.conf.Positional[tuple[Path, ...]]
    """Folders that train or sweep wrote."""
    out: Path = Path("runs") / "report"
    """Folder for index.html, figures/ and tables/; a report there is written anew."""
    details: Annotated[int, at_least(0)] = 6
    """Settings whose course is shown in figures of their own, at most."""
    root: str = ""
    """Data root of pictures and captions, where it is not the one of the run."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)


@dataclass(frozen=True)
class Encode:
    """Turn features into packed hash codes with a trained run's weights."""

    run: tyro.conf.Positional[Path]
    """Folder that train wrote."""
    features: Path | None = None
    """File with features to encode; by default the run's own data are encoded."""
    image_key: str = "image"
    """Array of image features in the file."""
    text_key: str = "text"
    """Array of text features in the file."""
    part: Literal["query", "database", "train"] = "database"
    """Which part of the run's own data to encode."""
    root: str = ""
    """Data root, where it is not the one that the run was trained with."""
    seed: int | None = None
    """Which seed's weights; by default the first."""
    out: Path = Path("codes.npz")
    """File to write: image and text, uint8 [n, bits / 8], and labels if known."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)


@dataclass(frozen=True)
class Crosscheck:
    """Compare this package with recorded answers of the authors' PyTorch code."""

    files: tyro.conf.Positional[tuple[Path, ...]] = ()
    """Recorded .npz files, or folders of them; by default those in tests/golden."""
    float64: bool = False
    """Compute in double precision, whatever the inputs were recorded in."""
    json: Path | None = None
    """File to write every comparison to, one JSON object a line."""
    picture: Path | None = None
    """File to draw the step losses of both sides into: .png or .svg."""
    official: Path | None = None
    """A clone of the authors' repository, to record fresh answers of; needs PyTorch."""
    seed: Annotated[tuple[int, ...], seed_list()] = (0,)
    """Seeds of the inputs that --official draws."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)


@dataclass(frozen=True)
class Convert:
    """Carry weights between PyTorch files, safetensors files and trained runs."""

    source: tyro.conf.Positional[Path]
    """A .pt or .pth state dict or checkpoint, a .safetensors file, or a run."""
    target: tyro.conf.Positional[Path]
    """A .pt, .pth or .safetensors file to write, or the folder of a new run."""
    text: Path | None = None
    """The text network's state dict, where the source is the image network's alone."""
    config: Path | None = None
    """Where the target is a run, the config of its data and other options; by default
    those of a run on planted data."""
    seed: int | None = None
    """Which seed of a run; by default the first."""


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
