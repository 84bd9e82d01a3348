"""Options of the commands that train."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import tyro

from scbch_jax.config.constraints import at_least, check_fields
from scbch_jax.config.experiment import Experiment
from scbch_jax.errors import require

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
