"""Arrays and texts in files of every format, told by content; no code is ever run.

Names may be nested: `group/array` in HDF5, `struct/field` in MATLAB files. Rows of
HDF5, MATLAB 7.3 and .npy files are read as they are sliced, those of others at once.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from scbch_jax.data.formats.base import ArrayInfo, one_line_errors
from scbch_jax.data.formats.hdf5 import hdf5_arrays, matlab_arrays
from scbch_jax.data.formats.numpy_files import npy_array, npz_arrays
from scbch_jax.data.formats.parquet import parquet_arrays
from scbch_jax.data.formats.text_files import text_array
from scbch_jax.errors import require

_LISTERS = {
    "npy": npy_array,
    "npz": npz_arrays,
    "mat": matlab_arrays,
    "hdf5": hdf5_arrays,
    "parquet": parquet_arrays,
    "txt": text_array,
}

_MAGIC = {b"MATLAB": "mat", b"PK": "npz", b"\x93NUMPY": "npy", b"PAR1": "parquet"}

_ENDINGS = {suffix: suffix[1:] for suffix in (".mat", ".npz", ".npy", ".parquet")}
_ENDINGS |= dict.fromkeys((".h5", ".h5py", ".hdf5"), "hdf5")

SUFFIXES = tuple(_ENDINGS)
"""Endings of the files that can be read."""

_PICKLED = (".pkl", ".pickle")

_LFS = b"version https://git-lfs"


def find_arrays(paths: Sequence[str | Path]) -> list[ArrayInfo]:
    """Describes every array of some files.

    Raises:
        InputError: if a file is missing, of an unknown kind, or damaged.
    """
    return [found for path in paths for found in _arrays_of(Path(path))]


def read_array(path: str | Path, key: str) -> np.ndarray:
    """Reads one array of a file, as a plain dense array.

    MATLAB 7.3 files are HDF5 with the axes reversed; they are restored. An .npz file
    may hold a number `scale` beside an 8-bit array; the product is returned, as
    float32.

    Args:
        path: the file.
        key: the array's name; not used for .npy files, which have none.

    Raises:
        InputError: if the file is missing, damaged, or has no such array.
    """
    path = Path(path)
    found = _arrays_of(path)
    named = [array for array in found if array.key == key]
    if not named and kind_of(path) == "npy":
        named = found
    have = ", ".join(array.key for array in found) or "nothing"
    require(bool(named), f"key in {path}", have, key)
    return named[0].read()


def array_names(path: str | Path) -> list[str]:
    """Names of the arrays in a file; none for an .npy file, whose array has no name.

    Raises:
        InputError: if the file is missing or damaged.
    """
    found = _arrays_of(Path(path))
    return [] if kind_of(Path(path)) == "npy" else [array.key for array in found]


def kind_of(path: Path) -> str:
    """The format of a file: by its first bytes, or else by its ending.

    Returns:
        hdf5 (MATLAB 7.3 too), mat, npz, npy, parquet or txt; empty if neither tells.
    """
    if h5py.is_hdf5(path):
        return "hdf5"
    with path.open("rb") as file:
        head = file.read(8)
    kinds = (kind for magic, kind in _MAGIC.items() if head.startswith(magic))
    # Lists are found by their ending alone, and only where a person names them.
    listed = "txt" if path.suffix == ".txt" else ""
    return next(kinds, _ENDINGS.get(path.suffix, listed))


def _arrays_of(path: Path) -> list[ArrayInfo]:
    wanted = "a file; data show and data verify describe a store"
    require(not path.is_dir(), "file", f"{path}, a folder", wanted)
    require(path.is_file(), "file", path, "a file that exists")
    _require_no_pickle(path)
    known = f"one ending in {', '.join(SUFFIXES)}, or of such content"
    kind = kind_of(path)
    require(bool(kind), "file", path, known)
    with path.open("rb") as file:
        pointer = file.read(len(_LFS)) == _LFS
    got = f"{path}, a Git LFS pointer in place of the file"
    require(not pointer, "file", got, "the file itself: git lfs pull fetches it")
    with one_line_errors(path):
        return list(_LISTERS[kind](path))


def _require_no_pickle(path: Path) -> None:
    """Refuses what Python pickled, with the way to convert it."""
    with path.open("rb") as file:
        head = file.read(2)
    begins_so = head[:1] == b"\x80" and head[1:] <= b"\x05"
    pickled = path.suffix in _PICKLED or (begins_so and path.suffix not in _ENDINGS)
    name = path.stem
    convert = (
        f"import numpy, pickle; d = pickle.load(open('{path.name}', 'rb')); "
        f"numpy.savez('{name}.npz', **{{'{name}_' + k: v for k, v in d.items()}})"
    )
    got = f"{path}, a pickle, which may run any code when it is read"
    wanted = f'.npz; if you trust it, where it is: python -c "{convert}"'
    require(not pickled, "file", got, wanted)


def read_strings(found: ArrayInfo) -> list[str]:
    """The texts of an array, one a row; cells within a cell are joined by spaces.

    Returns:
        The texts; empty if any element is not text, or for objects that NumPy pickled,
        which are never read.

    Raises:
        InputError: if the file is damaged.
    """
    if found.numeric or found.kind in ("objects", "empty"):
        return []
    with one_line_errors(found.path):
        if h5py.is_hdf5(found.path):
            with h5py.File(found.path, "r") as file:
                rows = list(_hdf5_rows(file, found.key))
        else:
            rows = [list(_leaves(x)) for x in _rows(np.asarray(found.open()))]
    if not all(isinstance(word, str) for row in rows for word in row):
        return []
    return [" ".join(row).strip() for row in rows]


def _rows(array: np.ndarray) -> Iterator[Any]:
    """Of a matrix its rows, such as the captions of a picture; else all elements."""
    several = array.ndim == 2 and 1 not in array.shape
    yield from array if several else array.ravel()


def _leaves(value: Any) -> Iterator[Any]:
    """The innermost values of nested MATLAB cells."""
    if isinstance(value, np.ndarray):
        for inner in value.ravel():
            yield from _leaves(inner)
    else:
        yield value.decode(errors="replace") if isinstance(value, bytes) else value


def _values(node: Any) -> Iterator[Any]:
    """The rows of an HDF5 array of any type; MATLAB reverses its axes."""
    if isinstance(node, h5py.Dataset):
        matlab = "MATLAB_class" in node.attrs
        array = np.asarray(node[()])
        yield from _rows(array.T if matlab else array)


def _hdf5_rows(file: h5py.File, key: str) -> Iterator[list[Any]]:
    """The texts of each row: of cells, or of a matrix of letters."""
    node: Any = file[key]
    if not _is_letters(node):
        yield from (list(_of_hdf5(file, value)) for value in _values(node))
        return
    yield from ([_decode(row)] for row in np.atleast_2d(node[()].T))


def _is_letters(node: Any) -> bool:
    return node.attrs.get("MATLAB_class") in (b"char", "char")


def _decode(letters: Any) -> str:
    return letters.astype("<u2").tobytes().decode("utf-16-le", errors="replace")


def _of_hdf5(file: h5py.File, value: Any) -> Iterator[Any]:
    """A cell of MATLAB 7.3 is a reference to UTF-16 numbers, or to cells again."""
    if isinstance(value, np.ndarray):
        for inner in value.ravel():
            yield from _of_hdf5(file, inner)
    elif not isinstance(value, h5py.Reference):
        yield from _leaves(value)
    else:
        yield from _of_cell(file, file[value])


def _of_cell(file: h5py.File, node: Any) -> Iterator[Any]:
    if not _is_letters(node):
        for inner in _values(node):
            yield from _of_hdf5(file, inner)
    elif "MATLAB_empty" not in node.attrs:
        yield _decode(node[()])
