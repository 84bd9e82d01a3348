"""Matrices larger than memory: read and written block by block."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from scbch_jax.errors import require

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
    narrow: Callable[[str, np.ndarray], np.ndarray],
) -> tuple[int, int]:
    """Writes a matrix as .npy without holding it.

    Args:
        path: the file.
        blocks: a matrix, or blocks of its rows.
        field: what messages call it.
        dtype: of the file.
        narrow: checks a block and makes it `dtype`; gets a name for messages.

    Returns:
        Rows and columns.

    Raises:
        InputError: if there are no rows, or blocks are no matrices of one width.
    """
    rows, columns, header = 0, 0, 0
    with path.open("wb") as file:
        for block in row_blocks(blocks) if hasattr(blocks, "shape") else blocks:
            named = f"{field}, rows {rows} to {rows + len(block) - 1}"
            clean = np.ascontiguousarray(narrow(named, block), dtype)
            if not rows:
                columns = clean.shape[1]
                header = _header(file, (0, columns), dtype)  # replaced at the end
            fits = clean.shape[1] == columns
            require(fits, named, f"{clean.shape[1]} columns", f"{columns} as before")
            file.write(clean.data)
            rows += len(clean)
        require(rows > 0, field, "no rows", "at least one")
        file.seek(0)
        # NumPy leaves room for a number of rows of any length.
        assert _header(file, (rows, columns), dtype) == header
    return rows, columns


def any_value(path: Path) -> bool:
    """Whether a matrix has any value but 0."""
    return any(b.any() for b in row_blocks(np.load(path, mmap_mode="r")))


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _header(file: Any, shape: tuple[int, int], dtype: Any) -> int:
    """Writes a header; returns where it ends."""
    header = {"descr": npy.dtype_to_descr(np.dtype(dtype)), "fortran_order": False}
    npy.write_array_header_1_0(file, header | {"shape": shape})
    return file.tell()
