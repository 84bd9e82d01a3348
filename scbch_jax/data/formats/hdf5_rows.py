"""Rows of an HDF5 array, read as they are sliced."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from scbch_jax.data.formats import files
from scbch_jax.errors import require


class Hdf5Rows:
    """An array of an HDF5 or MATLAB 7.3 file, the latter's axes turned back.

    The file is opened for each slice, so nothing stays open between them.
    """

    def __init__(self, path: Path, key: str, *, turn: bool = False) -> None:
        """Reads the array's shape and kind; `turn` turns its axes once more."""
        self._path, self._key, self._turn = path, key, turn
        with h5py.File(path, "r") as file:
            node: Any = file[key]
            kind = node.attrs.get("MATLAB_class", b"")
            self._turned = ("MATLAB_class" in node.attrs) != turn
            shape, self.dtype = node.shape or (), node.dtype
            words = kind.decode() if isinstance(kind, bytes) else str(kind)
            self.kind = _kind_of(node, words)
        self.shape: tuple[int, ...] = shape[::-1] if self._turned else shape

    @property
    def ndim(self) -> int:
        """How many axes there are."""
        return len(self.shape)

    @property
    def T(self) -> "Hdf5Rows":  # noqa: N802 -- as NumPy calls it
        """The array with its axes reversed."""
        return Hdf5Rows(self._path, self._key, turn=not self._turn)

    def __len__(self) -> int:
        """How many rows there are."""
        return self.shape[0]

    def __getitem__(self, rows: slice | tuple[()]) -> np.ndarray:
        """Reads a slice of the rows; of a single number, ().

        Raises:
            InputError: if the file cannot be read any more.
        """
        with files.one_line_errors(self._path), h5py.File(self._path, "r") as file:
            node: Any = file[self._key]
            require(self.dtype.kind in "fiub", self._key, self.kind, "numbers")
            if self._turned and self.shape:
                return np.asarray(node[..., rows]).T
            return np.asarray(node[rows])


def _kind_of(node: Any, words: str) -> str:
    """The dtype of numbers, or words for what is none."""
    # MATLAB keeps the sizes of an empty array in its place.
    if node.shape is None or "MATLAB_empty" in node.attrs:
        return "empty"
    if node.dtype.kind in "fiub" and words not in ("cell", "char"):
        return node.dtype.name
    return words or ("text" if h5py.check_string_dtype(node.dtype) else "no numbers")
