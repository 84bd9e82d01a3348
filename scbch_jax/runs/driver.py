"""Trains experiments: from options to results, with all parts of the package."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax

from scbch_jax import allocation, compiled, datasets, sharding, training
from scbch_jax.arrays import Params
from scbch_jax.config import Experiment, Training
from scbch_jax.errors import Interrupted
from scbch_jax.methods import Recipe
from scbch_jax.methods.recipe import ExtraTerms
from scbch_jax.results import EpochResult
from scbch_jax.retrieval import PairedCodes
from scbch_jax.runs.folder import RunFolder
from scbch_jax.runs.loop import Lane, run_lanes
from scbch_jax.runs.opening import open_to_write
from scbch_jax.runs.tasks import noisy_labels, recipe_of, task_of, to_device
from scbch_jax.types import Split


def train(
    experiment: Experiment,
    folder: Path | None = None,
    *,
    resume: bool = False,
    on_epoch: Callable[[EpochResult], None] = lambda result: None,
    extra_terms: ExtraTerms = (),
    loaded: datasets.Loaded | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> list[EpochResult]:
    """Trains an experiment, once for each of its seeds.

    Args:
        experiment: what to run.
        folder: where options, results and checkpoints go; nothing is written if it is
            None. Of several processes, only the main one writes.
        resume: continue from the folder's latest checkpoint.
        on_epoch: called with each result as it appears.
        extra_terms: loss terms of the user's own: name, weight, function of the
            method's `TermInputs`.
        loaded: the experiment's dataset, if it is read already.
        stop: called after each epoch; if true, the state is saved and training ends,
            unless nothing is left to train.

    Returns:
        The results of all epochs of all seeds.

    Raises:
        InputError: for data, options or a folder that cannot be used.
        Interrupted: if `stop` returned true.
    """
    compiled.keep_programs()
    if experiment.training.features == "stream":
        allocation.keep_little()
    loaded = loaded or datasets.load(experiment.data)
    dataset, results = loaded.dataset, []

    def record(result: EpochResult) -> None:
        results.append(result)
        on_epoch(result)

    recipe = recipe_of(experiment, dataset.train, extra_terms)
    # Everything that can be wrong is found before anything is written.
    labels = [noisy_labels(experiment, dataset, seed) for seed in experiment.seeds]
    with numerics(experiment.training):
        run_folder: RunFolder | None = None
        if folder is not None and sharding.is_main_process():
            run_folder = open_to_write(
                folder, experiment, loaded, recipe, resume=resume
            )
        scored = to_device(experiment.training, (dataset.query, dataset.database))
        for i, seed in enumerate(experiment.seeds):
            if i and sharding.any_process(stop()):
                raise Interrupted(f"seed {experiment.seeds[i - 1]}, which is done")
            task = task_of(experiment, dataset, recipe, labels[i], seed)
            run_lanes(
                [Lane(task, run_folder, record)],
                experiment.training,
                scored,
                checkpoints=run_folder.checkpoints(seed) if run_folder else None,
                stop=stop,
            )
    return results


@contextlib.contextmanager
def numerics(schedule: Training) -> Iterator[None]:
    """A context with the precision and the devices that an experiment asks for."""
    with (
        jax.default_matmul_precision(schedule.precision),
        sharding.use_mesh(schedule.data_devices, schedule.model_devices),
    ):
        yield


def encode(
    params: Params, hparams: Any, parts: tuple[Split, ...], *, recipe: Recipe
) -> list[PairedCodes]:
    """Packed codes of several parts of a dataset, such as query set and database."""
    compiled.keep_programs()
    return [training.encode_split(params, hparams, p, recipe=recipe) for p in parts]
