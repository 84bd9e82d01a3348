"""What a run was made of, and whether another is made of the same."""

import json
import platform
from importlib import metadata
from pathlib import Path

import jax

from scbch_jax import __version__
from scbch_jax.config import Experiment, experiment_file
from scbch_jax.datasets import Loaded, noise_sources
from scbch_jax.errors import InputError, require
from scbch_jax.io import Record
from scbch_jax.methods import Recipe


def provenance_of(
    experiment: Experiment, loaded: Loaded | None, recipe: Recipe
) -> Record:
    """What run.json holds: sizes, files, terms, device and versions."""
    packages = ("jax", "jaxlib", "flax", "optax", "numpy")
    versions = {name: metadata.version(name) for name in packages}
    return {
        "sizes": recipe.sizes._asdict(),
        "extra_terms": [name for name, _, _ in recipe.extra_terms],
        "data": loaded.title if loaded else "none: weights from elsewhere",
        "files": loaded.sources | noise_sources(experiment.data, experiment.noise)
        if loaded
        else {},
        "split": loaded.split if loaded else "",
        "device": jax.devices()[0].device_kind,
        "python": platform.python_version(),
        "versions": {"scbch_jax": __version__, **versions},
    }


def require_same(ours: Experiment, theirs: Experiment, path: Path) -> None:
    """Refuses to go on with other options; a moved data root is none.

    Raises:
        InputError: if any option differs, naming those that do.
    """
    changes = [
        c
        for c in experiment_file.difference(ours, theirs)
        if not c.startswith("data.root:")
    ]
    require(
        not changes,
        "resume",
        f"{path}, a run of another configuration ({'; '.join(changes)})",
        "the configuration that it was started with",
    )


def require_same_data(path: Path, ours: Record) -> None:
    """Refuses to go on with other data, or other terms of a reader's own.

    Raises:
        InputError: if they differ; the options can be the same all the same.
    """
    theirs = read_json(path / "run.json")
    for name in ("sizes", "files", "extra_terms"):
        require(
            theirs.get(name) == ours[name],
            "resume",
            f"{name} {ours[name]} where {path} has {theirs.get(name)}",
            "the data and terms that the run was started with",
        )


def read_json(path: Path) -> Record:
    """An object from a file of a run.

    Raises:
        InputError: if the file cannot be read, or holds something else.
    """
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"run: got {path} ({error}), wanted JSON") from error
    require(isinstance(content, dict), "run", path, "a JSON object")
    return content
