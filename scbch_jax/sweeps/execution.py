"""Executes the runs of a sweep; a run that fails does not stop the others."""

import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax

from scbch_jax import datasets, io, runs, training
from scbch_jax.config import Data
from scbch_jax.datasets import Loaded
from scbch_jax.errors import InputError, Interrupted, require
from scbch_jax.results import EpochResult, summarize
from scbch_jax.runs import Lane, RunFolder, Task
from scbch_jax.sweeps.folder import SweepFolder
from scbch_jax.sweeps.sweep_runs import Outcome, SweepRun, failure_reason
from scbch_jax.training import Checkpoints


class SweepCallbacks(NamedTuple):
    """Functions that are called during a sweep."""

    on_epoch: Callable[[SweepRun, EpochResult], None] = lambda run, result: None
    """With each result of an epoch; of resumed runs also those from before."""
    on_outcome: Callable[[Outcome], None] = lambda outcome: None
    """Once for each run that finishes, is already finished, or fails."""


class ExecutionConfig(NamedTuple):
    """How the runs of a sweep are executed."""

    lanes: int = 1
    """How many runs of one compilation train at once; 1 for one after another."""
    delete_checkpoints: bool = False
    """Whether the checkpoints of finished runs are deleted."""


def run(
    sweep_runs: Sequence[SweepRun],
    folder: SweepFolder,
    callbacks: SweepCallbacks,
    config: ExecutionConfig,
    *,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Executes every run that is not finished: dataset by dataset, recipe by recipe.

    Args:
        sweep_runs: of the sweep.
        folder: where they write; finished runs are found there.
        callbacks: called during the sweep.
        config: how to execute them.
        stop: called after each epoch; if true, states are saved and the sweep ends,
            unless nothing is left to run.

    Raises:
        Interrupted: if `stop` returned true.
    """
    sweep = _Sweep(sweep_runs, folder, callbacks, config, stop)
    for one in sweep_runs:
        if (summary := folder.summary(one)) is not None:
            callbacks.on_outcome(Outcome(one, summary))
    folder.delete_unused_lanes()
    for data, group in _grouped(sweep_runs, lambda one: one.experiment.data):
        if sweep.unfinished(group):
            _run_dataset(data, group, sweep)


class _Sweep(NamedTuple):
    """What all parts of a sweep share."""

    runs: Sequence[SweepRun]
    folder: SweepFolder
    callbacks: SweepCallbacks
    config: ExecutionConfig
    stop: Callable[[], bool]

    def unfinished(self, some: Sequence[SweepRun]) -> list[SweepRun]:
        return [one for one in some if self.folder.summary(one) is None]

    def finish(self, one: SweepRun, results: Sequence[EpochResult]) -> None:
        summary, delete = summarize(results, one.seed), self.config.delete_checkpoints
        self.folder.finish(one, summary, delete_checkpoints=delete)
        self.callbacks.on_outcome(Outcome(one, summary))

    def fail(self, some: Sequence[SweepRun], error: Exception) -> None:
        text = "".join(traceback.format_exception(error))
        for one in self.unfinished(some):
            if not isinstance(error, InputError):
                self.folder.write_traceback(one, text)
            self.callbacks.on_outcome(Outcome(one, reason=failure_reason(error)))

    def end_if_asked(self, done: SweepRun) -> None:
        """Called between runs; within a run, `stop` is called after each epoch."""
        if self.stop() and self.unfinished(self.runs):
            raise Interrupted(f"run {done.name}, which is done")


def _run_dataset(data: Data, group: Sequence[SweepRun], sweep: _Sweep) -> None:
    """Runs of one dataset, which is read once."""
    try:
        loaded = datasets.load(data)
    except Exception as error:
        sweep.fail(group, error)
        return
    fitting = []
    for one in group:
        try:
            recipe = runs.recipe_of(one.experiment, loaded.dataset.train)
        except Exception as error:
            sweep.fail([one], error)
        else:
            fitting.append((one, (recipe, one.experiment.training)))
    size = sweep.config.lanes
    for _, pairs in _grouped(fitting, lambda pair: pair[1]):
        # Chunks count finished runs too, so that they are the same after a resume.
        for first in range(0, len(pairs), size):
            chunk = [one for one, _ in pairs[first : first + size]]
            _run_chunk(chunk, loaded, sweep)


def _run_chunk(chunk: Sequence[SweepRun], loaded: Loaded, sweep: _Sweep) -> None:
    """Runs of one compilation that may train as lanes."""
    if sweep.unfinished(chunk) and not (
        _can_be_lanes(chunk, sweep) and _run_as_lanes(chunk, loaded, sweep)
    ):
        for one in sweep.unfinished(chunk):
            _run_alone(one, loaded, sweep)


def _can_be_lanes(chunk: Sequence[SweepRun], sweep: _Sweep) -> bool:
    """Whether all runs can share one program.

    Streamed features and several devices are for single runs. A chunk that began as
    lanes is continued so; one with a run that began alone is not.
    """
    schedule = chunk[0].experiment.training
    devices = schedule.data_devices * schedule.model_devices
    if len(chunk) == 1 or devices > 1 or schedule.features == "stream":
        return False
    if sweep.folder.lanes(chunk).is_dir():
        return True
    begun = any(runs.has_checkpoints(sweep.folder.run_folder(one)) for one in chunk)
    return not begun and len(sweep.unfinished(chunk)) == len(chunk)


def _run_alone(one: SweepRun, loaded: Loaded, sweep: _Sweep) -> None:
    try:
        results = runs.train(
            one.experiment,
            sweep.folder.run_folder(one),
            resume=True,
            on_epoch=partial(sweep.callbacks.on_epoch, one),
            loaded=loaded,
            stop=sweep.stop,
        )
        sweep.finish(one, results)
    except Exception as error:
        sweep.fail([one], error)
    sweep.end_if_asked(one)


def _run_as_lanes(chunk: Sequence[SweepRun], loaded: Loaded, sweep: _Sweep) -> bool:
    """Trains a chunk as lanes; False if one of its runs cannot be prepared."""
    try:
        tasks = _tasks(chunk, loaded)
    except Exception:
        # Alone, the run that cannot be prepared fails, and the others do not.
        return False
    try:
        with runs.numerics(chunk[0].experiment.training):
            _train_lanes(chunk, tasks, loaded, sweep)
    except Exception as error:
        sweep.fail(chunk, error)
    sweep.end_if_asked(chunk[-1])
    return True


def _tasks(chunk: Sequence[SweepRun], loaded: Loaded) -> list[Task]:
    """The tasks of all runs, with one copy of the features on the device."""
    train = loaded.dataset.train
    image, text = jax.device_put((train.image, train.text))
    shared = loaded.dataset._replace(train=train._replace(image=image, text=text))
    return [runs.prepare(one.experiment, shared, seed=one.seed) for one in chunk]


def _train_lanes(
    chunk: Sequence[SweepRun], tasks: Sequence[Task], loaded: Loaded, sweep: _Sweep
) -> None:
    """Trains all lanes to the end; each run gets its own results and checkpoint."""
    common = sweep.folder.make_lanes(chunk)
    checkpoints = Checkpoints(common / "checkpoints")
    failures = _Failures(common / "failures.json")
    lanes = []
    for one, task in zip(chunk, tasks, strict=True):
        folder = None
        if sweep.folder.summary(one) is None:
            folder = runs.open_to_write(
                sweep.folder.run_folder(one),
                one.experiment,
                loaded,
                task.recipe,
                resume=True,
            )
        active = folder is not None and one.name not in failures.reasons
        on_epoch = partial(sweep.callbacks.on_epoch, one)
        lanes.append(Lane(task, folder, on_epoch, active))
    state = runs.run_lanes(
        lanes,
        chunk[0].experiment.training,
        jax.device_put((loaded.dataset.query, loaded.dataset.database)),
        checkpoints=checkpoints,
        on_failure=lambda i, error: failures.add(chunk[i].name, str(error)),
        stop=sweep.stop,
    )
    for i, (one, lane) in enumerate(zip(chunk, lanes, strict=True)):
        if one.name in failures.reasons:
            sweep.fail([one], InputError(failures.reasons[one.name]))
        elif lane.folder is not None:
            _save_own(one, lane.folder, training.lane(state, i))
            sweep.finish(one, lane.folder.results(one.seed))
    sweep.folder.delete_lanes(chunk)


def _save_own(one: SweepRun, folder: RunFolder, state: training.RunState) -> None:
    """Saves the last state of one lane in the folder of its run."""
    if not runs.has_checkpoints(folder.path):
        checkpoints = folder.checkpoints(one.seed)
        checkpoints.save(one.experiment.training.epochs, state)
        checkpoints.finish()


class _Failures:
    """Lanes that failed, by the name of their run; kept in a file for a resume."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.reasons: dict[str, str] = {}
        if path.is_file():
            self.reasons = io.read_json(path, "sweep")
            wanted = "reasons by name"
            require(isinstance(self.reasons, dict), "sweep", path, wanted)

    def add(self, name: str, reason: str) -> None:
        self.reasons[name] = reason
        io.write_json(self._path, self.reasons)


def _grouped(
    values: Sequence[Any], key: Callable[[Any], Any]
) -> list[tuple[Any, list[Any]]]:
    """Values by key, both in the order of first appearance."""
    groups: dict[Any, list[Any]] = {}
    for value in values:
        groups.setdefault(key(value), []).append(value)
    return list(groups.items())
