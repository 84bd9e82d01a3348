"""Arrays of HDF5 and MATLAB files; those of MATLAB 7.3 are HDF5, axes reversed."""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import scipy

from scbch_jax.data.formats.base import (
    ArrayInfo,
    dtype_name,
    one_line_errors,
    read_at_once,
)
from scbch_jax.errors import require


def matlab_arrays(path: Path) -> Iterator[ArrayInfo]:
    """The arrays of a file, those of its structs as `struct/field`.

    Matrices in a row of few cells, as views of a dataset are, are `name{1}` and so on.
    """
    for name, shape, kind in scipy.io.whosmat(path):
        few = kind == "cell" and len(shape) == 2 and shape[0] == 1 <= shape[1] <= VIEWS
        if kind == "struct":
            yield from _struct_fields(path, name)
        elif few and (matrices := _matrices_in_cells(path, name)):
            yield from matrices
        else:
            kind = _KINDS.get(kind or "", kind or "-")
            read = functools.partial(_load, path, name)
            yield read_at_once(path, name, shape, kind, read)


def _struct_fields(path: Path, struct: str) -> Iterator[ArrayInfo]:
    content = _load(path, struct)
    for field in content.dtype.names or ():
        for value in content[field].flat[:1]:
            kind = "cell" if value.dtype.hasobject else dtype_name(value.dtype)
            read = functools.partial(_dense, value)
            yield read_at_once(path, f"{struct}/{field}", value.shape, kind, read)


def _matrices_in_cells(path: Path, name: str) -> list[ArrayInfo]:
    """The matrices in cells; none if a cell holds anything else."""
    cells = [_dense(cell) for cell in _load(path, name).flat]
    if any(cell.dtype.kind not in "fiub" or cell.size < 2 for cell in cells):
        return []
    return [
        read_at_once(
            path,
            f"{name}{{{i}}}",
            cell.shape,
            dtype_name(cell.dtype),
            functools.partial(np.asarray, cell),
        )
        for i, cell in enumerate(cells, 1)
    ]


def _load(path: Path, name: str) -> np.ndarray:
    return _dense(scipy.io.loadmat(path, variable_names=[name])[name])


def _dense(array: Any) -> np.ndarray:
    return array.toarray() if scipy.sparse.issparse(array) else np.asarray(array)


VIEWS = 8
"""Up to how many cells of a row are looked at for matrices."""

_KINDS = {"double": "float64", "single": "float32", "logical": "bool"}
_KINDS |= {"sparse": "float64, sparse"}


MAX_UNBACKED = 1 << 36
"""Bytes up to which an array may be far larger than what the file holds of it."""

MAX_COMPRESSION = 2000
"""More than the best compression of the filters of HDF5 (gzip: 1,032 to 1)."""


def hdf5_arrays(path: Path) -> Iterator[ArrayInfo]:
    """The arrays of a file, those of its groups as `group/array`."""
    with h5py.File(path, "r") as file:
        names: list[str] = []
        file.visit(names.append)
        sparse = [n for n in names if "MATLAB_sparse" in file[n].attrs]
        for name in names:
            node: Any = file[name]
            if name in sparse:
                shape = (int(node.attrs["MATLAB_sparse"]), len(node["jc"]) - 1)
                kind = str(node["data"].dtype)
                read = functools.partial(_read_sparse, path, name)
                yield read_at_once(path, name, shape, kind, read)
            elif isinstance(node, h5py.Dataset) and not _is_part(name, sparse):
                rows = Hdf5Rows(path, name)
                if rows.kind == "text":
                    read = functools.partial(_read_whole, path, name)
                    yield read_at_once(path, name, rows.shape, "text", read)
                else:
                    yield ArrayInfo(
                        path, name, rows.shape, rows.kind, lambda rows=rows: rows
                    )


class Hdf5Rows:
    """An array that is read as it is sliced by rows, in NumPy's order of axes.

    The file is opened for each slice, so nothing stays open between them.
    """

    def __init__(self, path: Path, key: str, *, transpose: bool = False) -> None:
        """Reads the array's shape and kind; `transpose` reverses its axes once more."""
        self._path, self._key, self._transpose = path, key, transpose
        with h5py.File(path, "r") as file:
            node: Any = file[key]
            matlab = node.attrs.get("MATLAB_class", b"")
            self._reversed = ("MATLAB_class" in node.attrs) != transpose
            shape, self.dtype = node.shape or (), node.dtype
            words = matlab.decode() if isinstance(matlab, bytes) else str(matlab)
            self.kind = _kind_of(node, words)
            _require_content(path, node)
        self.shape: tuple[int, ...] = shape[::-1] if self._reversed else shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def T(self) -> "Hdf5Rows":  # noqa: N802 -- as NumPy calls it
        """The array with its axes reversed."""
        return Hdf5Rows(self._path, self._key, transpose=not self._transpose)

    def __len__(self) -> int:
        """Number of rows."""
        return self.shape[0]

    def __getitem__(self, rows: slice | tuple[()]) -> np.ndarray:
        """Reads a slice of the rows; a single number with ().

        Raises:
            InputError: if the file cannot be read any more.
        """
        with one_line_errors(self._path), h5py.File(self._path, "r") as file:
            node: Any = file[self._key]
            require(self.dtype.kind in "fiub", self._key, self.kind, "numbers")
            if self._reversed and self.shape:
                return np.asarray(node[..., rows]).T
            return np.asarray(node[rows])


def _require_content(path: Path, node: Any) -> None:
    """Refuses an array that is said to be far larger than its file.

    Reading one takes days: rows that were never written are filled in.
    """
    claimed, held = node.size or 0, path.stat().st_size
    claimed *= node.dtype.itemsize
    held_too = claimed <= max(MAX_UNBACKED, MAX_COMPRESSION * held)
    got = f"shape {node.shape} in a file of {held} bytes"
    require(held_too, f"{node.name} in {path}", got, "an array whose rows were written")


def _is_part(name: str, sparse: list[str]) -> bool:
    """Whether this is a part of a sparse matrix, or MATLAB's own bookkeeping."""
    owner = name.rpartition("/")[0]
    return owner in sparse or name.startswith("#")


def _read_whole(path: Path, name: str) -> np.ndarray:
    with h5py.File(path, "r") as file:
        node: Any = file[name]
        return np.asarray(node[()])


def _read_sparse(path: Path, name: str) -> np.ndarray:
    """A sparse matrix of MATLAB 7.3: values, their rows, and where columns begin."""
    with h5py.File(path, "r") as file:
        group: Any = file[name]
        parts = tuple(np.asarray(group[part][()]) for part in ("data", "ir", "jc"))
        shape = (int(group.attrs["MATLAB_sparse"]), len(parts[2]) - 1)
    return scipy.sparse.csc_matrix(parts, shape=shape).toarray()


def _kind_of(node: Any, matlab_class: str) -> str:
    """The dtype of numbers, or words for what is none."""
    # MATLAB stores the sizes of an empty array as if they were its values.
    if node.shape is None or "MATLAB_empty" in node.attrs:
        return "empty"
    if node.dtype.kind in "fiub" and matlab_class not in ("cell", "char"):
        return node.dtype.name
    is_text = h5py.check_string_dtype(node.dtype)
    return matlab_class or ("text" if is_text else "no numbers")
