"""Opening the folder of a run, to write or to read; its data and versions.

A folder is continued only with the options, the data and the extra terms that it was
started with.
"""

import logging
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

import jax

from scbch_jax import __version__, io
from scbch_jax.config import Data, Experiment, experiment_file
from scbch_jax.datasets import Loaded, noise_sources
from scbch_jax.errors import InputError, require
from scbch_jax.io import Record
from scbch_jax.methods import Recipe, Sizes
from scbch_jax.runs.folder import RunFolder, has_results
from scbch_jax.training import start


def digest(experiment: Experiment) -> str:
    """Eight hex digits that name an experiment; of a store, its content counts."""
    return experiment_file.digest(experiment, data=_content(experiment.data))


def open_to_write(
    path: Path,
    experiment: Experiment,
    loaded: Loaded | None,
    recipe: Recipe,
    *,
    resume: bool,
) -> RunFolder:
    """Makes the folder of a run, or opens one to continue it.

    Args:
        path: the folder.
        experiment: what is run.
        loaded: its data; None for weights that come from elsewhere.
        recipe: what is compiled.
        resume: whether the folder may hold this run already.

    Raises:
        InputError: if it holds a run and `resume` is off, another run, or other files.
    """
    provenance = _provenance(experiment, loaded, recipe)
    if _holds_run(path):
        require(
            resume,
            "out",
            f"{path}, which holds a run",
            "another folder, or --resume to continue it",
        )
        _require_same(path, experiment, provenance)
    else:
        _make(path, experiment, provenance)
    return RunFolder(path)


def open_to_read(path: Path) -> tuple[Experiment, Recipe, RunFolder]:
    """Opens a trained run: its experiment, its recipe, its folder.

    Raises:
        InputError: if the folder holds no run, or its files were changed.
    """
    require((path / "run.json").is_file(), "run", path, "the folder of a run")
    options, record = _read(path / "experiment.json"), _read(path / "run.json")
    experiment = experiment_file.restore(options)
    sizes = read_sizes(path / "run.json", record)
    changed = f"{path / 'experiment.json'}, changed after training"
    same = record.get("digest") == experiment_file.digest_of_saved(options)
    require(same, "run", changed, "the options that it was trained with")
    return experiment, saved_recipe(experiment, sizes), RunFolder(path)


def read_extractors(path: Path) -> dict[str, str]:
    """What made the features that a run was trained on, by modality, where it is known.

    Returns:
        For image the name of the network; for text the SHA-256 of the text model, or
        the name of a pretrained network.

    Raises:
        InputError: if the folder holds no run.
    """
    require((path / "run.json").is_file(), "run", path, "the folder of a run")
    # Runs of earlier versions do not have the key.
    found = _read(path / "run.json").get("extractors", {})
    fits = isinstance(found, dict) and set(found) <= {"image", "text"}
    fits = fits and all(isinstance(name, str) for name in found.values())
    wanted = "what made its features, by modality"
    require(fits, "run", f"{path / 'run.json'} with extractors {found}", wanted)
    return found


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
    like = state_shapes(experiment, recipe)
    return experiment, recipe, folder.saved_state(seed, like).params


def state_shapes(experiment: Experiment, recipe: Recipe) -> Any:
    """Shapes and types of a run's state; nothing is computed."""
    return jax.eval_shape(
        lambda key: start(experiment.hparams, key, recipe=recipe), jax.random.key(0)
    )


def write_params(path: Path, experiment: Experiment, params: Any) -> None:
    """Makes a run folder that has weights only, such as those of another program.

    It can be evaluated and encode, but not be resumed. It appears when it is complete.

    Raises:
        InputError: if the folder holds files, or cannot be written.
    """
    empty = not path.exists() or (path.is_dir() and not any(path.iterdir()))
    require(empty, "out", f"{path}, which holds other files", "a new folder")
    io.require_utf8("out", path)
    sizes = Sizes(
        image_dim=params["image"]["network"]["layer_0"]["kernel"].shape[0],
        text_dim=params["text"]["network"]["layer_0"]["kernel"].shape[0],
        classes=params["image"]["classifier"].shape[1],
        samples=1,
        bits=experiment.bits,
    )
    recipe, seed = saved_recipe(experiment, sizes), experiment.seeds[0]
    run = start(experiment.hparams, jax.random.key(0), recipe=recipe)
    with io.new_folder(path) as partial:
        folder = open_to_write(partial, experiment, None, recipe, resume=False)
        checkpoints = folder.checkpoints(seed)
        checkpoints.save(1, run._replace(params=params))
        checkpoints.finish()


