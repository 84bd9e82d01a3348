"""Columns of Parquet files as arrays; pyarrow is imported when one is read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from scbch_jax.errors import InputError, require


def parquet_columns(path: Path) -> Iterator[tuple[str, tuple[int, ...], str]]:
    """Name, shape and kind of each column; lists of one length are a matrix.

    The width of a list that may be of any length is that of the first row.

    Raises:
        InputError: if pyarrow is not installed.
    """
    file = _arrow().ParquetFile(path)
    rows = file.metadata.num_rows
    first = next(file.iter_batches(batch_size=1), None)
    for field in file.schema_arrow:
        inner = getattr(field.type, "value_type", None)
        if inner is None or first is None:
            yield field.name, (rows,), _kind(field.type)
        else:
            width = len(first.column(field.name)[0].as_py() or ())
            yield field.name, (rows, width), _kind(inner)


def read_parquet(path: Path, key: str) -> np.ndarray:
    """One column as an array.

    Raises:
        InputError: if there is no such column, a value is missing, or its lists are
            of different lengths.
    """
    file = _arrow().ParquetFile(path)
    names = file.schema_arrow.names
    require(key in names, f"key in {path}", ", ".join(names) or "nothing", key)
    column = file.read(columns=[key]).column(0).combine_chunks()
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
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise InputError(
            "pyarrow: got no such package, wanted it for .parquet files: "
            "pip install pyarrow"
        ) from error
    return pyarrow.parquet
