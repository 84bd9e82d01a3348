"""Arrays of a recognized layout as one dataset: aligned rows, multi-hot labels."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from scbch_jax.data.benchmarks import Benchmark, benchmark_with
from scbch_jax.data.formats import ArrayInfo
from scbch_jax.data.formats.numpy_files import row_blocks
from scbch_jax.data.importing.layout_names import Layout
from scbch_jax.data.importing.layouts import Recognized
from scbch_jax.data.validation import narrow_labels
from scbch_jax.errors import require


class Segment(NamedTuple):
    """Rows that are consecutive in the source; arrays are read when they are sliced."""

    part: str
    """query, train, database or valid, or `layout_names.ROWS`."""
    rows: int
    image: Any
    text: Any


class AlignedDataset(NamedTuple):
    """All samples of a dataset, in the order of its segments."""

    layout: Layout
    segments: tuple[Segment, ...]
    labels: np.ndarray
    """Multi-hot, uint8 [samples, classes]."""
    classes: tuple[str, ...]
    """The class id of each column; empty where labels were multi-hot already."""
    transposed: tuple[str, ...]
    """Names of the arrays that had samples in columns."""
    left_out: int
    """Rows of text and labels that have no image features."""
    benchmark: Benchmark | None
    """The published dataset that it is, if it is one."""
    words: tuple[str, ...] = ()
    """Names of the columns of the text, where they are known already."""

    @property
    def samples(self) -> int:
        """Number of rows."""
        return len(self.labels)

    @property
    def widths(self) -> tuple[int, int, int]:
        """Columns of image, text and labels."""
        first = self.segments[0]
        return first.image.shape[1], first.text.shape[1], self.labels.shape[1]

    def blocks(self, modality: str) -> Iterator[np.ndarray]:
        """Blocks of rows of image or text, one segment after another."""
        for segment in self.segments:
            yield from row_blocks(getattr(segment, modality))

    def part_rows(self) -> dict[str, np.ndarray]:
        """Row numbers of each part; of several segments of one part, all of them."""
        parts: dict[str, list[np.ndarray]] = {}
        start = 0
        for segment in self.segments:
            rows = np.arange(start, start + segment.rows)
            parts.setdefault(segment.part, []).append(rows)
            start += segment.rows
        return {part: np.concatenate(rows) for part, rows in parts.items()}

    def without(self, part: str) -> "AlignedDataset":
        """The same dataset without the rows of a part."""
        segments = tuple(s for s in self.segments if s.part != part)
        labels = np.delete(self.labels, self.part_rows()[part], axis=0)
        return self._replace(segments=segments, labels=labels)


def align(known: Recognized) -> AlignedDataset:
    """Opens the arrays of a layout; transposes and truncates what has to be.

    Raises:
        InputError: for arrays that are not numbers, rows that do not align, widths that
            differ between segments, or labels that are neither multi-hot nor class ids.
    """
    segments, labels, transposed, left_out = [], [], [], 0
    for names, arrays in zip(known.segments, known.arrays, strict=True):
        for array in filter(lambda array: array.key, arrays):
            _require_numbers(array)
        if known.prefix:
            rows, transposes = _prefix_rows(known.prefix, arrays), (False,) * 3
            left_out += arrays[1].shape[0] - rows
        else:
            rows, transposes = _common_rows(arrays)
        pairs = list(zip(arrays, transposes, strict=True))
        image, text, label = (_open_rows_first(*pair) for pair in pairs)
        transposed += [array.key for array, transpose in pairs if transpose]
        # An array that need not be truncated is not read here.
        text = text if text.shape[0] == rows else text[:rows]
        segments.append(Segment(names.part, rows, image, text))
        labels.append(np.asarray(label[:rows]))
    for i, modality in enumerate(("image", "text")):
        keys = [arrays[i].key for arrays in known.arrays]
        _require_one_width(keys, [getattr(segment, modality) for segment in segments])
    keys = [arrays[2].key for arrays in known.arrays]
    if labels[0].ndim == 2:
        _require_one_width(keys, labels)
    hot, classes = multi_hot(dict(zip(keys, labels, strict=True)))
    text_dim, columns = segments[0].text.shape[1], hot.shape[1]
    return AlignedDataset(
        layout=known.layout,
        segments=tuple(segments),
        labels=hot,
        classes=classes,
        transposed=tuple(transposed),
        left_out=left_out,
        benchmark=benchmark_with(text_dim=text_dim, classes=columns, samples=len(hot)),
    )


def multi_hot(parts: Mapping[str, np.ndarray]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Concatenates labels, and one-hot encodes class ids.

    Args:
        parts: multi-hot rows [n, classes] or integer class ids [n], by the name that
            messages use.

    Returns:
        uint8 [samples, classes], and the class id of each column, or () where labels
        were multi-hot already.

    Raises:
        InputError: for labels other than 0 and 1, class ids that are not whole numbers
            or as many as the rows, or both kinds of labels together.
    """
    axes = {labels.ndim for labels in parts.values()}
    got = ", ".join(f"{name} of shape {x.shape}" for name, x in parts.items())
    require(len(axes) == 1, "labels", got, "multi-hot rows or class ids, not both")
    if axes == {2}:
        return np.concatenate([narrow_labels(*part) for part in parts.items()]), ()
    ids = np.concatenate([_class_ids(*part) for part in parts.items()])
    classes = np.unique(ids)
    got = f"{len(classes)} different class ids in {len(ids)} rows"
    wanted = "at least 2, and fewer than rows"
    require(1 < len(classes) < len(ids), "labels", got, wanted)
    return (ids[:, None] == classes).astype(np.uint8), tuple(map(str, classes))


