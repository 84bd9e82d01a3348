"""Arrays of text: strings of NumPy, HDF5 and Parquet, cells of MATLAB."""

from collections.abc import Iterator
from typing import Any

import h5py
import numpy as np

from scbch_jax.data.formats.base import ArrayInfo, one_line_errors


def read_strings(found: ArrayInfo) -> list[str]:
    """The texts of an array, one a row; cells within a cell are joined by spaces.

    Returns:
        The texts; empty if any element is no text, or for objects that NumPy pickled,
        which are never read.

    Raises:
        InputError: if the file is damaged.
    """
    if found.numeric or found.kind in ("objects", "empty"):
        return []
    with one_line_errors(found.path):
        if h5py.is_hdf5(found.path):
            with h5py.File(found.path, "r") as file:
                rows = [list(_of_hdf5(file, x)) for x in _values(file[found.key])]
        else:
            rows = [list(_leaves(x)) for x in np.asarray(found.open()).ravel()]
    if not all(isinstance(word, str) for row in rows for word in row):
        return []
    return [" ".join(row).strip() for row in rows]


def _leaves(value: Any) -> Iterator[Any]:
    """The innermost values of nested MATLAB cells."""
    if isinstance(value, np.ndarray):
        for inner in value.ravel():
            yield from _leaves(inner)
    else:
        yield value.decode(errors="replace") if isinstance(value, bytes) else value


def _values(node: Any) -> Iterator[Any]:
    """The elements of an HDF5 array of any type."""
    yield from np.asarray(node[()]).ravel() if isinstance(node, h5py.Dataset) else ()


def _of_hdf5(file: h5py.File, value: Any) -> Iterator[Any]:
    """A cell of MATLAB 7.3 is a reference to UTF-16 numbers, or to cells again."""
    if not isinstance(value, h5py.Reference):
        yield from _leaves(value)
        return
    node: Any = file[value]
    if node.attrs.get("MATLAB_class") not in (b"char", "char"):
        for inner in _values(node):
            yield from _of_hdf5(file, inner)
    elif "MATLAB_empty" not in node.attrs:
        yield node[()].astype("<u2").tobytes().decode("utf-16-le", errors="replace")
