"""Rows that are matched by their keys, as CLIP's features of IAPR TC-12 circulate.

Three files have `keys`, each in an order of its own: `feats` with `missing`, the rows
of pictures that could not be read; `feats` with `texts`; and the labels, `Y_multi`.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from scbch_jax.data.formats import ArrayInfo, read_strings
from scbch_jax.data.formats.base import read_at_once
from scbch_jax.data.importing.layout_names import (
    KEYED_IMAGES,
    KEYED_LABELS,
    KEYED_TEXTS,
)
from scbch_jax.errors import require

KEYS, FEATURES, MISSING, TEXTS = "keys", "feats", "missing", "texts"


def with_rows_by_key(found: Sequence[ArrayInfo]) -> list[ArrayInfo]:
    """The arrays, those of three such files replaced by ones with the same rows.

    Rows are those of the labels whose key the two other files have, too.

    Raises:
        InputError: for keys that are no texts, one for each row and none twice.
    """
    files: dict[Path, dict[str, ArrayInfo]] = {}
    for array in found:
        files.setdefault(array.path, {})[array.name] = array
    images, texts, labels = (
        _file_with(files, names)
        for names in ((FEATURES, MISSING), (FEATURES, TEXTS), (KEYED_LABELS,))
    )
    if not (images and texts and labels):
        return list(found)
    rows = [
        _rows(images, FEATURES),
        _rows(texts, FEATURES),
        _rows(labels, KEYED_LABELS),
    ]
    for row in images[MISSING].read().ravel():
        rows[0] = {key: number for key, number in rows[0].items() if number != row}
    keys = [key for key in rows[2] if key in rows[0] and key in rows[1]]
    require(bool(keys), KEYS, "no key that is in all three files", "the same keys")
    own = [[part[key] for key in keys] for part in rows]
    used = {array.path for part in (images, texts, labels) for array in part.values()}
    names = [
        array for array in labels.values() if array.name not in (KEYS, KEYED_LABELS)
    ]
    return [
        *(array for array in found if array.path not in used),
        *names,
        _taken(images[FEATURES], KEYED_IMAGES, own[0]),
        _taken(texts[FEATURES], KEYED_TEXTS, own[1]),
        _taken(labels[KEYED_LABELS], KEYED_LABELS, own[2]),
        _strings(texts[TEXTS], own[1]),
    ]


def _file_with(
    files: dict[Path, dict[str, ArrayInfo]], names: Sequence[str]
) -> dict[str, ArrayInfo] | None:
    """The arrays of the one file with keys and these names."""
    having = [arrays for arrays in files.values() if {KEYS, *names} <= arrays.keys()]
    return having[0] if len(having) == 1 else None


def _rows(arrays: dict[str, ArrayInfo], name: str) -> dict[str, int]:
    """The row of each key, without the folder that some files have in it."""
    keys, array = arrays[KEYS], arrays[name]
    field, wanted = f"{KEYS} in {keys.path}", "texts, as the same array in a .mat file"
    require(keys.kind != "objects", field, "objects, which could run code", wanted)
    own = [key.rpartition("/")[2] for key in read_strings(keys)]
    rows = {key: row for row, key in enumerate(own)}
    got = f"{len(rows)} different ones for {name} of shape {array.shape}"
    fits = len(rows) == len(own) == (array.shape or (0,))[0]
    require(fits, field, got, "texts, one for each row, none twice")
    return rows


def _taken(array: ArrayInfo, name: str, rows: Sequence[int]) -> ArrayInfo:
    shape = (len(rows), *array.shape[1:])
    return read_at_once(
        array.path, name, shape, array.kind, lambda: array.read()[list(rows)]
    )


def _strings(array: ArrayInfo, rows: Sequence[int]) -> ArrayInfo:
    texts = np.array(read_strings(array), "U")
    got = f"{len(texts)} texts for rows up to {max(rows)}"
    require(len(texts) > max(rows), f"{TEXTS} in {array.path}", got, "one for each row")
    taken = texts[list(rows)]
    return read_at_once(array.path, TEXTS, taken.shape, str(taken.dtype), lambda: taken)
