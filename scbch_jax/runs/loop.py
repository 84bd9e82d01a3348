"""The loop over epochs: train, evaluate, write, save; and stop on request.

One run is one lane. Several runs of one recipe can be lanes of one program (`vmap`);
their common state is then saved as one, so that all resume from the same epoch.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np

from scbch_jax import retrieval, sharding, training
from scbch_jax.config import Training
from scbch_jax.errors import InputError, Interrupted
from scbch_jax.results import Confidence, EpochResult, RetrievalScore
from scbch_jax.runs.folder import RunFolder
from scbch_jax.runs.tasks import Task
from scbch_jax.runs.traces import write_trace
from scbch_jax.training import Checkpoints, Epoch, Lanes, LanesEpoch, RunState
from scbch_jax.types import Split

Scored = tuple[Split, Split]
"""Query set and database."""


class Lane(NamedTuple):
    """One run of the loop."""

    task: Task
    folder: RunFolder | None
    """Where it writes; None if it writes nothing."""
    on_epoch: Callable[[EpochResult], None]
    """Called with each result, also with those from before a resume."""
    active: bool = True
    """False for a run that is finished or failed and only keeps its position."""


def run_lanes(
    lanes: Sequence[Lane],
    schedule: Training,
    scored: Scored,
    *,
    checkpoints: Checkpoints | None,
    on_failure: Callable[[int, InputError], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> RunState:
    """Trains one run, or several as lanes, from their checkpoint to the last epoch.

    Args:
        lanes: runs of one recipe; of several, the states are stacked.
        schedule: epochs, and how often to evaluate and save.
        scored: query set and database, on the device unless features are streamed.
        checkpoints: where the state is saved; None in a process that writes nothing.
        on_failure: called with the index of a lane whose losses are not finite, so that
            the others go on; if None, the error is raised.
        stop: called after each epoch; if true in any process, the state is saved and
            the loop ends, unless that epoch was the last.

    Returns:
        The state after the last epoch.

    Raises:
        InputError: if losses are not finite, or files cannot be written.
        Interrupted: if `stop` returned true.
    """
    tasks = [lane.task for lane in lanes]
    stacked = _stacked(tasks) if len(tasks) > 1 else None
    done, state = _resume(lanes, stacked, checkpoints)
    active = [i for i, lane in enumerate(lanes) if lane.active]
    # All processes compute what the main one writes.
    writes = sharding.any_process(checkpoints is not None)
    before = time.perf_counter()
    with _finishing(checkpoints):
        for epoch in _epochs(tasks[0], stacked, state, schedule, done):
            state = epoch.runs
            active = _finite(epoch, active, on_failure)
            if not active:
                break
            results = {
                i: _after_epoch(lanes[i], _of_lane(epoch, i), schedule, scored, writes)
                for i in active
            }
            now = time.perf_counter()
            # Divided among the lanes, so that their seconds sum to the elapsed time.
            seconds, before = round((now - before) / len(lanes), 3), now
            results = {i: r._replace(seconds=seconds) for i, r in results.items()}
            _append(lanes, results)
            last = epoch.number == schedule.epochs
            ends = sharding.any_process(stop()) and not last
            if writes and (last or ends or epoch.number % schedule.save_every == 0):
                gathered = sharding.to_host(state)
                if checkpoints is not None:
                    checkpoints.save(epoch.number, gathered)
            for i, result in results.items():
                lanes[i].on_epoch(result)
            if ends:
                if checkpoints is not None:
                    checkpoints.finish()
                raise Interrupted(_position(lanes, epoch.number))
    return state


def measure(
    task: Task, epoch: Epoch, schedule: Training, scored: Scored
) -> EpochResult:
    """The result of an epoch, without its time.

    Args:
        task: what is trained.
        epoch: its state and losses.
        schedule: says which epochs are evaluated.
        scored: query set and database.
    """
    retrieval_score = held_out = None
    if epoch.number == schedule.epochs or epoch.number % schedule.score_every == 0:
        score = partial(_score, task, epoch, schedule)
        retrieval_score = score(scored)
        held_out = score(task.held_out) if task.held_out else None
    return EpochResult(
        seed=task.seed,
        epoch=epoch.number,
        losses=epoch.losses,
        confidence=_confidence(epoch.run.state, task),
        retrieval=retrieval_score,
        held_out=held_out,
    )


def _score(
    task: Task, epoch: Epoch, schedule: Training, scored: Scored
) -> RetrievalScore:
    found = training.score(
        epoch.run.params,
        task.hparams,
        scored,
        recipe=task.recipe,
        streamed=schedule.features == "stream",
    )
    return RetrievalScore(**found)


def _confidence(state: Any, task: Task) -> Confidence | None:
    """How a method's confidence differs between clean and noisy rows, if it has any."""
    confidence = getattr(state, "confidence", task.confidence)
    if confidence is None:
        return None
    weights, clean = np.asarray(sharding.to_host(confidence), np.float64), task.clean
    means = [
        float(w.mean()) if w.size else None for w in (weights[clean], weights[~clean])
    ]
    area = retrieval.roc_auc(weights, clean)
    area = None if np.isnan(area) else area
    wrong, missing = task.expected_error_shares
    return Confidence(
        *means,
        roc_auc=area,
        entries_roc_auc=task.entries_roc_auc,
        expected_wrong=wrong,
        expected_missing=missing,
    )


