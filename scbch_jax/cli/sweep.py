"""`scbch sweep`: trains many experiments, and writes tables of their results."""

import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from scbch_jax import extras
from scbch_jax.cli import console
from scbch_jax.config import Experiment
from scbch_jax.config.constraints import ChecksFields, at_least
from scbch_jax.errors import InputError

if TYPE_CHECKING:
    from scbch_jax.results import EpochResult
    from scbch_jax.sweeps import Outcome, Progress, SweepRun

LOG_INTERVAL = 30.0
"""Seconds after which a line is logged where there is no terminal."""


@dataclass(frozen=True)
class Sweep(ChecksFields):
    """Run all experiments of a sweep: CONFIG is a .py file, or a name such as smoke.

    The file is a program with a function get_sweep() that gives the experiments.

    An option of an experiment replaces the program's value in every run.
    """

    experiment: Annotated[Experiment, tyro.conf.arg(name="")] = field(
        default_factory=Experiment
    )
    out: Path | None = None
    """Folder for all runs; by default runs/sweeps/NAME. Runs that are finished there
    are not repeated, others continue from their latest checkpoint."""
    lanes: Annotated[int, at_least(1, 4096)] = 1
    """How many runs of one compilation train at once, as lanes of one program; by
    default runs train one after another."""
    only: tuple[str, ...] = ()
    """Words that must all occur in the name of a run, such as mirflickr 64bits."""
    delete_checkpoints: bool = False
    """Delete the checkpoints of finished runs; their results stay."""
    name: tyro.conf.Suppress[str] = "sweep"
    """Name of the program; the command line sets it."""
    experiments: tyro.conf.Suppress[tyro.conf.Fixed[tuple[Experiment, ...]]] = ()
    """All experiments, with the options given put in each; the command line sets it."""


def main(options: Sweep) -> int:
    """Executes the runs that are not finished; 1 if one failed, or the report."""
    from scbch_jax import sweeps

    selected = sweeps.runs_of(options.experiments, only=options.only)
    all_names = {run.name for run in sweeps.runs_of(options.experiments)}
    out = options.out or Path("runs") / "sweeps" / options.name
    config = sweeps.ExecutionConfig(options.lanes, options.delete_checkpoints)
    with (
        sweeps.open_folder(out) as folder,
        console.stop_requested() as stop,
        _live_display() as live,
    ):
        progress = sweeps.Progress(selected, folder.earlier_records(all_names))
        display = _Display(progress, out, live)
        callbacks = sweeps.SweepCallbacks(display.on_epoch, display.on_outcome)
        sweeps.run(selected, folder, callbacks, config, stop=stop)
        progress.write(out)
        report_written = write_report(out)
    console.output(progress.tables())
    console.output(f"results: {out}")
    if not extras.is_installed("jinja2"):
        console.log("no report: it needs Jinja2: pip install 'scbch_jax[report]'")
    for outcome in progress.failed:
        console.log(f"failed: {outcome.run.name}: {outcome.reason}")
    return 0 if report_written and not progress.failed else 1


class _Display:
    """Keeps the tables, the report and the terminal up to date."""

    def __init__(self, progress: "Progress", out: Path, live: Any) -> None:
        self._progress, self._out, self._live = progress, out, live
        self._logged = time.monotonic()

    def on_epoch(self, run: "SweepRun", result: "EpochResult") -> None:
        self._progress.add_epoch(run, result)
        epochs = run.experiment.training.epochs
        state = f"{self._state()}  {run.name}  epoch {result.epoch} of {epochs}"
        if self._live is None:
            if time.monotonic() - self._logged > LOG_INTERVAL:
                self._log(state)
        else:
            from rich.console import Group
            from rich.text import Text

            table = Text(self._progress.last_table(), no_wrap=True)
            self._live.update(Group(table, Text(state)))

    def on_outcome(self, outcome: "Outcome") -> None:
        self._progress.add_outcome(outcome)
        self._progress.write(self._out)
        write_report(self._out)
        self._log(f"{self._state()}  {outcome.run.name}  {_describe(outcome)}")

    def _log(self, text: str) -> None:
        if self._live is None:
            console.log(text)
            self._logged = time.monotonic()
        else:
            self._live.console.print(text)

    def _state(self) -> str:
        seconds = self._progress.seconds_left()
        done = f"{self._progress.done} of {self._progress.total}"
        return done if seconds is None else f"{done}, {_duration(seconds)} left"


@contextlib.contextmanager
def _live_display() -> Iterator[Any]:
    """A display that is updated in place; None if standard error is not a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    # Imported here: only terminals need it.
    from rich.console import Console
    from rich.live import Live

    terminal = Console(stderr=True, soft_wrap=True, highlight=False)
    with Live(console=terminal, refresh_per_second=4, transient=True) as live:
        yield live


def write_report(out: Path) -> bool:
    """Writes a report without figures, if Jinja2 is installed; False if that fails."""
    from scbch_jax import report
    from scbch_jax.report import writing

    if not extras.is_installed("jinja2"):
        return True
    try:
        writing.write(report.read_runs([out]), out / "report", figures=False)
    except InputError as error:
        # The runs themselves are not affected.
        console.log(f"no report: {error}")
        return False
    return True


def _describe(outcome: "Outcome") -> str:
    from scbch_jax.report import percent

    if outcome.summary is None:
        return f"failed: {outcome.reason}"
    last, best = outcome.summary.last.retrieval, outcome.summary.best.retrieval
    i2t, t2i = (percent(getattr(last, name, None)) for name in ("i2t", "t2i"))
    return f"MAP I2T {i2t} T2I {t2i}, best average {percent(best and best.average)}"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"
