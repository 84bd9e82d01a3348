"""Anyone's hash codes and labels from files: query set and database, by name."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8

from scbch_jax.checks import require
from scbch_jax.data.files import array_names, read_array

Queries = UInt8[np.ndarray, "queries bytes"]
Items = UInt8[np.ndarray, "items bytes"]


class CodeSets(NamedTuple):
    """Codes of a query set and a database, and the labels of both."""

    searches: dict[str, tuple[Queries, Items]]
    """Packed query and database codes, by direction: i2t, t2i, or any other name."""
    query_labels: Float[np.ndarray, "queries classes"]
    database_labels: Float[np.ndarray, "items classes"]


PARTS = (
    "query_image", "query_text", "query_codes",
    "database_image", "database_text", "database_codes",
    "query_labels", "database_labels",
)  # fmt: skip
"""What a file may hold. Codes without a modality are searched under the name codes."""

ALSO_CALLED = {
    "query_image": ("q_img", "qBX", "qB_img", "query_img"),
    "query_text": ("q_txt", "qBY", "qB_txt", "query_txt"),
    "query_codes": ("qB",),
    "database_image": ("r_img", "rBX", "rB_img", "db_image", "retrieval_img"),
    "database_text": ("r_txt", "rBY", "rB_txt", "db_text", "retrieval_txt"),
    "database_codes": ("rB", "db_codes", "retrieval_codes"),
    "query_labels": ("q_l", "query_L", "qL", "query_label", "test_L"),
    "database_labels": ("r_l", "retrieval_L", "rL", "db_labels", "retrieval_label"),
}
"""Names under which published code of the field saves them."""

SEARCHES = {
    "i2t": ("query_image", "database_text"),
    "t2i": ("query_text", "database_image"),
    "codes": ("query_codes", "database_codes"),
}


def read_code_sets(
    paths: Sequence[Path], *, keys: Mapping[str, str] | None = None
) -> CodeSets:
    """Reads codes and labels.

    Codes are real values to be signed, -1 and 1, 0 and 1, or packed bytes (uint8 with
    values above 1). Labels are multi-hot rows, or one class number a row.

    Args:
        paths: one file with all arrays, several with some each (an `.npy` file's array
            has the file's name), or the two that `scbch encode` wrote, queries first.
        keys: which array is which, for names not in `PARTS` and `ALSO_CALLED`.

    Raises:
        InputError: if a file cannot be read, or an array is missing or does not fit.
    """
    arrays = _collect(paths, dict(keys or {}))
    have = ", ".join(arrays) or "nothing that is known"
    searches = {
        name: pack_pair({part: arrays[part] for part in parts})
        for name, parts in SEARCHES.items()
        if all(part in arrays for part in parts)
    }
    require(bool(searches), "codes", have, f"both of one pair of {_pairs()}")
    for part in ("query_labels", "database_labels"):
        require(part in arrays, part, have, "labels of both sets")
    labels = _read_labels(arrays["query_labels"], arrays["database_labels"])
    for name, (query, items) in searches.items():
        sides = zip(SEARCHES[name], (query, items), labels, strict=True)
        for side, codes, rows in sides:
            wanted = f"the {len(rows)} of its labels"
            require(len(codes) == len(rows), side, f"{len(codes)} rows", wanted)
    return CodeSets(searches, *labels)


def pack_pair(sides: Mapping[str, np.ndarray]) -> tuple[Queries, Items]:
    """Two sets of codes of one form as packed bytes; the last byte's rest is zero.

    Args:
        sides: query codes and database codes, by the name that messages use.

    Raises:
        InputError: if they are no matrices of finite numbers of one width.
    """
    for field, codes in sides.items():
        got = f"{codes.dtype} of shape {codes.shape}"
        whole = codes.ndim == 2 and codes.size > 0 and codes.dtype.kind in "biuf"
        require(whole, field, got, "numbers, a code a row")
        finite = bool(np.isfinite(codes).all())
        require(finite, field, "NaN or infinity", "finite numbers")
    (_, query), (field, items) = sides.items()
    columns = [codes.shape[1] for codes in (query, items)]
    require(columns[0] == columns[1], field, f"{columns[1]} columns", f"{columns[0]}")
    if query.dtype == items.dtype == np.uint8 and max(query.max(), items.max()) > 1:
        return query, items
    return np.packbits(query > 0, axis=1), np.packbits(items > 0, axis=1)


def _collect(paths: Sequence[Path], keys: dict[str, str]) -> dict[str, np.ndarray]:
    """Arrays by part, from all files."""
    for part in keys:
        require(part in PARTS, "keys", part, f"one of {', '.join(PARTS)}")
    arrays: dict[str, np.ndarray] = {}
    for path, side in zip(paths, _sides(paths), strict=True):
        names = array_names(path) or [Path(path).stem]
        for name in names:
            part = _part_of(f"{side}{name}", keys)
            if part is not None:
                twice = f"{part} twice, again in {path}"
                require(part not in arrays, "codes", twice, "it once")
                arrays[part] = read_array(path, name)
        missing = [k for k in keys.values() if len(paths) == 1 and k not in names]
        require(not missing, "keys", ", ".join(missing), f"one of {', '.join(names)}")
    return arrays


def _sides(paths: Sequence[Path]) -> list[str]:
    """What stands before the names of a file: the side, where `encode` wrote it."""
    ours = [set(array_names(path)) <= {"image", "text", "labels"} for path in paths]
    named = [bool(array_names(path)) for path in paths]
    if len(paths) == 2 and all(ours) and all(named):
        return ["query_", "database_"]
    return [""] * len(paths)


def _part_of(name: str, keys: dict[str, str]) -> str | None:
    for part in PARTS:
        names = (keys[part],) if part in keys else (part, *ALSO_CALLED[part])
        if name in names:
            return part
    return None


def _read_labels(
    query: np.ndarray, database: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Both sets' labels as multi-hot rows of one width."""
    sides = {"query_labels": query, "database_labels": database}
    for field, labels in sides.items():
        numbers = labels.dtype.kind in "biuf" and labels.ndim in (1, 2)
        wanted = "multi-hot rows or class numbers"
        require(numbers, field, f"{labels.dtype} {labels.shape}", wanted)
        finite = bool(np.isfinite(labels).all())
        require(finite, field, "NaN or infinity", "finite numbers")
    if all(labels.ndim == 1 or labels.shape[1] == 1 for labels in sides.values()):
        classes = np.unique(np.concatenate([query.ravel(), database.ravel()]))
        return tuple(
            (labels.reshape(-1, 1) == classes).astype(np.float32)
            for labels in sides.values()
        )  # type: ignore[return-value] -- two of them
    for field, labels in sides.items():
        wrong = labels[(labels != 0) & (labels != 1)]
        require(
            not wrong.size,
            field,
            f"the value {next(wrong.flat, 0):g}",
            "labels 0 and 1",
        )
    same = query.shape[1:] == database.shape[1:]
    wanted = f"{query.shape[1:]} classes"
    require(same, "database_labels", database.shape, wanted)
    return query.astype(np.float32), database.astype(np.float32)


def _pairs() -> str:
    return "; ".join(" and ".join(parts) for parts in SEARCHES.values())
