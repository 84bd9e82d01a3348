"""Labels and texts of published files, to be compared with an original."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from scbch_jax.data.archives.matching import Table
from scbch_jax.data.formats import ArrayInfo
from scbch_jax.data.formats.numpy_files import row_blocks
from scbch_jax.data.importing.joined_files import find_joined
from scbch_jax.data.importing.layout_names import LAYOUTS, SegmentNames
from scbch_jax.data.validation import narrow_labels
from scbch_jax.errors import require


def read(paths: Sequence[Path], *, classes: int, words: int) -> Table:
    """Labels, and texts if they are bags of words, of files in any known layout.

    Parts of a split are one after another, without the training set where the database
    has it. Image features are not read, and may be missing.

    Args:
        paths: the files.
        classes: columns of the original's labels.
        words: columns of its text; 0 if it has none.

    Raises:
        InputError: if files cannot be read, or have no labels of 0 and 1.
    """
    found = find_joined(paths)
    segments = _segments({array.name for array in found})
    labels = [_array(s.labels, found) for s in segments]
    texts = [_array(s.text, found) for s in segments]
    have = ", ".join(array.key for array in found) or "nothing"
    present = [x for x in labels if x]
    require(bool(present), "against", have, "labels, as LAll")
    hot = np.concatenate([_zeros_and_ones(x, classes) for x in present])
    same = bool(words) and all(t and words in t.shape for t in texts)
    if not same or not all(_is_binary(t) for t in texts if t):
        return Table(hot, None)
    bags = np.concatenate([_zeros_and_ones(t, words) for t in texts if t])
    got = f"{len(hot)} of labels, {len(bags)} of texts"
    require(len(hot) == len(bags), "published rows", got, "as many of both")
    return Table(hot, bags)


def _segments(names: set[str]) -> list[SegmentNames]:
    """The segments of the layout that has the most arrays of labels here."""

    def present(segments: Sequence[SegmentNames]) -> list[SegmentNames]:
        return [s for s in segments if names & set(s.labels)]

    best = max((present(layout.segments) for layout in LAYOUTS), key=len)
    parts = {segment.part for segment in best}
    return [s for s in best if s.part != "train" or "database" not in parts]


def _array(names: Sequence[str], found: Sequence[ArrayInfo]) -> ArrayInfo | None:
    for name in names:
        same = [array for array in found if array.name == name and array.numeric]
        got = " and ".join(f"{array.path}:{array.key}" for array in same)
        require(len(same) < 2, f"against: {name}", got, "one of that name")
        if same:
            return same[0]
    return None


def _zeros_and_ones(array: ArrayInfo, width: int) -> np.ndarray:
    field = f"{array.key} in {array.path}"
    fits = len(array.shape) == 2 and width in array.shape
    shape = " x ".join(map(str, array.shape))
    require(fits, field, f"shape {shape}", f"{width} columns, as the original has")
    first = 0
    blocks = []
    for block in _blocks(array, width):
        blocks.append(narrow_labels(field, block, first=first))
        first += len(block)
    return np.concatenate(blocks)


def _is_binary(array: ArrayInfo) -> bool:
    return all(((b == 0) | (b == 1)).all() for b in _blocks(array, max(array.shape)))


def _blocks(array: ArrayInfo, width: int) -> Iterator[np.ndarray]:
    """Blocks of rows; of an array with samples in columns, transposed."""
    opened = array.open()
    columns = array.shape[1]
    return row_blocks(opened if columns == width else opened.T)
