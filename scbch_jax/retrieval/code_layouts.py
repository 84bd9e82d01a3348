"""Layouts in which codes and labels are published, to packed bytes and multi-hot."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, UInt8

from scbch_jax.errors import require

Queries = UInt8[np.ndarray, "queries bytes"]
Items = UInt8[np.ndarray, "items bytes"]


def pack_pair(sides: Mapping[str, np.ndarray]) -> tuple[Queries, Items]:
    """Packs two sets of codes of one layout into bytes, with zeros at the end.

    Bytes (uint8) with a value above 1 in either set are packed already; of all other
    numbers, those above 0 become ones.

    Args:
        sides: query codes and database codes, by the name that messages use.

    Raises:
        InputError: unless they are matrices of one width in a known layout.
    """
    for field, codes in sides.items():
        got = f"{codes.dtype} of shape {codes.shape}"
        numbers = codes.ndim == 2 and codes.dtype.kind in "biuf"
        require(numbers, field, got, "numbers, one code in each row")
        require(codes.size > 0, field, got, "at least one code")
        _require_finite(field, codes)
    (_, query), (field, items) = sides.items()
    columns = [codes.shape[1] for codes in (query, items)]
    require(columns[0] == columns[1], field, f"{columns[1]} columns", f"{columns[0]}")
    packed = query.dtype == items.dtype == np.uint8
    if packed and max(query.max(), items.max()) > 1:
        for field, codes in sides.items():
            signs = codes.max() == 255 and bool(np.isin(codes, (1, 255)).all())
            require(not signs, field, "bytes 1 and 255 only", "-1 and 1 as int8")
        return query, items
    for field, codes in sides.items():
        _require_known_layout(field, codes)
    return np.packbits(query > 0, axis=1), np.packbits(items > 0, axis=1)


def read_labels(
    query: np.ndarray, database: np.ndarray, *, rows: tuple[int, int]
) -> tuple[Float[np.ndarray, "queries classes"], Float[np.ndarray, "items classes"]]:
    """Labels of queries and database as multi-hot rows of one width.

    Args:
        query: multi-hot rows, or one class id for each query.
        database: the same for the database.
        rows: numbers of codes of both.

    Raises:
        InputError: if they are neither, or not as many as the codes.
    """
    sides = {"query_labels": query, "database_labels": database}
    for (field, labels), wanted in zip(sides.items(), rows, strict=True):
        numbers = labels.dtype.kind in "biuf" and labels.ndim in (1, 2)
        got = f"{labels.dtype} of shape {labels.shape}"
        require(numbers, field, got, "multi-hot rows or class ids")
        _require_finite(field, labels)
        # MATLAB has no vectors: class ids come as one row or one column.
        if 1 in labels.shape[1:] or (labels.shape[0] == 1 != wanted):
            sides[field] = labels = labels.ravel()
        require(len(labels) == wanted, field, f"{len(labels)} rows", f"{wanted}")
    query, database = sides.values()
    same = query.shape[1:] == database.shape[1:]
    layouts = [
        f"{x.shape[1]} classes" if x.ndim == 2 else "class ids"
        for x in (query, database)
    ]
    require(same, "database_labels", layouts[1], f"{layouts[0]} as query_labels")
    if query.ndim == 1:
        classes = np.unique(np.concatenate([query, database]))
        hot = [labels[:, None] == classes for labels in (query, database)]
    else:
        for field, labels in sides.items():
            wrong = labels[(labels != 0) & (labels != 1)]
            got = f"the value {next(wrong.flat, 0):g}"
            require(not wrong.size, field, got, "labels 0 and 1")
        hot = [query, database]
    return hot[0].astype(np.float32), hot[1].astype(np.float32)


def _require_finite(field: str, array: np.ndarray) -> None:
    wrong = np.argwhere(~np.isfinite(array))
    where = "" if not len(wrong) else f" in row {wrong[0][0]}, counted from 0"
    require(not len(wrong), field, f"NaN or infinity{where}", "finite numbers")


def _require_known_layout(field: str, codes: np.ndarray) -> None:
    """Refuses numbers whose signs are no code bits, such as 0.2 and 0.7."""
    low, high = codes.min(), codes.max()
    whole = codes.dtype.kind in "iu"
    few = bool(np.isin(codes, (-1, 0, 1)).all())
    known = few or (not whole and bool(low < 0))
    layouts = "-1 and 1, 0 and 1, packed bytes as uint8, or real values of both signs"
    require(known, field, f"{codes.dtype} from {low:g} to {high:g}", layouts)