def _class_ids(field: str, labels: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        ids = labels.astype(np.int64)
    others = labels[ids != labels]
    got = f"the value {next(others.flat, 0):g}"
    require(not others.size, field, got, "class ids, or rows of 0 and 1")
    return ids


def _require_numbers(array: ArrayInfo) -> None:
    field = f"{array.key} in {array.path}"
    require(array.numeric, field, array.kind, "an array of numbers")
    shape = " x ".join(map(str, array.shape)) or "a single number"
    got = f"{array.kind} of shape {shape}, as pictures have"
    require(len(array.shape) < 3, field, got, "features of them, one row each")
    filled = bool(array.shape) and 0 not in array.shape
    require(filled, field, f"shape {shape}", "a row for each sample")


def _prefix_rows(prefix: ArrayInfo, arrays: Sequence[ArrayInfo]) -> int:
    """How many of the first rows have image features; the file itself must say so."""
    numbers = prefix.read().ravel()
    field = f"{prefix.key} in {prefix.path}"
    in_order = np.array_equal(numbers, np.arange(len(numbers)))
    wanted = f"0 to {len(numbers) - 1}"
    require(in_order, field, "rows out of order or with gaps", wanted)
    image, text, labels = arrays
    wanted = "real numbers, or a number `scale` beside these bytes"
    field = f"{image.key} in {image.path}"
    require(image.kind != "uint8", field, "bytes without their scale", wanted)
    fits = image.shape[0] == len(numbers) <= text.shape[0] == labels.shape[0]
    got = f"{len(numbers)} of {prefix.key}, {_shapes(arrays)}"
    wanted = "as many of the images, and no fewer of text and labels"
    require(fits, "rows", got, wanted)
    return image.shape[0]


def _common_rows(arrays: Sequence[ArrayInfo]) -> tuple[int, tuple[bool, ...]]:
    """The number of rows, and which arrays to transpose for it.

    Raises:
        InputError: if rows align in no orientation, or in several.
    """
    alignments: dict[tuple[bool, ...], int] = {}
    for transposes in itertools.product((False, True), repeat=len(arrays)):
        pairs = zip(arrays, transposes, strict=True)
        rows = {_row_count(array, transpose) for array, transpose in pairs}
        if len(rows) == 1 and rows != {0}:
            alignments[transposes] = rows.pop()
    best = min(alignments, key=sum, default=())
    wanted = "arrays with the same number of rows"
    require(bool(alignments), "rows", _shapes(arrays), wanted)
    clear = not any(best) or len(set(alignments.values())) == 1
    got = f"{_shapes(arrays)}, which align in several orientations"
    require(clear, "rows", got, "exactly one")
    return alignments[best], best


def _row_count(array: ArrayInfo, transpose: bool) -> int:
    """Rows of an array in one orientation; 0 where it has no such orientation."""
    if _is_vector(array):
        return 0 if transpose else max(array.shape)
    return array.shape[1 if transpose else 0]


def _is_vector(array: ArrayInfo) -> bool:
    """MATLAB has no vectors: class ids come as one row or one column."""
    return len(array.shape) == 1 or 1 in array.shape


def _open_rows_first(array: ArrayInfo, transpose: bool) -> Any:
    """An array that is sliced by samples; formats that can read parts stay unread."""
    opened = array.open()
    # MATLAB calls complex numbers double, and says so only when they are read.
    real, field = opened.dtype.kind in "fiub", f"{array.key} in {array.path}"
    require(real, field, f"{opened.dtype} values", "real numbers")
    if _is_vector(array):
        return np.asarray(opened[:]).ravel()
    return opened.T if transpose else opened


def _require_one_width(keys: Sequence[str], parts: Sequence[Any]) -> None:
    pairs = zip(keys, parts, strict=True)
    got = ", ".join(f"{key} of shape {x.shape}" for key, x in pairs)
    matrices = all(part.ndim == 2 for part in parts)
    require(matrices, "columns", got, "matrices with a row for each sample")
    require(len({part.shape[1] for part in parts}) == 1, "columns", got, "one width")


def _shapes(arrays: Sequence[ArrayInfo]) -> str:
    shapes = [(a.key, " x ".join(map(str, a.shape))) for a in arrays]
    return ", ".join(f"{key} of {shape}" for key, shape in shapes)
