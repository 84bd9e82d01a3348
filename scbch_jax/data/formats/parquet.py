"""Columns of Parquet files as arrays; pyarrow is imported when one is read."""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from scbch_jax.data.formats.base import ArrayInfo, read_at_once
from scbch_jax.errors import require
from scbch_jax.extras import import_optional


def parquet_arrays(path: Path) -> Iterator[ArrayInfo]:
    """The columns of a file; lists of one length are a matrix.

    The width of a list that may be of any length is that of the first row.

    Raises:
        InputError: if pyarrow is not installed.
    """
    file = _arrow().ParquetFile(path)
    rows = file.metadata.num_rows
    first = next(file.iter_batches(batch_size=1), None)
    for field in file.schema_arrow:
        shape, inner = (rows,), getattr(field.type, "value_type", None)
        if inner is not None and first is not None:
            shape = (rows, len(first.column(field.name)[0].as_py() or ()))
        kind = _kind(field.type if len(shape) == 1 else inner)
        read = functools.partial(_read, path, field.name)
        yield read_at_once(path, field.name, shape, kind, read)


def _read(path: Path, key: str) -> np.ndarray:
    """One column; an error for missing values and lists of different lengths."""
    column = _arrow().ParquetFile(path).read(columns=[key]).column(0).combine_chunks()
    require(not column.null_count, f"{key} in {path}", "missing values", "none")
    if not hasattr(column.type, "value_type"):
        return column.to_numpy(zero_copy_only=False)
    values = column.flatten()
    require(not values.null_count, f"{key} in {path}", "missing values", "none")
    widths = np.unique([len(row) for row in column])
    got = f"lists of {len(widths)} lengths"
    require(len(widths) == 1, f"{key} in {path}", got, "lists of one length")
    return values.to_numpy(zero_copy_only=False).reshape(len(column), int(widths[0]))


def _kind(kind: Any) -> str:
    """The dtype's name, in NumPy's words."""
    names = {"float": "float32", "double": "float64", "halffloat": "float16"}
    return names.get(str(kind), str(kind))


def _arrow() -> Any:
    return import_optional("pyarrow.parquet", "a .parquet file")
