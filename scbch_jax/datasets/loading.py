"""From the options to a checked dataset with noisy training labels."""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scbch_jax.config import Data, Noise
from scbch_jax.data import store as stores
from scbch_jax.data.benchmarks import BENCHMARKS, find_sources, read_benchmark
from scbch_jax.data.label_noise import confusion, models
from scbch_jax.data.label_noise import swap as noises
from scbch_jax.data.planted import planted
from scbch_jax.data.split import queries_first
from scbch_jax.data.validation import check_dataset
from scbch_jax.datasets.scenes import generate
from scbch_jax.errors import require
from scbch_jax.types import Dataset

ROOT_VARIABLE = "SCBCH_DATA"
"""Environment variable that names the data root when the option does not."""


class Loaded(NamedTuple):
    """A dataset and where it came from."""

    dataset: Dataset
    title: str
    sources: dict[str, str]
    """File of each array, with its checksum if known; empty for sets that are drawn."""
    split: str = "scbch"
    """Name of the split."""


def load(data: Data) -> Loaded:
    """Reads or draws a dataset with clean labels, and checks its values.

    Raises:
        InputError: for files that are missing or wrong; see the readers and checks.
    """
    if data.name == "planted":
        return Loaded(check_dataset(planted(data.planted)), "planted set", {})
    if data.name == "scenes":
        return Loaded(check_dataset(generate.as_features(data.scenes)), "scenes", {})
    if data.name == "store":
        return _load_store(Path(data.root))
    benchmark, root = BENCHMARKS[data.name], data_root(data)
    rows = read_benchmark(benchmark, root, data.image)
    dataset = queries_first(rows, queries=benchmark.queries, train=benchmark.train)
    found = find_sources(benchmark, root, data.image)
    sources = {name: source.file for name, source in found.items()}
    return Loaded(check_dataset(dataset), benchmark.title, sources)


def _load_store(folder: Path) -> Loaded:
    """A store's values were checked when it was written; its parts stay on disk."""
    store = stores.read(folder)
    sources = {name: f"{name}, sha256 {sha256}" for name, sha256 in store.sums.items()}
    return Loaded(stores.dataset(store), store.title, sources, store.split)


MODELS = {
    "swap": noises.swap_labels,
    "add": models.add_labels,
    "drop": models.drop_labels,
    "flip": models.flip_labels,
    "confuse": models.confuse_labels,
}
"""Kinds of noise that are drawn from labels alone."""


def noisy_labels(
    data: Data,
    noise: Noise,
    clean: np.ndarray,
    *,
    seed: int,
    image: np.ndarray | None = None,
) -> np.ndarray:
    """The training labels that a run sees: [samples, classes].

    Args:
        data: which dataset; only read for published noise.
        noise: kind and rate.
        clean: clean training labels.
        seed: the run's seed; decides drawn noise.
        image: image features of the same rows; only noise of kind mistake needs them.

    Raises:
        InputError: for a noise file or a matrix of confusions that cannot be used.
    """
    if noise.kind == "none":
        return clean
    if noise.kind == "published":
        benchmark, root = BENCHMARKS[data.name], data_root(data)
        return noises.published_labels(benchmark, root, clean, rate=noise.rate)
    rng = np.random.default_rng(seed)
    if noise.kind == "mistake":
        assert image is not None, "noise of kind mistake looks at images"
        return models.mistake_labels(clean, rng, rate=noise.rate, image=image)
    if noise.confusion:
        matrix = confusion.read_confusion(noise.confusion, classes=clean.shape[1])
        return models.confuse_labels(clean, rng, rate=noise.rate, confusion=matrix)
    return MODELS[noise.kind](clean, rng, rate=noise.rate)


def noise_sources(noise: Noise) -> dict[str, str]:
    """File that drawn noise looks at, with its checksum; empty for most kinds."""
    word = noise.confusion
    return {"confusion": confusion.source_of(word)} if word else {}


def data_root(data: Data) -> Path:
    """The folder of the benchmark's files, from the option or the environment.

    Raises:
        InputError: if neither names a folder that exists.
    """
    root = data.root or os.environ.get(ROOT_VARIABLE, "")
    benchmark = BENCHMARKS[data.name]
    image = " or ".join(source.file for source in benchmark.image)
    files = [image, benchmark.text.file, benchmark.labels.file]
    require(
        bool(root) and Path(root).is_dir(),
        "data.root",
        f"{root}, which is no folder" if root else "nothing",
        f"a folder with {', '.join(dict.fromkeys(files))} (also: the variable "
        f"{ROOT_VARIABLE}); to be had from {benchmark.obtain}",
    )
    return Path(root)
