"""Anyone's hash codes and labels from files: query set and database, by name."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from scbch_jax.data.formats.files import array_names, read_array
from scbch_jax.errors import require
from scbch_jax.retrieval.code_layouts import Items, Queries, pack_pair, read_labels

Place = tuple[Path, str]
"""A file, and an array's name in it."""


class CodeSets(NamedTuple):
    """Codes of a query set and a database, and the labels of both."""

    searches: dict[str, tuple[Queries, Items]]
    """Packed query and database codes, by direction: i2t, t2i, or any other name."""
    query_labels: Float[np.ndarray, "queries classes"]
    database_labels: Float[np.ndarray, "items classes"]


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
"""Pairs that are searched if a file has them, by direction."""


def read_code_sets(
    paths: Sequence[Path],
    *,
    keys: Mapping[str, str] | None = None,
    pairs: Sequence[str] = (),
) -> CodeSets:
    """Reads codes and labels.

    Codes are real values to be signed, -1 and 1, 0 and 1, or packed bytes (uint8 with
    values above 1). Labels are multi-hot rows, or one class number a row.

    Args:
        paths: one file with all arrays, several with some each (an `.npy` file's array
            has the file's name), or the two that `scbch encode` wrote, queries first.
        keys: array by part, for names not in `ALSO_CALLED`; a part is query_ or
            database_ and the name of a modality, or labels.
        pairs: QUERY:DATABASE modalities to search; by default those of `SEARCHES`.

    Raises:
        InputError: if a file cannot be read, or an array is missing or does not fit.
    """
    places = _places(paths, dict(keys or {}))
    have = ", ".join(places) or "nothing that is known"
    for part in ("query_labels", "database_labels"):
        require(part in places, part, f"none beside {have}", "labels of both sets")
    searches = {
        way: pack_pair({part: read_array(*places[part]) for part in parts})
        for way, parts in _searches(pairs, places).items()
    }
    require(bool(searches), "codes", have, f"both of one pair of {_pairs()}")
    sizes = [{len(codes[side]) for codes in searches.values()} for side in (0, 1)]
    for side, found in zip(("query", "database"), sizes, strict=True):
        require(len(found) == 1, f"{side} codes", f"{sorted(found)} rows", "one number")
    labels = [read_array(*places[f"{side}_labels"]) for side in ("query", "database")]
    rows = (sizes[0].pop(), sizes[1].pop())
    return CodeSets(searches, *read_labels(*labels, rows=rows))


def _searches(
    pairs: Sequence[str], places: Mapping[str, Place]
) -> dict[str, tuple[str, str]]:
    """Query part and database part by direction; those asked for must be there."""
    if not pairs:
        there = places.keys()
        return {way: both for way, both in SEARCHES.items() if there >= set(both)}
    found = {}
    for pair in pairs:
        query, _, items = pair.partition(":")
        require(bool(query and items), "pairs", pair, "QUERY:DATABASE")
        found[pair] = (f"query_{query}", f"database_{items}")
        for part in found[pair]:
            require(part in places, "pairs", part, f"one of {', '.join(places)}")
    return found


def _places(paths: Sequence[Path], keys: dict[str, str]) -> dict[str, Place]:
    """In which file, and under which name, each part stands."""
    for part in keys:
        known = part.startswith(_SIDES)
        require(known, "keys", part, "query_ or database_ and a name")
    places: dict[str, Place] = {}
    for path, side in zip(paths, _sides(paths), strict=True):
        names = array_names(path) or [Path(path).stem]
        for name in names:
            part = _part_of(f"{side}{name}", keys)
            if part is not None:
                twice = f"{part} twice, again in {path}"
                require(part not in places, "codes", twice, "it once")
                places[part] = (path, name)
        missing = [k for k in keys.values() if len(paths) == 1 and k not in names]
        require(not missing, "keys", ", ".join(missing), f"one of {', '.join(names)}")
    return places


def _sides(paths: Sequence[Path]) -> list[str]:
    """What stands before the names of a file: the side, where `encode` wrote it."""
    ours = [set(array_names(path)) <= {"image", "text", "labels"} for path in paths]
    named = [bool(array_names(path)) for path in paths]
    if len(paths) == 2 and all(ours) and all(named):
        return ["query_", "database_"]
    return [""] * len(paths)


def _part_of(name: str, keys: dict[str, str]) -> str | None:
    """What an array is: as the keys say, by a known name, or by its own."""
    for part, key in keys.items():
        if name == key:
            return part
    for part, names in ALSO_CALLED.items():
        if name in names and part not in keys:
            return part
    return name if name.startswith(_SIDES) and name not in keys else None


_SIDES = ("query_", "database_")


def _pairs() -> str:
    return "; ".join(" and ".join(parts) for parts in SEARCHES.values())
