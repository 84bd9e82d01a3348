"""What people see of each row, where it comes beside the arrays: a picture, a text."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from scbch_jax.data.formats.contents import ArrayInfo
from scbch_jax.data.formats.strings import read_strings
from scbch_jax.data.importing.align import AlignedDataset
from scbch_jax.data.importing.layouts import NAMES_OF_PICTURES, NAMES_OF_TEXTS


class RowMetadata(NamedTuple):
    """A string for each row of a set."""

    key: str
    """Name of their array."""
    rows: list[str]


def beside(
    found: Sequence[ArrayInfo], material: AlignedDataset
) -> dict[str, RowMetadata]:
    """File names of the pictures, and texts, of a set whose rows are in one piece.

    Args:
        found: all arrays of the files; those of other lengths or kinds are left alone.
        material: the set that they make.

    Returns:
        `picture` and `text`, each if there is one for every row.

    Raises:
        InputError: if a file is damaged.
    """
    if len(material.pieces) > 1:
        return {}
    names = {"picture": NAMES_OF_PICTURES, "text": NAMES_OF_TEXTS}
    every = {name: _first(keys, found, material) for name, keys in names.items()}
    return {name: words for name, words in every.items() if words is not None}


def lines(words: Mapping[str, RowMetadata]) -> Iterator[dict[str, str]]:
    """An object for each row, as stores have them; none if there are no words."""
    for row in zip(*(column.rows for column in words.values()), strict=True):
        yield dict(zip(words, row, strict=True))


def _first(
    keys: Sequence[str], found: Sequence[ArrayInfo], material: AlignedDataset
) -> RowMetadata | None:
    for array in found:
        rows = read_strings(array) if array.name in keys else []
        # Images may cover the first rows only.
        if len(rows) in (material.samples, material.samples + material.left_out):
            return RowMetadata(array.key, rows[: material.samples])
    return None