def read_sizes(path: Path, record: Record) -> Sizes:
    """The sizes in a record that was read from a file.

    Raises:
        InputError: if it has none.
    """
    found = record.get("sizes")
    sizes: Record = found if isinstance(found, dict) else {}
    fits = sizes.keys() == set(Sizes._fields) and all(
        type(size) is int and 0 < size < 2**31 for size in sizes.values()
    )
    wanted = "the folder of a run"
    require(fits, "run", f"{path} without the sizes of its data", wanted)
    return Sizes(**sizes)


def saved_recipe(experiment: Experiment, sizes: Sizes) -> Recipe:
    """The recipe of a run that was saved, without its extra terms."""
    training = experiment.training
    return Recipe(
        experiment.method,
        sizes,
        experiment.options,
        training.batch_size,
        moments=training.moments,
    )


def _holds_run(path: Path) -> bool:
    """Whether there is a run with a result or a saved state."""
    return (path / "experiment.json").is_file() and has_results(path)


def _make(path: Path, experiment: Experiment, provenance: Record) -> None:
    names = {p.name for p in path.iterdir()} if path.is_dir() else set()
    # Files of a run that failed before its first result may be replaced.
    known = {"run.json", "experiment.json", "tensorboard"}
    foreign = {
        name
        for name in names - known
        if not name.startswith(("seed-", ".run.json", ".experiment.json"))
    }
    got = f"{path}, which holds other files"
    require(not foreign, "out", got, "a new folder, or an empty one")
    io.require_utf8("out", path)
    options = experiment_file.flatten(experiment)
    record = provenance | {"digest": experiment_file.digest_of_saved(options)}
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise io.write_error(path, error) from error
    io.write_json(path / "run.json", record)
    experiment_file.save(experiment, path / "experiment.json")


def _provenance(
    experiment: Experiment, loaded: Loaded | None, recipe: Recipe
) -> Record:
    """What run.json holds: sizes, files, terms, device and versions."""
    packages = ("jax", "jaxlib", "flax", "optax", "numpy")
    versions = {name: metadata.version(name) for name in packages}
    files = {}
    if loaded:
        files = loaded.sources | noise_sources(experiment.data, experiment.noise)
    return {
        "sizes": recipe.sizes._asdict(),
        "extra_terms": [name for name, _, _ in recipe.extra_terms],
        "data": loaded.title if loaded else "none: weights from elsewhere",
        "files": files,
        "split": loaded.split if loaded else "",
        "extractors": dict(loaded.extractors) if loaded else {},
        "features": loaded.made_by if loaded else "",
        "device": jax.devices()[0].device_kind,
        "cores": _cores(),
        "python": platform.python_version(),
        "versions": {"scbch_jax": __version__, **versions},
    }


def _cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _require_same(path: Path, experiment: Experiment, provenance: Record) -> None:
    """Refuses to continue a run with other options, data or terms."""
    saved = experiment_file.restore(_read(path / "experiment.json"))
    changes = [
        change
        for change in experiment_file.difference(experiment, saved)
        if not change.startswith("data.root:")
    ]
    require(
        not changes,
        "resume",
        f"{path}, a run of another configuration ({'; '.join(changes)})",
        "the configuration that it was started with",
    )
    record = _read(path / "run.json")
    for name in ("sizes", "files", "extra_terms"):
        before, now = record.get(name), provenance[name]
        same = _same_files(before, now) if name == "files" else before == now
        require(
            same,
            "resume",
            f"{name} {now} where {path} has {before}",
            "the data and terms that the run was started with",
        )
    before, now = record.get("cores"), provenance["cores"]
    if before not in (None, now):
        _logger.warning(
            "%s was trained on %s cores, this process has %s: results agree to "
            "rounding, not to the bit",
            path,
            before,
            now,
        )


def _same_files(before: Any, now: Record) -> bool:
    """Whether files are the same; earlier versions noted fewer, without checksums."""
    if not isinstance(before, dict):
        return False

    def same(old: str, new: str) -> bool:
        return old == new or ("sha256" not in old and new.startswith(f"{old}, sha256"))

    return all(
        isinstance(old, str) and same(old, now.get(name, ""))
        for name, old in before.items()
    ) and (bool(before) or not now)


def _content(data: Data) -> str:
    """The checksum of a store's files; its path if it cannot be read; else nothing."""
    if data.name != "store":
        return ""
    root = Path(data.root)
    try:
        files = io.read_json(root / "store.json")["files"]
        return " ".join(files[name]["sha256"] for name in sorted(files))
    except (InputError, KeyError, TypeError):
        return str(root.absolute())


def _read(path: Path) -> Record:
    record = io.read_json(path, "run")
    require(isinstance(record, dict), "run", path, "a JSON object")
    return record


_logger = logging.getLogger(__name__)
