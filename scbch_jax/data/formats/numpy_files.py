"""NumPy's .npy and .npz files; nothing that is pickled is ever read.

A matrix larger than memory is read and written block by block.
"""

import ast
import contextlib
import functools
import hashlib
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

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
        # Other members, such as a readme, are not arrays.
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


BLOCK_BYTES = 16 << 20
"""About how much of an array is held at once."""


def row_blocks(array: Any) -> Iterator[np.ndarray]:
    """Blocks of the rows of a matrix, each sliced when it is needed."""
    shape = array.shape
    require(
        len(shape) == 2,
        "array",
        f"shape {shape}",
        "a matrix with a row for each sample",
    )
    step = max(1, BLOCK_BYTES // max(1, shape[1] * array.dtype.itemsize))
    for start in range(0, shape[0], step):
        yield np.asarray(array[start : start + step])


def write(
    path: Path,
    blocks: Any | Iterable[np.ndarray],
    field: str,
    *,
    dtype: Any,
    narrow: Callable[..., np.ndarray],
) -> tuple[int, int]:
    """Writes a matrix as .npy without holding it.

    Args:
        path: the file.
        blocks: a matrix, or blocks of its rows.
        field: what messages call it.
        dtype: of the file.
        narrow: checks a block and makes it `dtype`; gets `field`, the block, and
            `first`, the number of its first row.

    Returns:
        Rows and columns.

    Raises:
        InputError: if there are no rows, or blocks are not matrices of one width.
    """
    rows, columns, header = 0, 0, 0
    with path.open("wb") as file:
        for block in row_blocks(blocks) if hasattr(blocks, "shape") else blocks:
            clean = np.ascontiguousarray(narrow(field, block, first=rows), dtype)
            if not rows:
                columns = clean.shape[1]
                header = _write_header(file, (0, columns), dtype)  # replaced at the end
            fits = clean.shape[1] == columns
            got = f"{clean.shape[1]} columns from row {rows} on, counted from 0"
            require(fits, field, got, f"{columns} as before")
            file.write(clean.data)
            rows += len(clean)
        require(rows > 0, field, "no rows", "at least one")
        file.seek(0)
        # NumPy leaves room for a number of rows of any length.
        assert _write_header(file, (rows, columns), dtype) == header
    return rows, columns


def any_value(path: Path) -> bool:
    """Whether a matrix has any value but 0."""
    return any(b.any() for b in row_blocks(np.load(path, mmap_mode="r")))


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_header(file: Any, shape: tuple[int, int], dtype: Any) -> int:
    """Writes a header; returns where it ends."""
    header = {"descr": npy.dtype_to_descr(np.dtype(dtype)), "fortran_order": False}
    npy.write_array_header_1_0(file, header | {"shape": shape})
    return file.tell()
