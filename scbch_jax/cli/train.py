"""`scbch train`: trains an experiment, into a folder of results and checkpoints."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from scbch_jax.cli import console
from scbch_jax.config import Experiment
from scbch_jax.config.constraints import at_least, check_fields
from scbch_jax.config.experiment import footnotes
from scbch_jax.errors import require

if TYPE_CHECKING:
    from scbch_jax.results import EpochResult


@dataclass(frozen=True)
class Train:
    """Train an experiment: CONFIG is a .py or .json file, or a name such as smoke."""

    experiment: Annotated[Experiment, tyro.conf.arg(name="")] = field(
        default_factory=Experiment
    )
    out: Path | None = None
    """Folder for results and checkpoints; by default one under runs/, named by the
    config and a digest of the options that differ from the defaults."""
    resume: bool = False
    """Continue from the folder's latest checkpoint."""
    coordinator: str = ""
    """Address HOST:PORT of the first of several processes that train together; all get
    the same command except for --process."""
    processes: Annotated[int, at_least(1, 65536)] = 1
    """How many processes train together."""
    process: Annotated[int, at_least(0, 65535)] = 0
    """Number of this process, from 0; the first one writes and prints."""
    log: Literal["none", "tensorboard"] = "none"
    """Also write the results as TensorBoard events, to the folder's tensorboard/."""
    name: tyro.conf.Suppress[str] = "run"
    """Name of the config; the command line sets it."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)
        several = self.processes > 1
        got = self.coordinator or f"none for {self.processes} processes"
        fits = several == bool(self.coordinator)
        fits = fits and (not several or _is_address(self.coordinator))
        wanted = "HOST:PORT of several processes, with a port from 1 to 65535"
        require(fits, "coordinator", got, wanted)
        fits = self.process < self.processes
        require(fits, "process", self.process, f"0 to {self.processes - 1}")


def main(options: Train) -> None:
    """Trains, prints progress, and prints last and best scores of each seed."""
    import jax

    from scbch_jax import runs, sharding
    from scbch_jax.cli import progress

    if options.coordinator:
        own = f"process {options.process} of {options.processes} (from 0)"
        console.log(f"{own}: waiting for the others at {options.coordinator}")
        jax.distributed.initialize(
            options.coordinator, options.processes, options.process
        )
    experiment = options.experiment
    folder = options.out or Path("runs") / f"{options.name}-{runs.digest(experiment)}"
    epochs = experiment.training.epochs * len(experiment.seeds)
    with (
        progress.training_progress(options.name, epochs=epochs) as show,
        progress.event_writer(options.log, folder) as log,
        console.stop_requested() as stop,
    ):

        def on_epoch(result: "EpochResult") -> None:
            show(result)
            log(result)

        results = runs.train(
            experiment, folder, resume=options.resume, on_epoch=on_epoch, stop=stop
        )
    if sharding.is_main_process():
        console.output(progress.results_table(results, experiment.seeds))
        for note in footnotes([experiment.method]):
            console.output(note)
        console.output(f"results: {folder}")


def _is_address(text: str) -> bool:
    found = re.fullmatch(r".+:(\d{1,5})", text)
    return found is not None and 0 < int(found[1]) < 65536
