"""A sweep from its cells to their outcomes; what fails does not stop the others."""

import traceback
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax

from scbch_jax import datasets
from scbch_jax.config import Data
from scbch_jax.datasets import Loaded
from scbch_jax.errors import InputError, Interrupted
from scbch_jax.io import Record
from scbch_jax.runs import driver
from scbch_jax.runs.driver import Task
from scbch_jax.sweeps import ways
from scbch_jax.sweeps.cells import Cell, Outcome
from scbch_jax.sweeps.failures import reason_of
from scbch_jax.sweeps.folder import SweepFolder
from scbch_jax.sweeps.side_by_side import id_of, run_side_by_side


@runtime_checkable
class Watcher(Protocol):
    """Who is told how a sweep goes."""

    def line(self, cell: Cell, line: Record) -> None:
        """A result line appeared, or was found again."""
        ...

    def outcome(self, outcome: Outcome) -> None:
        """A cell is finished, or failed."""
        ...

    def note(self, text: str) -> None:
        """Something was decided."""
        ...


class Manner(NamedTuple):
    """How cells are to be run."""

    way: str = "measured"
    """lanes, one after another ("one"), or as measured."""
    lanes: int = 8
    """Cells side by side at most."""
    drop_states: bool = False
    """Whether finished cells lose their saved states."""


