"""Arrays of a recognised form, made to align: rows first, labels multi-hot."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from scbch_jax.data.formats.contents import ArrayInfo
from scbch_jax.data.formats.npy_blocks import row_blocks
from scbch_jax.data.importing import class_ids
from scbch_jax.data.importing.layouts import Form, Recognised
from scbch_jax.errors import require


class Segment(NamedTuple):
    """Aligned arrays of one segment; sliced by rows, read when sliced."""

    part: str
    rows: int
    image: Any
    text: Any


class AlignedDataset(NamedTuple):
    """A whole set, its rows in the order of its pieces."""

    form: Form
    pieces: tuple[Segment, ...]
    labels: np.ndarray
    """Multi-hot, uint8, of all rows."""
    classes: tuple[str, ...]
    """The class numbers that became columns; none where labels were multi-hot."""
    turned: tuple[str, ...]
    """Arrays that were stored with rows as columns."""
    left_out: int
    """Rows of text and labels that the images do not cover."""

    @property
    def samples(self) -> int:
        """How many rows there are."""
        return len(self.labels)

    @property
    def widths(self) -> tuple[int, int, int]:
        """Columns of image, text and labels."""
        first = self.pieces[0]
        return first.image.shape[1], first.text.shape[1], self.labels.shape[1]

    def blocks(self, modality: str) -> Iterator[np.ndarray]:
        """Blocks of rows of image or text, one piece after another."""
        for piece in self.pieces:
            yield from row_blocks(getattr(piece, modality))

    def spans(self) -> dict[str, np.ndarray]:
        """Row numbers of each part; of several pieces of one part, all of them."""
        parts: dict[str, list[np.ndarray]] = {}
        start = 0
        for piece in self.pieces:
            rows = np.arange(start, start + piece.rows)
            parts.setdefault(piece.part, []).append(rows)
            start += piece.rows
        return {part: np.concatenate(rows) for part, rows in parts.items()}

    def without(self, part: str) -> "AlignedDataset":
        """The same set less the rows of a part."""
        pieces = tuple(piece for piece in self.pieces if piece.part != part)
        labels = np.delete(self.labels, self.spans()[part], axis=0)
        return self._replace(pieces=pieces, labels=labels)


def match(known: Recognised) -> AlignedDataset:
    """Opens the arrays of a form, turns and cuts what has to be.

    Raises:
        InputError: for arrays that are no numbers, rows that do not align, widths that
            differ between segments, or labels that are neither 0 and 1 nor classes.
    """
    pieces, labels, turned, left_out = [], [], [], 0
    for segment, arrays in zip(known.segments, known.arrays, strict=True):
        for array in arrays:
            _require_numbers(array)
        if known.prefix:
            rows = _covered(known.prefix, arrays)
            flips = (False, False, False)
            left_out += arrays[1].shape[0] - rows
        else:
            rows, flips = _align(arrays)
        image, text, label = (
            _rows_first(*pair) for pair in zip(arrays, flips, strict=True)
        )
        turned += [a.key for a, flip in zip(arrays, flips, strict=True) if flip]
        # Only what must be cut is read here.
        text = text if text.shape[0] == rows else text[:rows]
        pieces.append(Segment(segment.part, rows, image, text))
        labels.append(np.asarray(label[:rows]))
    for place, modality in enumerate(("image", "text")):
        keys = [arrays[place].key for arrays in known.arrays]
        _require_one_width(keys, [getattr(piece, modality) for piece in pieces])
    keys = [arrays[2].key for arrays in known.arrays]
    if labels[0].ndim == 2:
        _require_one_width(keys, labels)
    hot, classes = class_ids.multi_hot(dict(zip(keys, labels, strict=True)))
    return AlignedDataset(
        known.form, tuple(pieces), hot, classes, tuple(turned), left_out
    )


def _require_numbers(array: ArrayInfo) -> None:
    field = f"{array.key} in {array.path}"
    require(array.numbers, field, array.kind, "an array of numbers")
    shape = " x ".join(map(str, array.shape)) or "a single number"
    got = f"{array.kind} of shape {shape}, as pictures have"
    require(len(array.shape) < 3, field, got, "features of them, a row each")
    filled = bool(array.shape) and 0 not in array.shape
    require(filled, field, f"shape {shape}", "a row for each sample")


def _covered(prefix: ArrayInfo, arrays: Sequence[ArrayInfo]) -> int:
    """How many of the first rows the images cover; they must say so themselves."""
    numbers = np.asarray(prefix.open()[:]).ravel()
    field = f"{prefix.key} in {prefix.path}"
    in_order = np.array_equal(numbers, np.arange(len(numbers)))
    require(
        in_order, field, "rows out of order or with gaps", f"0 to {len(numbers) - 1}"
    )
    image, text, labels = (array.shape[0] for array in arrays)
    fits = image == len(numbers) <= text == labels
    got = f"{len(numbers)} of {prefix.key}, {_counts(arrays)}"
    require(fits, "rows", got, "as many of images as that, and no fewer of the others")
    return image


def _align(arrays: Sequence[ArrayInfo]) -> tuple[int, tuple[bool, ...]]:
    """How many rows there are, and which arrays have them as columns.

    Raises:
        InputError: if rows align in no way, or in several.
    """
    ways: dict[tuple[bool, ...], int] = {}
    for flips in itertools.product((False, True), repeat=len(arrays)):
        rows = {_rows(a, flip) for a, flip in zip(arrays, flips, strict=True)}
        if len(rows) == 1 and rows != {0}:
            ways[flips] = rows.pop()
    flips = min(ways, key=sum, default=())
    require(bool(ways), "rows", _counts(arrays), "as many of each: rows that align")
    sure = not any(flips) or len(set(ways.values())) == 1
    got = f"{_counts(arrays)}, which align in several ways"
    require(sure, "rows", got, "one way")
    return ways[flips], flips


def _rows(array: ArrayInfo, flip: bool) -> int:
    """Rows of an array in one of its ways; 0 where it has no such way."""
    if _is_vector(array):
        return 0 if flip else max(array.shape)
    return array.shape[1 if flip else 0]


def _is_vector(array: ArrayInfo) -> bool:
    """MATLAB has no vectors: class numbers come as one row or one column."""
    return len(array.shape) == 1 or 1 in array.shape


def _rows_first(array: ArrayInfo, flip: bool) -> Any:
    """An array that is sliced by its rows; what can be read in parts stays unread."""
    opened = array.open()
    # MATLAB calls complex numbers double, and says so only when they are read.
    real, field = opened.dtype.kind in "fiub", f"{array.key} in {array.path}"
    require(real, field, f"{opened.dtype} values", "real numbers")
    if _is_vector(array):
        return np.asarray(opened[:]).ravel()
    return opened.T if flip else opened


def _require_one_width(keys: Sequence[str], parts: Sequence[Any]) -> None:
    matrices = all(part.ndim == 2 for part in parts)
    got = ", ".join(
        f"{key} of shape {x.shape}" for key, x in zip(keys, parts, strict=True)
    )
    require(matrices, "columns", got, "matrices, a row a sample")
    require(len({part.shape[1] for part in parts}) == 1, "columns", got, "one width")


def _counts(arrays: Sequence[ArrayInfo]) -> str:
    shapes = [(a.key, " x ".join(map(str, a.shape))) for a in arrays]
    return ", ".join(f"{key} of {shape}" for key, shape in shapes)
