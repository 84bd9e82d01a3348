"""Arrays of NumPy's .npy and .npz files; nothing that is pickled is ever read."""

import ast
import contextlib
import functools
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from scbch_jax.data.formats.base import ArrayInfo, dtype_name, read_at_once
from scbch_jax.errors import require

MAX_HEADER = 1 << 20
"""Bytes of the longest header of an array that is parsed."""


def npy_array(path: Path) -> Iterator[ArrayInfo]:
    """The one array of an .npy file, mapped into memory."""
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    yield ArrayInfo(
        path, path.stem, array.shape, dtype_name(array.dtype), lambda: array
    )


def npz_arrays(path: Path) -> Iterator[ArrayInfo]:
    """The arrays of an .npz archive.

    An archive may hold a number `scale`, by which its 8-bit arrays are multiplied.
    """
    with _open_npz(path) as archive:
        # Other members, such as a readme, are no arrays.
        names = [n for n in archive.files if f"{n}.npy" in archive.zip.namelist()]
        for name in names:
            shape, dtype = _header(archive, name)
            scaled = "scale" in names and dtype == np.uint8
            # Objects could run code; they are listed, and never read.
            kind = "objects" if dtype.hasobject else dtype_name(dtype)
            kind = "float32" if scaled else kind
            read = functools.partial(_read_npz, path, name)
            yield read_at_once(path, name, shape, kind, read)


@contextlib.contextmanager
def _open_npz(path: Path) -> Iterator[Any]:
    # NumPy takes any other file for a pickle, and says how to run it.
    got = f"{path}, which cannot be read (no complete archive)"
    require(zipfile.is_zipfile(path), "file", got, "a complete .npz file")
    # NumPy leaves the file of a damaged archive open; this one is closed in any case.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        yield archive


def _read_npz(path: Path, name: str) -> np.ndarray:
    with _open_npz(path) as archive:
        array = archive[name]
        if "scale" in archive.files and array.dtype == np.uint8:
            return array * np.float32(archive["scale"])
        return array


def _header(archive: Any, name: str) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and dtype of a member, without unpacking its values.

    NumPy has public readers for versions 1.0 and 2.0 alone; 3.0 differs from these in
    being UTF-8, of which their Latin-1 is a part as far as names of dtypes go.
    """
    with archive.zip.open(f"{name}.npy") as member:
        version = np.lib.format.read_magic(member)
        length = int.from_bytes(member.read(2 if version < (2, 0) else 4), "little")
        require(length <= MAX_HEADER, name, f"a header of {length} bytes", "an array")
        encoding = "latin1" if version < (3, 0) else "utf-8"
        header = ast.literal_eval(member.read(length).decode(encoding))
    return header["shape"], np.lib.format.descr_to_dtype(header["descr"])
