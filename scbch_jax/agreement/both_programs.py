"""Runs of an original and of this package on the same data, with draws of their own.

Codes of both are scored by this package.
"""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scbch_jax import datasets, io, retrieval, runs
from scbch_jax.agreement.distribution import Difference, difference_of_means
from scbch_jax.config import Experiment, experiment_file
from scbch_jax.errors import require
from scbch_jax.originals import clones
from scbch_jax.types import Dataset

PROGRAMS = ("original", "package")
MEASURES = ("i2t", "t2i", "average")
MARGIN = 0.5
"""Points of MAP: programs whose means differ by less are taken for equal."""


class SharedTask(NamedTuple):
    """What both programs train on."""

    clone: Path
    experiment: Experiment
    """With one seed, which draws the noise of the labels."""
    loaded: datasets.Loaded
    """With noisy labels in the training set."""


def prepare(clone: Path, experiment: Experiment) -> SharedTask:
    """Reads the data and corrupts the training labels, once for all runs.

    Args:
        clone: a clone of the method's repository, with its work tree.
        experiment: what to train; its first seed draws the noise.

    Raises:
        InputError: if the method's original cannot be trained here, or for data and
            options that do not fit.
    """
    method = experiment.method
    known = f"one whose original can be trained here: {', '.join(clones.TRAINED)}"
    require(method in clones.TRAINED, "method", method, known)
    clones.require_clone(method, clone, "runs")
    loaded = datasets.load(experiment.data)
    runs.recipe_of(experiment, loaded.dataset.train)
    train, (seed, *_) = loaded.dataset.train, experiment.seeds
    noisy = datasets.noisy_labels(
        experiment.data, experiment.noise, train.labels, seed=seed, image=train.image
    )
    dataset = loaded.dataset._replace(train=train._replace(labels=np.asarray(noisy)))
    return SharedTask(clone, experiment, loaded._replace(dataset=dataset))


def train_all(
    shared: SharedTask, count: int, path: Path, on_run: Callable[[io.Record], None]
) -> list[io.Record]:
    """Trains both programs `count` times, except for the runs that a file has already.

    Args:
        shared: what to train on.
        count: runs of each program, with seeds from 0.
        path: JSON lines, to which each finished run is added; lines of other options or
            data are left alone.
        on_run: called with each run that is trained.

    Returns:
        The runs: program, seed, and MAP as i2t, t2i and average, in [0, 1].

    Raises:
        InputError: if the file cannot be read or written, or the clone's code fails.
    """
    name = {"method": shared.experiment.method, "experiment": digest(shared)}
    done = finished(path, name)
    with tempfile.TemporaryDirectory() as scratch:
        task = Path(scratch) / "task.npz"
        for seed in range(count):
            for program in PROGRAMS:
                if (program, seed) in done:
                    continue
                if program == "original" and not task.is_file():
                    write_task(shared, task)
                found = _train(program, shared, seed, task)
                line = {**name, "program": program, "seed": seed, **found}
                io.append_jsonl(path, line)
                done[program, seed] = line
                on_run(line)
    return [line for (_, seed), line in done.items() if seed < count]


def finished(path: Path, name: io.Record) -> dict[tuple[str, int], io.Record]:
    """The runs of a file whose lines have these values, by program and seed.

    Raises:
        InputError: if the file cannot be read, or such a line is not a run.
    """
    found = {}
    for line in io.read_jsonl(path):
        if all(line.get(k) == x for k, x in name.items()):
            valid = line.get("program") in PROGRAMS and all(
                isinstance(line.get(k), int | float) for k in ("seed", *MEASURES)
            )
            require(valid, "out", f"{path} with {line!r:.60}", "finished runs")
            found[line["program"], line["seed"]] = line
    return found


def digest(shared: SharedTask) -> str:
    """Sixteen hex digits that name the options and the arrays."""
    parts = _arrays(shared.loaded.dataset)
    content = hashlib.sha256(runs.digest(shared.experiment).encode())
    for name in sorted(parts):
        content.update(np.ascontiguousarray(parts[name]).tobytes())
    return content.hexdigest()[:16]


def compare(lines: Iterable[io.Record]) -> dict[str, Difference]:
    """Compares the mean MAP of both programs in points, for each measure."""
    by_program: Mapping[str, list[io.Record]] = {p: [] for p in PROGRAMS}
    for line in lines:
        by_program[line["program"]].append(line)
    found = {}
    for measure in MEASURES:
        first, second = ([100 * x[measure] for x in by_program[p]] for p in PROGRAMS)
        found[measure] = difference_of_means(first, second, margin=MARGIN)
    return found


def write_task(shared: SharedTask, path: Path) -> None:
    """Writes what `originals.clones.train` reads."""
    options = json.dumps(experiment_file.flatten(shared.experiment))
    io.write_npz(path, options=np.array(options), **_arrays(shared.loaded.dataset))


def _arrays(dataset: Dataset) -> dict[str, np.ndarray]:
    features = {
        f"{part}_{modality}": getattr(getattr(dataset, part), modality)
        for part in ("query", "database")
        for modality in ("image", "text")
    }
    return {**dataset.train._asdict(), **features}


def _train(program: str, shared: SharedTask, seed: int, task: Path) -> dict[str, float]:
    """MAP of both directions after the last epoch."""
    if program == "package":
        return _train_package(shared, seed)
    method, folder = shared.experiment.method, task.parent
    codes = dict(np.load(clones.train(method, shared.clone, seed, task, folder)))
    dataset = shared.loaded.dataset
    sides = [
        retrieval.PairedCodes(
            retrieval.pack(codes[f"{part}_image"].astype(np.float32)),
            retrieval.pack(codes[f"{part}_text"].astype(np.float32)),
            rows.labels,
        )
        for part, rows in (("query", dataset.query), ("database", dataset.database))
    ]
    return retrieval.score(*sides)


def _train_package(shared: SharedTask, seed: int) -> dict[str, float]:
    """Trains on the labels as they are: they are noisy already."""
    experiment = shared.experiment
    schedule = replace(experiment.training, score_every=experiment.training.epochs)
    noise = replace(experiment.noise, kind="none")
    once = replace(experiment, seeds=(seed,), noise=noise, training=schedule)
    found = runs.train(once, loaded=shared.loaded)[-1].retrieval
    return found._asdict() if found else {}
