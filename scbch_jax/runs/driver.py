"""The one place where all parts meet: an experiment becomes result lines."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np

from scbch_jax import datasets, retrieval, runs, sharding, training
from scbch_jax.arrays import Params
from scbch_jax.config import Experiment, Training
from scbch_jax.errors import Interrupted
from scbch_jax.io import Record
from scbch_jax.methods import Recipe
from scbch_jax.methods.recipe import ExtraTerms
from scbch_jax.retrieval import PairedCodes
from scbch_jax.runs import RunFolder, tasks, traces
from scbch_jax.runs.tasks import Task, prepare, recipe_of
from scbch_jax.training import Epoch
from scbch_jax.types import Split

__all__ = [
    "Task",
    "encode",
    "line_of",
    "prepare",
    "recipe_of",
    "run",
    "summary",
    "trust",
]

OnEpoch = Callable[[Record], None]


def run(
    experiment: Experiment,
    folder: Path | None = None,
    *,
    resume: bool = False,
    on_epoch: OnEpoch = lambda record: None,
    extra_terms: ExtraTerms = (),
    loaded: datasets.Loaded | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> list[Record]:
    """Trains an experiment, once for each of its seeds.

    Args:
        experiment: what to run.
        folder: where result lines, checkpoints and the configuration go; nothing is
            written when it is left out, nor by others than the first process.
        resume: goes on from the folder's checkpoints.
        on_epoch: is handed each result line as it appears.
        extra_terms: a reader's own terms of the loss: name, weight, function of the
            method's view.
        loaded: the experiment's dataset, where the caller has read it already.
        stop: asked after each epoch; if true, the state is saved and the run ends,
            unless it was the last seed's last.

    Returns:
        The result lines of all epochs of all seeds.

    Raises:
        InputError: for anything about data, options or folder that cannot be used.
        Stopped: if `stop` said so.
    """
    loaded = loaded or datasets.load(experiment.data)
    dataset = loaded.dataset
    recipe = recipe_of(experiment, dataset.train, extra_terms)
    # Everything that can be wrong is found before anything is written.
    labels = [tasks.noisy_of(experiment, dataset, seed) for seed in experiment.seeds]
    place = None
    if folder is not None and sharding.is_main_process():
        place = runs.open_to_write(folder, experiment, loaded, recipe, resume=resume)
    lines = []
    try:
        with conditions(experiment.training):
            scored = tasks.on_device(
                experiment.training, (dataset.query, dataset.database)
            )
            for number, noisy in enumerate(labels):
                seed = experiment.seeds[number]
                if number and sharding.any_process(stop()):
                    raise Interrupted(
                        f"seed {experiment.seeds[number - 1]}, which is done"
                    )
                task = tasks.task_of(experiment, dataset, recipe, noisy, seed)
                for line in _run_seed(experiment, task, scored, seed, place, stop):
                    on_epoch(line)
                    lines.append(line)
    except BaseException:
        if place is not None:
            place.drop_if_nothing_saved()
        raise
    return lines


@contextlib.contextmanager
def conditions(plan: Training) -> Iterator[None]:
    """The precision and the devices that a plan asks for, for what is run inside."""
    with (
        jax.default_matmul_precision(plan.precision),
        sharding.use_mesh(plan.data_devices, plan.model_devices),
    ):
        yield


def encode(
    params: Params, hparams: Any, parts: tuple[Split, ...], *, recipe: Recipe
) -> list[PairedCodes]:
    """Packed codes of several parts of a dataset, such as query set and database."""
    return [training.encode_split(params, hparams, p, recipe=recipe) for p in parts]


def trust(state: Any, clean: Any) -> Record:
    """How a method's confidence treats clean and noisy rows; nothing if it has none."""
    confidence = getattr(state, "confidence", None)
    if confidence is None:
        return {}
    weights = np.asarray(sharding.to_host(confidence), np.float64)
    means = [
        float(w.mean()) if w.size else None for w in (weights[clean], weights[~clean])
    ]
    return {
        "confidence_clean": means[0],
        "confidence_noisy": means[1],
        "confidence_roc": retrieval.roc_auc(weights, clean),
    }


def line_of(
    plan: Training, task: Task, epoch: Epoch, scored: tuple[Split, Split], seed: int
) -> Record:
    """The result line of an epoch, all but its seconds.

    Args:
        plan: which epochs are scored.
        task: what is trained.
        epoch: what it left behind.
        scored: query set and database, on the device.
        seed: of the run.
    """
    line: Record = {"seed": seed, "epoch": epoch.number, **epoch.losses}
    line |= trust(epoch.run.state, task.clean)
    if epoch.number == plan.epochs or epoch.number % plan.score_every == 0:
        line |= training.score(
            epoch.run.params,
            task.hparams,
            scored,
            recipe=task.recipe,
            streamed=plan.features == "stream",
        )
    return line


def summary(lines: list[Record], seed: int) -> Record:
    """The last and the best scored epoch of a seed; the test queries chose the best."""
    scored = [line for line in lines if line["seed"] == seed and "average" in line]
    best = max(scored, key=lambda line: line["average"])
    return {"seed": seed, "last": scored[-1], "best": best}


def _run_seed(
    experiment: Experiment,
    task: Task,
    scored: tuple[Split, Split],
    seed: int,
    place: RunFolder | None,
    stop: Callable[[], bool],
) -> Iterator[Record]:
    """Trains one seed from where its folder left it; yields old and new lines."""
    plan, recipe, done = experiment.training, task.recipe, 0
    run = training.start(task.hparams, task.key, recipe=recipe)
    if place is not None:
        done, run = place.go_on(seed, run, task.flips)
        yield from place.lines(seed)
    done, run = sharding.broadcast_from_main((done, run))
    run = training.shard_state(run)
    began = time.perf_counter()
    for epoch in training.fit(
        run,
        task.hparams,
        task.train,
        task.key,
        recipe=recipe,
        epochs=plan.epochs,
        done=done,
        streamed=plan.features == "stream",
    ):
        last = epoch.number == plan.epochs
        line = line_of(plan, task, epoch, scored, seed)
        now = time.perf_counter()
        line["seconds"], began = round(now - began, 3), now
        ends = sharding.any_process(stop()) and not last
        if place is not None:
            place.write(seed, line)
        # All processes compute what the first one writes.
        if sharding.any_process(place is not None):
            to = place.traces(seed) if place is not None else None
            traces.keep(to, plan, task, epoch, scored, seed=seed)
        if last or ends or epoch.number % plan.save_every == 0:
            whole = epoch._replace(run=sharding.to_host(epoch.run))
            if place is not None:
                place.save(seed, whole)
        yield line
        if ends:
            raise Interrupted(f"seed {seed}, epoch {epoch.number}")
    if place is not None:
        place.finish(seed)
