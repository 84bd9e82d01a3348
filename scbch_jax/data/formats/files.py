"""Arrays from files: MATLAB, HDF5, npz, npy, Parquet; nothing read can run code."""

import contextlib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import scipy

from scbch_jax.data.formats.parquet import parquet_columns, read_parquet
from scbch_jax.errors import InputError, require


def read_array(path: str | Path, key: str) -> np.ndarray:
    """Reads the array `key` of a file, as a plain dense array.

    Nested arrays have the names of their groups before theirs: `group/array`. MATLAB
    7.3 files are HDF5 with the axes reversed; they are turned back. An npz file may
    hold a number `scale` beside 8-bit `key`; the product is returned, as float32.

    Args:
        path: the file; its content says the format.
        key: the array's name; for `.npy`, which has none, it is not used.

    Raises:
        InputError: if the file is missing, unreadable, or has no such array.
    """
    path = known_file(path)
    with one_line_errors(path):
        return _READERS[kind_of(path)](path, key)


def array_names(path: str | Path) -> list[str]:
    """Names of the arrays in a file; an `.npy` file, which has none, gives no names.

    Raises:
        InputError: if the file is missing or unreadable.
    """
    path = known_file(path)
    with one_line_errors(path):
        kind = kind_of(path)
        if kind == "npy":
            return []
        if kind == "parquet":
            return [name for name, _, _ in parquet_columns(path)]
        if kind == "npz":
            with open_npz(path) as archive:
                return archive.files
        if kind == "hdf5":
            with h5py.File(path, "r") as file:
                return [
                    str(name) for name, node in file.items() if hasattr(node, "dtype")
                ]
        return [name for name, _, _ in scipy.io.whosmat(path)]


def known_file(path: str | Path) -> Path:
    """The path of a file that may be read.

    Raises:
        InputError: if it is missing, of an unknown kind, or a Git LFS pointer.
    """
    path = Path(path)
    wanted = "a file; data show and data verify tell of a store"
    require(not path.is_dir(), "file", f"{path}, a folder", wanted)
    require(path.is_file(), "file", path, "a file that exists")
    known = f"one ending in {', '.join(SUFFIXES)}, or of such content"
    require(bool(kind_of(path)), "file", path, known)
    with path.open("rb") as file:
        pointer = file.read(len(_LFS)) == _LFS
    got = f"{path}, a Git LFS pointer in place of the file"
    require(not pointer, "file", got, "the file itself: git lfs pull fetches it")
    return path


def kind_of(path: Path) -> str:
    """Which reader a file needs: by its first bytes, or else by its ending.

    Returns:
        hdf5 (MATLAB 7.3 too), mat, npz, npy or parquet; empty if neither tells.
    """
    if h5py.is_hdf5(path):
        return "hdf5"
    with path.open("rb") as file:
        head = file.read(8)
    begins = (kind for mark, kind in _MARKS.items() if head.startswith(mark))
    return next(begins, _ENDINGS.get(path.suffix, ""))


_MARKS = {b"MATLAB": "mat", b"PK": "npz", b"\x93NUMPY": "npy", b"PAR1": "parquet"}

_ENDINGS = {suffix: suffix[1:] for suffix in (".mat", ".npz", ".npy", ".parquet")}
_ENDINGS |= dict.fromkeys((".h5", ".h5py", ".hdf5"), "hdf5")

SUFFIXES = tuple(_ENDINGS)
"""Endings of the files that `read_array` knows."""

_LFS = b"version https://git-lfs"


@contextlib.contextmanager
def one_line_errors(path: Path) -> Iterator[None]:
    """Turns what the readers raise for a damaged file, a dozen kinds, into one line."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise InputError(
            f"file: got {path}, which cannot be read ({reason}), "
            f"wanted a whole {path.suffix} file"
        ) from error


def _read_npy(path: Path, key: str) -> np.ndarray:
    return np.load(path, allow_pickle=False)


@contextlib.contextmanager
def open_npz(path: Path) -> Iterator[Any]:
    """An archive of arrays, open while in the context.

    Raises:
        InputError: if it is no archive, or not a whole one.
    """
    # NumPy takes any other file for a pickle, and says how to run it.
    got = f"{path}, which cannot be read (no whole archive)"
    require(zipfile.is_zipfile(path), "file", got, "a whole .npz file")
    # NumPy leaves the file of a damaged archive open; this one is closed in any case.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        yield archive


def _read_npz(path: Path, key: str) -> np.ndarray:
    with open_npz(path) as archive:
        _require_key(path, key, archive.files)
        array = archive[key]
        if "scale" in archive.files and array.dtype == np.uint8:
            return array * np.float32(archive["scale"])
        return array


def _read_hdf5(path: Path, key: str) -> np.ndarray:
    with h5py.File(path, "r") as file:
        require(key in file, f"key in {path}", ", ".join(file) or "nothing", key)
        node: Any = file[key]
        if "MATLAB_sparse" in node.attrs:
            return _read_sparse(node)
        require(isinstance(node, h5py.Dataset), key, f"a group in {path}", "an array")
        array = np.asarray(node[()])
        return array.T if "MATLAB_class" in node.attrs else array


def _read_sparse(group: Any) -> np.ndarray:
    """A sparse matrix of MATLAB 7.3: values, their rows, and where columns begin."""
    parts = tuple(np.asarray(group[name][()]) for name in ("data", "ir", "jc"))
    shape = (int(group.attrs["MATLAB_sparse"]), len(parts[2]) - 1)
    return scipy.sparse.csc_matrix(parts, shape=shape).toarray()


def _read_mat(path: Path, key: str) -> np.ndarray:
    struct = key.split("/")[0]
    content = scipy.io.loadmat(path, variable_names=[struct])
    if struct not in content:
        names = [name for name, _, _ in scipy.io.whosmat(path)]
        _require_key(path, key, names)
    array = content[struct]
    if "/" in key:
        fields = dict(struct_fields(path, struct))
        _require_key(path, key, list(fields))
        array = fields[key]
    return array.toarray() if scipy.sparse.issparse(array) else np.asarray(array)


def struct_fields(path: Path, name: str) -> Iterator[tuple[str, Any]]:
    """The arrays of a struct of a MATLAB 5 file, as `struct/field`."""
    content = scipy.io.loadmat(path, variable_names=[name])[name]
    for field in content.dtype.names or ():
        for value in content[field].flat[:1]:
            yield f"{name}/{field}", value


def _require_key(path: Path, key: str, names: list[str]) -> None:
    require(key in names, f"key in {path}", ", ".join(names) or "nothing", key)


_READERS = {
    "npy": _read_npy,
    "npz": _read_npz,
    "mat": _read_mat,
    "hdf5": _read_hdf5,
    "parquet": read_parquet,
}
