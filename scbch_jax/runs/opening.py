"""Folders of runs, opened to write or to read."""

import json
from pathlib import Path

from scbch_jax.config import Experiment, experiment_file
from scbch_jax.datasets import Loaded
from scbch_jax.errors import InputError, require
from scbch_jax.io import Record
from scbch_jax.methods import Recipe, Sizes
from scbch_jax.runs.folder import RunFolder
from scbch_jax.runs.provenance import (
    provenance_of,
    read_json,
    require_same,
    require_same_data,
)


def open_to_write(
    path: Path,
    experiment: Experiment,
    loaded: Loaded | None,
    recipe: Recipe,
    *,
    resume: bool,
) -> RunFolder:
    """Makes the folder of a run, or opens one to go on with.

    Raises:
        InputError: if it holds a run and `resume` is off, or a run of another
            configuration.
    """
    known = path / "experiment.json"
    if known.is_file():
        require(
            resume,
            "out",
            f"{path}, which holds a run",
            "another folder, or --resume to go on with it",
        )
        require_same(experiment, experiment_file.load(known), path)
        require_same_data(path, provenance_of(experiment, loaded, recipe))
    else:
        _make(path, experiment, provenance_of(experiment, loaded, recipe))
    return RunFolder(path)


def _make(path: Path, experiment: Experiment, provenance: Record) -> None:
    foreign = f"{path}, which holds other files"
    # What a process killed in the lines below leaves is no reason to refuse.
    begun = {"run.json", "experiment.json.tmp"}
    names = {p.name for p in path.iterdir()} if path.is_dir() else set()
    require(names <= begun, "out", foreign, "a new folder, or an empty one")
    record = provenance | {"digest": experiment_file.digest(experiment)}
    try:
        path.mkdir(parents=True, exist_ok=True)
        (path / "run.json").write_text(json.dumps(record, indent=2) + "\n")
        experiment_file.save(experiment, path / "experiment.json")
    except OSError as error:
        raise InputError(
            f"out: got {path} ({error.strerror}), wanted a folder to write in"
        ) from error


def open_to_read(path: Path) -> tuple[Experiment, Recipe, RunFolder]:
    """Opens a trained run: its experiment, its recipe, its folder.

    Raises:
        InputError: if the folder holds no run.
    """
    require((path / "run.json").is_file(), "run", path, "the folder of a run")
    experiment = experiment_file.load(path / "experiment.json")
    record = read_json(path / "run.json")
    sizes: Record = record.get("sizes") or {}
    require(
        sizes.keys() == set(Sizes._fields),
        "run",
        f"{path / 'run.json'} without the sizes of its data",
        "the folder of a run",
    )
    changed = f"{path / 'experiment.json'}, changed after training"
    # Of the file, not of the experiment: later versions of this package know options
    # that it lacks.
    digest = experiment_file.digest_of_record(read_json(path / "experiment.json"))
    same = record.get("digest") == digest
    require(same, "run", changed, "the options that it was trained with")
    batch_size = experiment.training.batch_size
    recipe = Recipe(
        experiment.method,
        Sizes(**sizes),
        experiment.options,
        batch_size,
        moments=experiment.training.moments,
    )
    return experiment, recipe, RunFolder(path)
