"""From the options to a checked dataset with noisy training labels."""

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from scbch_jax.config import Data, Noise, Scenes
from scbch_jax.data import label_noise
from scbch_jax.data import store as stores
from scbch_jax.data.benchmarks import BENCHMARKS, Benchmark, find_files
from scbch_jax.data.formats import find_arrays
from scbch_jax.data.formats.numpy_files import checksum
from scbch_jax.data.importing import AlignedDataset, align, recognize
from scbch_jax.data.planted import planted
from scbch_jax.data.split import queries_first
from scbch_jax.data.validation import check_dataset
from scbch_jax.errors import require
from scbch_jax.types import Dataset, Split

if TYPE_CHECKING:
    from scbch_jax.features import SavedModel

ROOT_VARIABLE = "SCBCH_DATA"
"""Environment variable that names the data root when the option does not."""


class Loaded(NamedTuple):
    """A dataset and where it came from."""

    dataset: Dataset
    title: str
    sources: dict[str, str]
    """Name and checksum of the file of each array; empty for drawn datasets."""
    split: str = "scbch"
    """Name of the split."""
    extractors: Mapping[str, str] = MappingProxyType({})
    """What made the features, by modality, where it is known; see `store.extractors`.
    """
    text_model: "SavedModel | None" = None
    """The text model of scenes, which stands in no file."""
    made_by: str = ""
    """`extractors` in words."""


def load(data: Data) -> Loaded:
    """Reads or draws a dataset with clean labels, and checks its values.

    Raises:
        InputError: for files that are missing or wrong; see the readers and checks.
    """
    if data.name == "planted":
        return Loaded(check_dataset(planted(data.planted)), "planted set", {})
    if data.name == "scenes":
        return _draw_scenes(data.scenes)
    if data.name == "store":
        return _load_store(Path(data.root))
    benchmark = BENCHMARKS[data.name]
    files = find_files(benchmark, data_root(data), data.image)
    rows = read_benchmark(benchmark, files)
    dataset = queries_first(rows, queries=benchmark.queries, train=benchmark.train)
    sources = {path: _source(path) for path in set(files.values())}
    by_array = {name: sources[path] for name, path in files.items()}
    return Loaded(check_dataset(dataset), benchmark.title, by_array)


def read_benchmark(benchmark: Benchmark, files: Mapping[str, Path]) -> Split:
    """Reads all samples of a benchmark that have image features, aligned.

    Args:
        benchmark: the record.
        files: of image, text and labels; see `find_files`.

    Raises:
        InputError: for unreadable files, rows that do not align, and other widths than
            the benchmark has.
    """
    aligned = align(recognize(find_arrays(list(dict.fromkeys(files.values())))))
    _, *widths = aligned.widths
    got = f"text of {widths[0]} columns and labels of {widths[1]}"
    wanted = f"{benchmark.text_dim} and {benchmark.classes} as {benchmark.title} has"
    fits = widths == [benchmark.text_dim, benchmark.classes]
    require(fits, f"columns in {files['labels'].parent}", got, wanted)
    return Split(_read(aligned, "image"), _read(aligned, "text"), aligned.labels)


def _read(aligned: AlignedDataset, modality: str) -> np.ndarray:
    parts = [np.asarray(getattr(s, modality)[:]) for s in aligned.segments]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _load_store(folder: Path) -> Loaded:
    """A store's values were checked when it was written; its parts stay on disk."""
    store = stores.read(folder)
    sources = {name: f"{name}, sha256 {sha256}" for name, sha256 in store.sums.items()}
    return Loaded(
        stores.dataset(store),
        store.title,
        sources,
        store.split,
        stores.extractors(store),
        made_by=stores.made_by(store.source),
    )


def _draw_scenes(config: Scenes) -> Loaded:
    # Other datasets are trained on without the networks and text models of features.
    from scbch_jax.datasets.scenes import generate
    from scbch_jax.features import model_sha256

    dataset, extractor, model = generate.as_features(config)
    made_by = {"image": extractor.name, "text": model_sha256(model)}
    dataset = check_dataset(dataset)
    return Loaded(dataset, "scenes", {}, extractors=made_by, text_model=model)


def _source(path: Path) -> str:
    return f"{path.name}, sha256 {checksum(path)}"


def noisy_labels(
    data: Data,
    noise: Noise,
    clean: np.ndarray,
    *,
    seed: int,
    image: np.ndarray | None = None,
) -> np.ndarray:
    """The noisy training labels of a run: [samples, classes].

    Args:
        data: which dataset; only used for published noise.
        noise: kind and rate.
        clean: clean training labels.
        seed: the run's seed; determines noise that is drawn.
        image: features of the same rows; only instance-dependent noise needs them.

    Raises:
        InputError: for a noise file or a confusion matrix that cannot be used.
    """
    if noise.kind == "none":
        return clean
    if noise.kind == "published":
        return label_noise.read_published(_published_file(data, noise), clean)
    rng = np.random.default_rng(seed)
    given: dict[str, np.ndarray] = {}
    if noise.kind == "instance-dependent":
        assert image is not None, "instance-dependent noise needs image features"
        given["image"] = image
    if noise.confusion:
        matrix = label_noise.read_confusion(noise.confusion, classes=clean.shape[1])
        given["confusion"] = matrix
    return label_noise.MODELS[noise.kind](clean, rng, rate=noise.rate, **given)


def noise_sources(data: Data, noise: Noise) -> dict[str, str]:
    """Name and checksum of the file that noise is read from; empty for most kinds."""
    if noise.kind == "published":
        return {"noise": _source(_published_file(data, noise))}
    if noise.confusion:
        return {"confusion": _source(label_noise.confusion_file(noise.confusion))}
    return {}


def _published_file(data: Data, noise: Noise) -> Path:
    return label_noise.published_file(
        BENCHMARKS[data.name], data_root(data), noise.rate
    )


def data_root(data: Data) -> Path:
    """The folder of the benchmark's files, from the option or the environment.

    Raises:
        InputError: if neither names a folder that exists.
    """
    root = data.root or os.environ.get(ROOT_VARIABLE, "")
    benchmark = BENCHMARKS[data.name]
    image = " or ".join(benchmark.image_files)
    files = dict.fromkeys((image, benchmark.text_file, benchmark.label_file))
    require(
        bool(root) and Path(root).is_dir(),
        "data.root",
        f"{root}, which is not a folder" if root else "nothing",
        f"a folder with {', '.join(files)} (also: the environment variable "
        f"{ROOT_VARIABLE}); they are described in {benchmark.obtain}",
    )
    return Path(root)
