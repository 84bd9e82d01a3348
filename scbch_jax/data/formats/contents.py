"""What files hold: every array's name, shape and kind, and its rows when asked for.

Names may be nested, `group/array` in HDF5 and `struct/field` in MATLAB files. Rows of
HDF5, MATLAB 7.3 and .npy files are read as they are sliced, those of others at once.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
import scipy

from scbch_jax.data.formats import files
from scbch_jax.data.formats.hdf5_rows import Hdf5Rows
from scbch_jax.data.formats.parquet import parquet_columns


class ArrayInfo(NamedTuple):
    """An array in a file, not read yet."""

    path: Path
    key: str
    """Its name in the file; the file's own for .npy, which has no names."""
    shape: tuple[int, ...]
    kind: str
    """Dtype, or words for what is no array of numbers."""
    open: Callable[[], Any]
    """Gives something that has shape and dtype, and rows by slices."""

    @property
    def name(self) -> str:
        """The last part of its key."""
        return self.key.rsplit("/", 1)[-1]

    @property
    def numbers(self) -> bool:
        """Whether it holds real numbers, or truth values."""
        return self.kind.startswith(("float", "int", "uint", "bool"))


def find_arrays(paths: Sequence[Path]) -> list[ArrayInfo]:
    """Every array of some files.

    Raises:
        InputError: if a file is missing, of an unknown ending, or damaged.
    """
    return [found for path in paths for found in _arrays_of(Path(path))]


def _arrays_of(path: Path) -> Iterator[ArrayInfo]:
    path = files.known_file(path)
    with files.one_line_errors(path):
        yield from list(_LISTERS[files.kind_of(path)](path))


def _npy(path: Path) -> Iterator[ArrayInfo]:
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    yield ArrayInfo(path, path.stem, array.shape, _kind_of(array.dtype), lambda: array)


def _npz(path: Path) -> Iterator[ArrayInfo]:
    with files.open_npz(path) as archive:
        # Other members, such as a readme, are no arrays.
        names = [n for n in archive.files if f"{n}.npy" in archive.zip.namelist()]
        scaled = "scale" in names
        for name in names:
            shape, dtype = _npz_header(archive, name)
            if scaled and dtype == np.uint8:
                dtype = np.dtype(np.float32)
            # Objects could run code; they are named, and never read.
            kind = "objects" if dtype.hasobject else _kind_of(dtype)
            yield _whole(path, name, shape, kind)


def _npz_header(archive: Any, name: str) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and dtype of a member, without unpacking its values."""
    with archive.zip.open(f"{name}.npy") as member:
        version = np.lib.format.read_magic(member)
        reader = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        shape, _, dtype = reader(member)
    return shape, dtype


def _hdf5(path: Path) -> Iterator[ArrayInfo]:
    with h5py.File(path, "r") as file:
        names: list[str] = []
        file.visit(names.append)
        sparse = [n for n in names if "MATLAB_sparse" in file[n].attrs]
        for name in names:
            node: Any = file[name]
            if name in sparse:
                yield _whole(path, name, *_sparse_form(node))
            elif isinstance(node, h5py.Dataset) and not _belongs_to(name, sparse):
                rows = Hdf5Rows(path, name)
                yield ArrayInfo(
                    path, name, rows.shape, rows.kind, lambda rows=rows: rows
                )


def _belongs_to(name: str, sparse: list[str]) -> bool:
    """Parts of sparse matrices, and what MATLAB keeps for itself, are no arrays."""
    owner = name.rpartition("/")[0]
    return owner in sparse or name.startswith("#")


def _sparse_form(group: Any) -> tuple[tuple[int, int], str]:
    columns = len(group["jc"]) - 1
    return (int(group.attrs["MATLAB_sparse"]), columns), str(group["data"].dtype)


def _mat(path: Path) -> Iterator[ArrayInfo]:
    for name, shape, kind in scipy.io.whosmat(path):
        if kind == "struct":
            for key, array in files.struct_fields(path, name):
                kind = "cell" if array.dtype.hasobject else _kind_of(array.dtype)
                yield _whole(path, key, array.shape, kind)
        else:
            yield _whole(path, name, shape, _MATLAB_KINDS.get(kind or "", kind or "-"))


def _kind_of(dtype: np.dtype) -> str:
    """Numbers by their name alone: the order of their bytes is no kind of its own."""
    return dtype.name if dtype.kind in "fiub" else str(dtype)


_MATLAB_KINDS = {"double": "float64", "single": "float32", "logical": "bool"}
_MATLAB_KINDS |= {"sparse": "float64, sparse"}


def _parquet(path: Path) -> Iterator[ArrayInfo]:
    for name, shape, kind in parquet_columns(path):
        yield _whole(path, name, shape, kind)


def _whole(path: Path, key: str, shape: Sequence[int], kind: str) -> ArrayInfo:
    """An array that its format can only give whole: read once, and kept."""
    read = functools.cache(lambda: files.read_array(path, key))
    return ArrayInfo(path, key, tuple(shape), kind, read)


_LISTERS: dict[str, Callable[[Path], Iterator[ArrayInfo]]] = {
    "npy": _npy,
    "npz": _npz,
    "mat": _mat,
    "hdf5": _hdf5,
    "parquet": _parquet,
}
