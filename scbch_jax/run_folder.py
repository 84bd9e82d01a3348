"""A run on disk: configuration, provenance, result lines, checkpoints.

FOLDER/experiment.json        every option
FOLDER/run.json               sizes of the data, its files, versions, device
FOLDER/seed-S/noise.npz       the label entries that noise hit
FOLDER/seed-S/results.jsonl   one line an epoch
FOLDER/seed-S/traces/         what figures are made of, at a few epochs
FOLDER/seed-S/checkpoints/    states to go on from
"""

import json
import platform
import shutil
from importlib import metadata
from pathlib import Path
from typing import Any

import jax
import numpy as np

from scbch_jax import __version__, config
from scbch_jax.checks import InputError, require
from scbch_jax.data import Flips, Loaded, noise_sources
from scbch_jax.methods import Recipe, Sizes
from scbch_jax.report import records
from scbch_jax.report.records import Record
from scbch_jax.settings import Experiment
from scbch_jax.training import Checkpoints, Epoch, RunState, start


class RunFolder:
    """The folder of one experiment, one part for each seed."""

    def __init__(self, path: Path) -> None:
        """Names the folder; nothing is read or written yet."""
        self.path = path
        self._checkpoints: dict[int, Checkpoints] = {}

    def lines(self, seed: int) -> list[Record]:
        """The result lines of a seed so far."""
        return records.read(self._part(seed) / "results.jsonl")

    def write(self, seed: int, line: Record) -> None:
        """Appends a result line."""
        records.append(self._part(seed) / "results.jsonl", line)

    def traces(self, seed: int) -> Path:
        """Where a seed's traces go."""
        return self._part(seed) / "traces"

    def save(self, seed: int, epoch: Epoch) -> None:
        """Saves the state after an epoch."""
        self._of(seed).save(epoch.number, epoch.run)

    def finish(self, seed: int) -> None:
        """Returns when all that was saved is on disk."""
        self._of(seed).finish()

    def go_on(self, seed: int, fresh: RunState, flips: Flips) -> tuple[int, RunState]:
        """The latest saved state and its epochs, or the fresh one and 0.

        Lines of epochs after the saved state are dropped; they will be written again.
        """
        states = self._of(seed)
        done, run = states.latest(fresh) or (0, fresh)
        states.forget_after(done)
        self.go_back(seed, done, flips)
        return done, run

    def go_back(self, seed: int, done: int, flips: Flips) -> None:
        """Drops the lines of epochs after `done`, and notes what noise hit."""
        part = self._part(seed)
        part.mkdir(exist_ok=True)
        np.savez(part / "noise.npz", **flips._asdict())
        kept = [line for line in self.lines(seed) if line["epoch"] <= done]
        got = f"{len(kept)} result lines of {done} saved epochs in {part}"
        require(len(kept) == done, "resume", got, "all of them, or another folder")
        records.truncate(part / "results.jsonl", kept)

    def drop_if_nothing_saved(self) -> None:
        """Removes the folder of a run that failed before its first saved state."""
        for states in self._checkpoints.values():
            states.finish()
        if not has_states(self.path):
            shutil.rmtree(self.path, ignore_errors=True)

    def saved(self, seed: int, like: RunState) -> RunState:
        """The latest saved state.

        Raises:
            InputError: if none was saved.
        """
        there = (self._part(seed) / "checkpoints").is_dir()
        found = self._of(seed).latest(like) if there else None
        if found is None:
            got = f"{self._part(seed)}, which has no checkpoint"
            raise InputError(f"run: got {got}, wanted a run that was trained")
        return found[1]

    def _part(self, seed: int) -> Path:
        return self.path / f"seed-{seed}"

    def _of(self, seed: int) -> Checkpoints:
        if seed not in self._checkpoints:
            self._checkpoints[seed] = Checkpoints(self._part(seed) / "checkpoints")
        return self._checkpoints[seed]


