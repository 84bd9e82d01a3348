"""Label noise from files: published noisy labels, and confusion matrices."""

from pathlib import Path

import numpy as np

from scbch_jax.data.benchmarks import Benchmark
from scbch_jax.data.formats import array_names, find_arrays, read_array
from scbch_jax.data.importing.layout_names import noise_keys
from scbch_jax.data.importing.layouts import files_named, select
from scbch_jax.data.validation import check_labels
from scbch_jax.errors import require

_WANTED = "True and result, or clean and noisy, or noisy_label"


def published_file(benchmark: Benchmark, root: Path, rate: float) -> Path:
    """The file with a benchmark's published noisy labels.

    Args:
        benchmark: whose labels.
        root: folder of the benchmark's files.
        rate: one of the published rates.

    Raises:
        InputError: if there is no such file.
    """
    path = root / benchmark.noise_file.format(rate=rate)
    got = f"published, with no file {path}"
    wanted = "a rate whose file is there, or noise.kind swap"
    require(path.is_file(), "noise.kind", got, wanted)
    return path


def read_published(path: Path, clean: np.ndarray) -> np.ndarray:
    """Reads the noisy training labels of a noise file.

    Args:
        path: a file with clean labels, `True`, and noisy ones, `result`, or of another
            spelling in `layout_names.NOISE_KEYS`.
        clean: clean training labels, [samples, classes]; the file's copy, if it has
            one, must agree.

    Raises:
        InputError: if the file was made for other rows, or holds no labels.
    """
    names = array_names(path)
    keys = noise_keys(names)
    require(keys is not None, str(path), ", ".join(names) or "nothing", _WANTED)
    assert keys is not None
    own = read_array(path, keys[0]) if keys[0] else clean
    got = f"labels of shape {own.shape} that differ"
    wanted = f"the clean training labels, shape {clean.shape}"
    require(np.array_equal(own, clean), f"{keys[0]} in {path}", got, wanted)
    noisy = read_array(path, keys[1])
    field = f"{keys[1]} in {path}"
    require(noisy.shape == clean.shape, field, f"shape {noisy.shape}", f"{clean.shape}")
    return check_labels(field, noisy)


def read_confusion(selector: str, *, classes: int) -> np.ndarray:
    """Reads a confusion matrix: row j weighs the labels that replace label j.

    Args:
        selector: FILE, where only one array has the shape that is wanted, or FILE:KEY.
        classes: number of labels.

    Returns:
        [classes, classes], float64; `swap_by_class` checks its values.

    Raises:
        InputError: if there is no such file or array, or it is not such a matrix.
    """
    found = find_arrays([confusion_file(selector)])
    square = [array for array in found if array.shape == (classes, classes)]
    array = select("confusion", selector, square or found)
    field = f"confusion in {selector}"
    shape = " x ".join(map(str, array.shape)) or "a single number"
    wanted = f"{classes} x {classes} numbers, a row and a column for each class"
    fits = bool(square) and array.numeric
    require(fits, field, f"{array.kind} of shape {shape}", wanted)
    matrix = array.read()
    # MATLAB calls complex numbers double, and says so only when they are read.
    real = matrix.dtype.kind in "fiub"
    require(real, field, f"{matrix.dtype} values", wanted)
    return matrix.astype(np.float64)


def confusion_file(selector: str) -> Path:
    """The file that a selector of a confusion matrix names."""
    paths = files_named([selector])
    wanted = "FILE or FILE:KEY of a file that exists"
    require(bool(paths), "confusion", selector, wanted)
    return paths[0]
