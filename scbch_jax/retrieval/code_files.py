"""Hash codes and labels of a query set and a database from files.

Arrays are found by the names, and read in the layouts, in which they are published.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int, UInt8

from scbch_jax.data.formats import array_names, read_array
from scbch_jax.data.validation import require_finite
from scbch_jax.errors import require

Queries = UInt8[np.ndarray, "queries bytes"]
Items = UInt8[np.ndarray, "items bytes"]
ArrayRef = tuple[Path, str]
"""A file, and the name of an array in it."""


class CodeSets(NamedTuple):
    """Codes of a query set and a database, and the labels of both."""

    searches: dict[str, tuple[Queries, Items]]
    """Packed query and database codes, by direction: i2t, t2i, or any other name."""
    query_labels: Float[np.ndarray, "queries classes"]
    database_labels: Float[np.ndarray, "items classes"]
    relaxed: Mapping[str, tuple[Any, Any]] | None = None
    """Relaxed codes of queries and database by direction, each None where there are
    none; None if they were not asked for."""

    @property
    def sizes(self) -> dict[str, int]:
        """Numbers of queries and items, and the length of the codes in bits."""
        codes, _ = next(iter(self.searches.values()))
        sizes = {"queries": len(self.query_labels), "items": len(self.database_labels)}
        return sizes | {"bits": 8 * codes.shape[1]}

    def of_queries(self, rows: Int[np.ndarray, " some"]) -> "CodeSets":
        """The same sets with some of the queries only."""

        def some(queries: Any) -> Any:
            return None if queries is None else np.asarray(queries)[rows]

        def of_pairs(pairs: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
            return {name: (some(q), items) for name, (q, items) in pairs.items()}

        return self._replace(
            searches=of_pairs(self.searches),
            query_labels=some(self.query_labels),
            relaxed=None if self.relaxed is None else of_pairs(self.relaxed),
        )


KNOWN_NAMES = {
    "query_image": ("q_img", "qBX", "qB_img", "query_img"),
    "query_text": ("q_txt", "qBY", "qB_txt", "query_txt"),
    "query_codes": ("qB",),
    "database_image": ("r_img", "rBX", "rB_img", "db_image", "retrieval_img"),
    "database_text": ("r_txt", "rBY", "rB_txt", "db_text", "retrieval_txt"),
    "database_codes": ("rB", "db_codes", "retrieval_codes"),
    "query_labels": ("q_l", "query_L", "qL", "query_label", "test_L"),
    "database_labels": ("r_l", "retrieval_L", "rL", "db_labels", "retrieval_label"),
}
"""Names that published code of the field uses, by part."""

SEARCHES = {
    "i2t": ("query_image", "database_text"),
    "t2i": ("query_text", "database_image"),
    "codes": ("query_codes", "database_codes"),
}
"""Parts of queries and database that are searched by default, by direction."""


WRITTEN_BY_ENCODE = {"image", "text", "labels", "rows", "names", "encoder"} | {
    "relaxed_image",
    "relaxed_text",
}
"""Names of the arrays in a file that `scbch encode` wrote."""


def read_code_sets(
    paths: Sequence[Path],
    *,
    keys: Mapping[str, str] | None = None,
    pairs: Sequence[str] = (),
    relaxed: bool = False,
) -> CodeSets:
    """Reads codes and labels.

    Codes are real values, of which the sign counts, -1 and 1, 0 and 1, or packed bytes
    (uint8 with values above 1). Labels are multi-hot rows, or one class id a row.

    Args:
        paths: one file with all arrays; several files with some each (the array of an
            `.npy` file has the file's name); or the two that `scbch encode` wrote,
            queries first.
        keys: array name by part, for names not in `KNOWN_NAMES`; a part is query_ or
            database_ followed by a modality or by labels.
        pairs: QUERY:DATABASE modalities to search; by default those of `SEARCHES`.
        relaxed: whether relaxed codes are read too, query_relaxed_image and so on.

    Raises:
        InputError: if a file cannot be read, or an array is missing or does not fit.
    """
    arrays = _find_parts(paths, dict(keys or {}))
    have = ", ".join(arrays) or "no known names"
    for part in ("query_labels", "database_labels"):
        require(part in arrays, part, f"none, only {have}", "labels of both sets")
    parts_of = _searches(pairs, arrays)
    searches = {
        direction: pack_pair({part: read_array(*arrays[part]) for part in parts})
        for direction, parts in parts_of.items()
    }
    require(bool(searches), "codes", have, f"both of one pair of {_pairs()}")
    sizes = [{len(codes[side]) for codes in searches.values()} for side in (0, 1)]
    for side, found in zip(("query", "database"), sizes, strict=True):
        require(len(found) == 1, f"{side} codes", f"{sorted(found)} rows", "one number")
    labels = [read_array(*arrays[f"{side}_labels"]) for side in ("query", "database")]
    rows = (sizes[0].pop(), sizes[1].pop())
    sets = CodeSets(searches, *read_labels(*labels, rows=rows))
    if not relaxed:
        return sets
    found = {
        direction: (_read_relaxed(query, arrays), _read_relaxed(items, arrays))
        for direction, (query, items) in parts_of.items()
    }
    return sets._replace(relaxed=found)


def _read_relaxed(part: str, arrays: Mapping[str, ArrayRef]) -> np.ndarray | None:
    """The relaxed codes of a part: query_relaxed_image of query_image."""
    name = part.replace("_", "_relaxed_", 1)
    return read_array(*arrays[name]) if name in arrays else None


def _searches(
    pairs: Sequence[str], arrays: Mapping[str, ArrayRef]
) -> dict[str, tuple[str, str]]:
    """The query part and the database part of each direction to search."""
    if not pairs:
        have = arrays.keys()
        return {name: parts for name, parts in SEARCHES.items() if have >= set(parts)}
    found = {}
    for pair in pairs:
        query, _, items = pair.partition(":")
        require(bool(query and items), "pairs", pair, "QUERY:DATABASE")
        found[pair] = (f"query_{query}", f"database_{items}")
        for part in found[pair]:
            require(part in arrays, "pairs", part, f"one of {', '.join(arrays)}")
    return found


def _find_parts(paths: Sequence[Path], keys: dict[str, str]) -> dict[str, ArrayRef]:
    """The file and the array name of each part."""
    for part in keys:
        known = part.startswith(_SIDES)
        require(known, "keys", part, "query_ or database_ and a name")
    arrays: dict[str, ArrayRef] = {}
    for path, side in zip(paths, _sides(paths), strict=True):
        names = array_names(path) or [Path(path).stem]
        for name in names:
            part = _part_of(f"{side}{name}", keys)
            if part is not None:
                twice = f"{part} twice, again in {path}"
                require(part not in arrays, "codes", twice, "it only once")
                arrays[part] = (path, name)
        missing = [k for k in keys.values() if len(paths) == 1 and k not in names]
        require(not missing, "keys", ", ".join(missing), f"one of {', '.join(names)}")
    return arrays


def _sides(paths: Sequence[Path]) -> list[str]:
    """Prefixes for the array names of each file: of files by `encode`, the side."""
    from_encode = [
        array_names(path) and set(array_names(path)) <= WRITTEN_BY_ENCODE
        for path in paths
    ]
    if len(paths) == 2 and all(from_encode):
        return ["query_", "database_"]
    return [""] * len(paths)


def _part_of(name: str, keys: dict[str, str]) -> str | None:
    """The part that an array name stands for, if any; `keys` go before known names."""
    for part, key in keys.items():
        if name == key:
            return part
    for part, names in KNOWN_NAMES.items():
        if name in names and part not in keys:
            return part
    return name if name.startswith(_SIDES) and name not in keys else None


_SIDES = ("query_", "database_")


def _pairs() -> str:
    return "; ".join(" and ".join(parts) for parts in SEARCHES.values())


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
        require_finite(field, codes)
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
        require_finite(field, labels)
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


def _require_known_layout(field: str, codes: np.ndarray) -> None:
    """Refuses numbers whose signs are not code bits, such as 0.2 and 0.7."""
    low, high = codes.min(), codes.max()
    whole = codes.dtype.kind in "iu"
    few = bool(np.isin(codes, (-1, 0, 1)).all())
    known = few or (not whole and bool(low < 0))
    layouts = "-1 and 1, 0 and 1, packed bytes as uint8, or real values of both signs"
    require(known, field, f"{codes.dtype} from {low:g} to {high:g}", layouts)
