"""Label noise: drawn as the field draws it, or read from a published noise file."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from scbch_jax.data.benchmarks import Benchmark
from scbch_jax.data.formats.files import read_array
from scbch_jax.data.validation import check_labels
from scbch_jax.errors import require


def swap_labels(
    labels: np.ndarray, rng: np.random.Generator, *, rate: float
) -> np.ndarray:
    """Replaces one label of each hit row by another one: the paper's noise.

    Hits floor(rate · samples) rows, drawn without replacement. In each, one present
    label is removed and one label that was absent is added, both drawn uniformly; a row
    without labels only gains one, a row with all labels only loses one.

    Args:
        labels: multi-hot, [samples, classes].
        rng: source of the draws.
        rate: share of rows to hit, in [0, 1].
    """
    hit = rng.choice(len(labels), size=int(len(labels) * rate), replace=False)
    before = labels[hit] > 0
    after = before.copy()
    for value in (True, False):
        candidates = before == value
        draws = np.where(candidates, rng.random(before.shape), -1.0)
        rows = np.flatnonzero(candidates.any(axis=1))
        after[rows, draws[rows].argmax(axis=1)] = not value
    noisy = labels.copy()
    noisy[hit] = after
    return noisy


class Flips(NamedTuple):
    """Every entry of the labels that noise changed, in the order of rows."""

    rows: np.ndarray
    classes: np.ndarray
    added: np.ndarray
    """True for a label that was added, False for one that was removed."""


def flips(noisy: np.ndarray, clean: np.ndarray) -> Flips:
    """The entries in which labels differ from the clean ones."""
    rows, classes = np.nonzero(noisy != clean)
    return Flips(rows, classes, added=noisy[rows, classes] > 0)


def corrupted_rows(noisy: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """Marks the rows whose labels differ from the clean ones: bool [samples]."""
    return (noisy != clean).any(axis=1)


def published_labels(
    benchmark: Benchmark, root: Path, clean: np.ndarray, *, rate: float
) -> np.ndarray:
    """Reads the noisy training labels of a benchmark's noise file.

    Args:
        benchmark: whose file to read.
        root: folder of the benchmark's files.
        clean: clean training labels, [samples, classes]; the file's copy must agree.
        rate: which of the published rates.

    Raises:
        InputError: if the file is missing or was made for other rows.
    """
    path = root / benchmark.noise.format(rate=rate)
    require(
        path.is_file(),
        "noise.kind",
        f"published, with no file {path}",
        "a rate whose file is there, or noise.kind swap",
    )
    own, noisy = read_array(path, "True"), read_array(path, "result")
    require(
        np.array_equal(own, clean),
        f"True in {path}",
        f"labels of shape {own.shape} that differ",
        f"the clean training labels, shape {clean.shape}",
    )
    require(
        noisy.shape == clean.shape,
        f"result in {path}",
        f"shape {noisy.shape}",
        f"{clean.shape}",
    )
    return check_labels(f"result in {path}", noisy)
