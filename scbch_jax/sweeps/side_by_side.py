"""Cells of one recipe as lanes, each with its own run folder.

Their common state is saved as one, so that all lanes go on from the same epoch; each
cell gets its own last state when all are through.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax

from scbch_jax import io, runs, training
from scbch_jax.datasets import Loaded
from scbch_jax.errors import InputError, Interrupted
from scbch_jax.io import Record
from scbch_jax.runs import RunFolder, traces
from scbch_jax.runs.driver import Task
from scbch_jax.sweeps.cells import Cell
from scbch_jax.sweeps.folder import SweepFolder
from scbch_jax.training import Checkpoints, Epoch, Lanes, LanesEpoch
from scbch_jax.types import Split

OnLine = Callable[[Cell, Record], None]


class Lane(NamedTuple):
    """A cell that trains beside others."""

    cell: Cell
    task: Task
    place: RunFolder | None
    """Where its lines go; None for a cell that was finished before."""


def id_of(cells: Sequence[Cell]) -> str:
    """Names the common state of these cells; others have another one."""
    names = " ".join(cell.name for cell in cells)
    return hashlib.sha256(names.encode()).hexdigest()[:8]


def lanes_of(tasks: Sequence[Task]) -> Lanes:
    """What tells the tasks apart, stacked."""
    return Lanes(
        hparams=training.stack([task.hparams for task in tasks]),
        labels=training.stack([task.train.labels for task in tasks]),
        keys=training.stack([task.key for task in tasks]),
    )


def run_side_by_side(
    cells: Sequence[Cell],
    tasks: Sequence[Task],
    loaded: Loaded,
    folder: SweepFolder,
    on_line: OnLine,
    stop: Callable[[], bool],
) -> Iterator[tuple[Cell, list[Record] | InputError]]:
    """Trains cells of one recipe and one plan, from where their folder left them.

    Args:
        cells: what to train.
        tasks: of each cell.
        loaded: the dataset of all.
        folder: of the sweep.
        on_line: is handed each result line as it appears.
        stop: asked after each epoch; if true, all is saved and the sweep ends.

    Yields:
        Each cell that was not finished before, with all its lines, or why it diverged.
    """
    states = folder.lanes(id_of(cells))
    states.mkdir(parents=True, exist_ok=True)
    lanes = [_open(*pair, loaded, folder) for pair in zip(cells, tasks, strict=True)]
    diverged = _Diverged(states / "diverged.json")
    for epoch in _epochs(
        lanes, states / "checkpoints", diverged, loaded, on_line, stop
    ):
        last = epoch
    for i, lane in enumerate(lanes):
        if lane.place is None:
            continue
        if lane.cell.name in diverged.reasons:
            lane.place.drop_if_nothing_saved()
            yield lane.cell, InputError(diverged.reasons[lane.cell.name])
            continue
        if not folder.has_begun(lane.cell):
            run = training.lane(last.runs, i)
            lane.place.save(lane.cell.seed, Epoch(last.number, run, {}))
            lane.place.finish(lane.cell.seed)
        yield lane.cell, lane.place.lines(lane.cell.seed)
    folder.drop_lanes(id_of(cells))


def _open(cell: Cell, task: Task, loaded: Loaded, folder: SweepFolder) -> Lane:
    if folder.found(cell) is not None:
        return Lane(cell, task, None)
    place = runs.open_to_write(
        folder.cell(cell), cell.experiment, loaded, task.recipe, resume=True
    )
    return Lane(cell, task, place)


class _Diverged:
    """Lanes whose losses are no longer finite; kept, for a sweep that goes on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.reasons: dict[str, str] = {}
        if path.is_file():
            self.reasons = json.loads(path.read_text())

    def add(self, name: str, reason: str) -> None:
        self.reasons[name] = reason
        io.write_text(self._path, json.dumps(self.reasons))


def _epochs(
    lanes: Sequence[Lane],
    checkpoints_at: Path,
    diverged: _Diverged,
    loaded: Loaded,
    on_line: OnLine,
    stop: Callable[[], bool],
) -> Iterator[LanesEpoch]:
    """The epochs that are left, each written and now and then saved; at least one."""
    tasks = [lane.task for lane in lanes]
    plan, recipe = lanes[0].cell.experiment.training, tasks[0].recipe
    apart, start = lanes_of(tasks), partial(training.start_lanes, recipe=recipe)
    scored = jax.device_put((loaded.dataset.query, loaded.dataset.database))
    checkpoints = Checkpoints(checkpoints_at)
    found = checkpoints.latest(jax.eval_shape(start, apart))
    done = found[0] if found else 0
    checkpoints.forget_after(done)
    for lane in lanes:
        if lane.place is not None and lane.cell.name not in diverged.reasons:
            lane.place.go_back(lane.cell.seed, done, lane.task.flips)
            for line in lane.place.lines(lane.cell.seed):
                on_line(lane.cell, line)
    runs = found[1] if found else start(apart)
    if found:
        yield LanesEpoch(done, runs, [])
    began = time.perf_counter()
    for epoch in training.fit_lanes(
        runs,
        apart,
        tasks[0].train,
        recipe=recipe,
        epochs=plan.epochs,
        done=done,
    ):
        lines = list(_lines(lanes, epoch, scored, diverged))
        now = time.perf_counter()
        # A share of the time, so that the seconds of all lanes are those of the clock.
        share, began = round((now - began) / len(lanes), 3), now
        for cell, place, line in lines:
            line["seconds"] = share
            place.write(cell.seed, line)
            on_line(cell, line)
        last, ends = epoch.number == plan.epochs, stop()
        if last or ends or epoch.number % plan.save_every == 0:
            checkpoints.save(epoch.number, epoch.runs)
        if ends and not last:
            checkpoints.finish()
            raise Interrupted(
                f"epoch {epoch.number} of {len(lanes)} cells side by side"
            )
        yield epoch
    checkpoints.finish()


def _lines(
    lanes: Sequence[Lane],
    epoch: LanesEpoch,
    scored: tuple[Split, Split],
    diverged: _Diverged,
) -> Iterator[tuple[Cell, RunFolder, Record]]:
    """Result lines of the lanes that are still of use, all but their seconds."""
    for i, lane in enumerate(lanes):
        cell = lane.cell
        if lane.place is None or cell.name in diverged.reasons:
            continue
        try:
            training.require_finite(epoch.losses[i], epoch.number)
        except InputError as error:
            diverged.add(cell.name, str(error))
            continue
        run = training.lane(epoch.runs._replace(opt={}), i)
        one = Epoch(epoch.number, run, epoch.losses[i])
        plan = cell.experiment.training
        line = run.line_of(plan, lane.task, one, scored, cell.seed)
        to = lane.place.traces(cell.seed)
        traces.keep(to, plan, lane.task, one, scored, seed=cell.seed)
        yield cell, lane.place, line
