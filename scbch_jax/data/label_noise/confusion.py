"""Which label is taken for which: a matrix from a file, for noise of kind confuse."""

from pathlib import Path

import numpy as np

from scbch_jax.data.formats import contents, npy_blocks
from scbch_jax.data.importing import selectors
from scbch_jax.errors import require


def read_confusion(word: str, *, classes: int) -> np.ndarray:
    """Reads a matrix with a row for each label and a column for what it is taken for.

    Args:
        word: FILE, where only one array has the shape that is wanted, or FILE:KEY.
        classes: how many labels there are.

    Returns:
        [classes, classes], float64; its values are checked where they are drawn from.

    Raises:
        InputError: if there is no such file or array, or it is no such matrix.
    """
    found = contents.find_arrays([_file_of(word)])
    square = [array for array in found if array.shape == (classes, classes)]
    array = selectors.pick("confusion", word, square or found)
    shape = " x ".join(map(str, array.shape)) or "a single number"
    wanted = f"{classes} x {classes} numbers, a row and a column for each class"
    fits = bool(square) and array.numbers
    require(fits, f"confusion in {word}", f"{array.kind} of shape {shape}", wanted)
    matrix = np.asarray(array.open()[:])
    # MATLAB calls complex numbers double, and says so only when they are read.
    real = matrix.dtype.kind in "fiub"
    require(real, f"confusion in {word}", f"{matrix.dtype} values", wanted)
    return matrix.astype(np.float64)


def source_of(word: str) -> str:
    """Name and checksum of the matrix's file, in words."""
    path = _file_of(word)
    return f"{path.name}, sha256 {npy_blocks.checksum(path)}"


def _file_of(word: str) -> Path:
    paths = selectors.files_named([word])
    require(bool(paths), "confusion", word, "FILE or FILE:KEY of a file that exists")
    return paths[0]