def run(
    cells: Sequence[Cell],
    folder: SweepFolder,
    watcher: Watcher,
    manner: Manner,
    *,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Runs every cell that is not finished; data by data, recipe by recipe.

    Args:
        cells: of the sweep.
        folder: where they go; finished cells are found there.
        watcher: is told each cell's outcome once, those found included.
        manner: how to run them.
        stop: asked after each epoch; if true, all is saved and the sweep ends, unless
            nothing is left to run.

    Raises:
        Stopped: if `stop` said so.
    """
    sweep = _Sweep(cells, folder, watcher, manner, stop)
    for cell in cells:
        if (found := folder.found(cell)) is not None:
            watcher.outcome(Outcome(cell, found))
    for source, of_source in _grouped(cells, lambda cell: cell.experiment.data):
        if sweep.left(of_source):
            _run_source(source, of_source, sweep)


class _Sweep(NamedTuple):
    """What all parts of a sweep share."""

    cells: Sequence[Cell]
    folder: SweepFolder
    watcher: Watcher
    manner: Manner
    stop: Callable[[], bool]

    def left(self, cells: Sequence[Cell]) -> list[Cell]:
        return [cell for cell in cells if self.folder.found(cell) is None]

    def finish(self, cell: Cell, lines: list[Record]) -> None:
        found = driver.summary(lines, cell.seed)
        self.folder.finish(cell, found, drop_states=self.manner.drop_states)
        self.watcher.outcome(Outcome(cell, found))

    def end_if_asked(self, done: Cell) -> None:
        """Between cells; within one, its epochs ask."""
        if self.stop() and self.left(self.cells):
            raise Interrupted(f"cell {done.name}, which is done")

    def fail(self, cells: Sequence[Cell], error: Exception) -> None:
        text = "".join(traceback.format_exception(error))
        for cell in self.left(cells):
            if not isinstance(error, InputError):
                self.folder.keep_traceback(cell, text)
            self.watcher.outcome(Outcome(cell, reason=reason_of(error)))


def _run_source(source: Data, cells: Sequence[Cell], sweep: _Sweep) -> None:
    """Cells of one dataset, which is read once."""
    try:
        loaded = datasets.load(source)
    except Exception as error:
        sweep.fail(cells, error)
        return
    fitting = []
    for cell in cells:
        try:
            recipe = driver.recipe_of(cell.experiment, loaded.dataset.train)
        except Exception as error:
            sweep.fail([cell], error)
        else:
            fitting.append((cell, (recipe, cell.experiment.training)))
    for (_, plan), group in _grouped(fitting, lambda pair: pair[1]):
        with jax.default_matmul_precision(plan.precision):
            _run_group([cell for cell, _ in group], loaded, sweep)


def _run_group(cells: Sequence[Cell], loaded: Loaded, sweep: _Sweep) -> None:
    """Cells that share a compilation, in the chunks that may train side by side.

    Chunks count finished cells too, so that they are the same when a sweep goes on.
    """
    size = sweep.manner.lanes
    for start in range(0, len(cells), size):
        chunk = cells[start : start + size]
        if not sweep.left(chunk):
            sweep.folder.drop_lanes(id_of(chunk))
        elif not (_may_be_lanes(chunk, sweep) and _as_lanes(chunk, loaded, sweep)):
            for cell in sweep.left(chunk):
                _run_alone(cell, loaded, sweep)


def _may_be_lanes(chunk: Sequence[Cell], sweep: _Sweep) -> bool:
    """A chunk begun as lanes goes on so; one with a cell begun alone does not.

    Rows that stream, and work that several devices share, are one run's own.
    """
    plan = chunk[0].experiment.training
    alone = plan.features == "stream" or plan.data_devices * plan.model_devices > 1
    if alone or len(chunk) == 1 or sweep.manner.way == "one":
        return False
    if sweep.folder.lanes(id_of(chunk)).is_dir():
        return True
    begun = any(sweep.folder.has_begun(cell) for cell in chunk)
    return not begun and sweep.left(chunk) == list(chunk)


def _run_alone(cell: Cell, loaded: Loaded, sweep: _Sweep) -> None:
    def on_epoch(line: Record) -> None:
        sweep.watcher.line(cell, line)

    try:
        lines = driver.run(
            cell.experiment,
            sweep.folder.cell(cell),
            resume=True,
            on_epoch=on_epoch,
            loaded=loaded,
            stop=sweep.stop,
        )
        sweep.finish(cell, lines)
    except Exception as error:
        sweep.fail([cell], error)
    sweep.end_if_asked(cell)


def _as_lanes(chunk: Sequence[Cell], loaded: Loaded, sweep: _Sweep) -> bool:
    """Trains a chunk side by side if that is its way; returns whether it was."""
    try:
        tasks = _tasks(chunk, loaded)
    except Exception:
        # Alone, the cell that cannot be prepared fails, and the others do not.
        return False
    try:
        if _way(chunk, tasks, sweep) == "one":
            return False
        found = run_side_by_side(
            chunk, tasks, loaded, sweep.folder, sweep.watcher.line, sweep.stop
        )
        for cell, lines in found:
            if isinstance(lines, Exception):
                sweep.fail([cell], lines)
            else:
                sweep.finish(cell, lines)
    except Exception as error:
        sweep.fail(chunk, error)
    sweep.end_if_asked(chunk[-1])
    return True


def _tasks(chunk: Sequence[Cell], loaded: Loaded) -> list[Task]:
    """All tasks, with one copy of the features on the device."""
    train = loaded.dataset.train
    image, text = jax.device_put((train.image, train.text))
    shared = loaded.dataset._replace(train=train._replace(image=image, text=text))
    return [driver.prepare(cell.experiment, shared, seed=cell.seed) for cell in chunk]


def _way(chunk: Sequence[Cell], tasks: Sequence[Task], sweep: _Sweep) -> str:
    """Forced, or begun so, or measured now or before on this machine."""
    if sweep.manner.way != "measured":
        return sweep.manner.way
    if sweep.folder.lanes(id_of(chunk)).is_dir():
        return "lanes"
    name = ways.name_of(tasks[0].recipe, sweep.manner.lanes)
    known = sweep.folder.way(name)
    if known is None:
        known = ways.measured(tasks)
        sweep.folder.keep_way(name, known)
        sweep.watcher.note(ways.in_words(name, known))
    return known["way"]


def _grouped(
    values: Sequence[Any], key: Callable[[Any], Any]
) -> list[tuple[Any, list[Any]]]:
    """Values by key, both in the order of first appearance."""
    groups: dict[Any, list[Any]] = {}
    for value in values:
        groups.setdefault(key(value), []).append(value)
    return list(groups.items())