def has_states(path: Path) -> bool:
    """Whether a run's folder has whole saved states; one being written has a suffix."""
    return any(p.name.isdigit() for p in path.glob("seed-*/checkpoints/*"))


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
        _require_same(experiment, config.load(known), path)
        _require_same_data(path, _provenance(experiment, loaded, recipe))
    else:
        foreign = f"{path}, which holds other files"
        # What a process killed in the lines below leaves is no reason to refuse.
        begun = {"run.json", "experiment.json.tmp"}
        names = {p.name for p in path.iterdir()} if path.is_dir() else set()
        empty = names <= begun
        require(empty, "out", foreign, "a new folder, or an empty one")
        provenance = _provenance(experiment, loaded, recipe)
        provenance["digest"] = config.digest(experiment)
        try:
            path.mkdir(parents=True, exist_ok=True)
            (path / "run.json").write_text(json.dumps(provenance, indent=2) + "\n")
            config.save(experiment, known)
        except OSError as error:
            raise InputError(
                f"out: got {path} ({error.strerror}), wanted a folder to write in"
            ) from error
    return RunFolder(path)


def open_to_read(path: Path) -> tuple[Experiment, Recipe, RunFolder]:
    """Opens a trained run: its experiment, its recipe, its folder.

    Raises:
        InputError: if the folder holds no run.
    """
    require((path / "run.json").is_file(), "run", path, "the folder of a run")
    experiment = config.load(path / "experiment.json")
    record = _read_json(path / "run.json")
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
    digest = config.digest_of_record(_read_json(path / "experiment.json"))
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


def saved_params(
    path: Path, *, seed: int | None = None
) -> tuple[Experiment, Recipe, Any]:
    """Experiment, recipe and params of a trained run, of its first seed by default.

    Raises:
        InputError: if the folder holds no such run.
    """
    experiment, recipe, folder = open_to_read(path)
    seed = experiment.seeds[0] if seed is None else seed
    require(seed in experiment.seeds, "seed", seed, f"one of {experiment.seeds}")
    like = jax.eval_shape(
        lambda key: start(experiment.hparams, key, recipe=recipe), jax.random.key(0)
    )
    return experiment, recipe, folder.saved(seed, like).params


def write_params(path: Path, experiment: Experiment, params: Any) -> None:
    """Makes a folder, as of a run of one epoch, from weights that came from elsewhere.

    Raises:
        InputError: if the folder holds a run, or cannot be written.
    """
    sizes = Sizes(
        image_dim=params["image"]["network"]["layer_0"]["kernel"].shape[0],
        text_dim=params["text"]["network"]["layer_0"]["kernel"].shape[0],
        classes=params["image"]["classifier"].shape[1],
        samples=1,
        bits=experiment.bits,
    )
    batch_size = experiment.training.batch_size
    recipe = Recipe(experiment.method, sizes, experiment.options, batch_size)
    run = start(experiment.hparams, jax.random.key(0), recipe=recipe)
    folder = open_to_write(path, experiment, None, recipe, resume=False)
    epoch = Epoch(1, run._replace(params=params), {})
    folder.save(experiment.seeds[0], epoch)
    folder.finish(experiment.seeds[0])


def _require_same(ours: Experiment, theirs: Experiment, path: Path) -> None:
    """A moved data root is no other configuration."""
    changes = [
        c for c in config.difference(ours, theirs) if not c.startswith("data.root:")
    ]
    require(
        not changes,
        "resume",
        f"{path}, a run of another configuration ({'; '.join(changes)})",
        "the configuration that it was started with",
    )


def _require_same_data(path: Path, ours: Record) -> None:
    """The options can be the same and the data, or a reader's own terms, not."""
    theirs = _read_json(path / "run.json")
    for name in ("sizes", "files", "extra_terms"):
        require(
            theirs.get(name) == ours[name],
            "resume",
            f"{name} {ours[name]} where {path} has {theirs.get(name)}",
            "the data and terms that the run was started with",
        )


def _read_json(path: Path) -> Record:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"run: got {path} ({error}), wanted JSON") from error
    require(isinstance(content, dict), "run", path, "a JSON object")
    return content


def _provenance(
    experiment: Experiment, loaded: Loaded | None, recipe: Recipe
) -> Record:
    packages = ("jax", "jaxlib", "flax", "optax", "numpy")
    versions = {name: metadata.version(name) for name in packages}
    return {
        "sizes": recipe.sizes._asdict(),
        "extra_terms": [name for name, _, _ in recipe.extra_terms],
        "data": loaded.title if loaded else "none: weights from elsewhere",
        "files": loaded.sources | noise_sources(experiment.noise) if loaded else {},
        "split": loaded.split if loaded else "",
        "device": jax.devices()[0].device_kind,
        "python": platform.python_version(),
        "versions": {"scbch_jax": __version__, **versions},
    }