def _resume(
    lanes: Sequence[Lane], stacked: Lanes | None, checkpoints: Checkpoints | None
) -> tuple[int, RunState]:
    """The latest saved state and its epoch, or the first state and 0.

    Results of later epochs are removed from the folders: they will be written again.
    """
    begin = _first_state(lanes[0].task, stacked)
    found = checkpoints.latest(jax.eval_shape(begin)) if checkpoints else None
    done, state = found or (0, begin())
    if checkpoints is not None:
        checkpoints.delete_after(done)
    for lane in lanes:
        if lane.active and lane.folder is not None:
            lane.folder.rewind(lane.task.seed, done, lane.task.changes)
            for result in lane.folder.results(lane.task.seed):
                lane.on_epoch(result)
    done, state = sharding.broadcast_from_main((done, state))
    return int(done), training.shard_state(state)


def _first_state(task: Task, stacked: Lanes | None) -> Callable[[], RunState]:
    if stacked is None:
        return partial(training.start, task.hparams, task.key, recipe=task.recipe)
    return partial(training.start_lanes, stacked, recipe=task.recipe)


def _stacked(tasks: Sequence[Task]) -> Lanes:
    """What differs between the tasks."""
    return Lanes(
        hparams=training.stack([task.hparams for task in tasks]),
        labels=training.stack([task.train.labels for task in tasks]),
        keys=training.stack([task.key for task in tasks]),
    )


def _epochs(
    task: Task, stacked: Lanes | None, state: RunState, schedule: Training, done: int
) -> Iterator[LanesEpoch]:
    """The remaining epochs of all lanes, or of the single run of `task`."""
    shared = {"recipe": task.recipe, "epochs": schedule.epochs, "done": done}
    if stacked is not None:
        yield from training.fit_lanes(state, stacked, task.train, **shared)
        return
    streamed = schedule.features == "stream"
    for epoch in training.fit(
        state, task.hparams, task.train, task.key, **shared, streamed=streamed
    ):
        yield LanesEpoch(epoch.number, epoch.run, [epoch.losses])


def _of_lane(epoch: LanesEpoch, i: int) -> Epoch:
    """One lane's part, without the optimizer's state, which is not needed here."""
    run = epoch.runs
    if len(epoch.losses) > 1:
        run = training.lane(run._replace(opt={}), i)
    return Epoch(epoch.number, run, epoch.losses[i])


def _finite(
    epoch: LanesEpoch,
    active: Sequence[int],
    on_failure: Callable[[int, InputError], None] | None,
) -> list[int]:
    """The lanes whose losses are finite."""
    kept = []
    for i in active:
        try:
            training.require_finite(epoch.losses[i], epoch.number)
            kept.append(i)
        except InputError as error:
            if on_failure is None:
                raise
            on_failure(i, error)
    return kept


def _after_epoch(
    lane: Lane, epoch: Epoch, schedule: Training, scored: Scored, writes: bool
) -> EpochResult:
    """Evaluates one lane, and writes the arrays for figures."""
    result = measure(lane.task, epoch, schedule, scored)
    if writes:
        folder = lane.folder.traces(lane.task.seed) if lane.folder else None
        write_trace(folder, schedule, lane.task, epoch, scored)
    return result


def _append(lanes: Sequence[Lane], results: dict[int, EpochResult]) -> None:
    for i, result in results.items():
        if (folder := lanes[i].folder) is not None:
            folder.append(result)


def _position(lanes: Sequence[Lane], epoch: int) -> str:
    if len(lanes) == 1:
        return f"seed {lanes[0].task.seed}, epoch {epoch}"
    return f"epoch {epoch} of {len(lanes)} runs in lanes"


@contextlib.contextmanager
def _finishing(checkpoints: Checkpoints | None) -> Iterator[None]:
    """Waits for what is being saved, however the block ends."""
    if checkpoints is None:
        yield
        return
    try:
        yield
    except BaseException:
        with contextlib.suppress(InputError):
            checkpoints.finish()
        raise
    checkpoints.finish()
