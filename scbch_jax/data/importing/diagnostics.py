"""Statistics of arrays, and warnings about what looks wrong in a dataset.

Arrays are read block by block. Nothing here is reason enough to refuse a dataset.
"""

import itertools
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from scbch_jax.data.formats import ArrayInfo
from scbch_jax.data.formats.numpy_files import row_blocks
from scbch_jax.data.importing.alignment import AlignedDataset
from scbch_jax.data.importing.split_dataset import SplitDataset, row_digests


class ArrayStats(NamedTuple):
    """Statistics of a matrix; an array of one axis counts as a column."""

    rows: int
    columns: int
    zeros: int
    """Entries that are 0."""
    minimum: float
    """Over the rows that are all finite; nan if there are none."""
    maximum: float
    nonfinite_rows: int
    """Rows with NaN or infinity."""
    zero_rows: int
    """Rows that are all 0."""
    zero_columns: int
    """Columns that are all 0."""
    integral: bool
    """Whether all values are whole numbers."""

    @property
    def binary(self) -> bool:
        """Whether all values are 0 or 1."""
        in_range = self.minimum >= 0 and self.maximum <= 1
        return self.integral and in_range and not self.nonfinite_rows

    @property
    def sparsity(self) -> float:
        """Share of entries that are 0."""
        return self.zeros / max(1, self.rows * self.columns)

    @property
    def nonzeros_per_row(self) -> float:
        """Mean number of entries of a row that are not 0."""
        return (1 - self.sparsity) * self.columns


def statistics(blocks: Iterable[np.ndarray]) -> ArrayStats:
    """Statistics over the blocks of a matrix, one after another."""
    rows = columns = zeros = nonfinite_rows = zero_rows = 0
    minimum, maximum, integral = np.inf, -np.inf, True
    filled = np.zeros(0, bool)
    for block in blocks:
        rows, columns = rows + len(block), block.shape[1]
        empty = block == 0
        finite = np.isfinite(block).all(axis=1)
        zeros += int(empty.sum())
        nonfinite_rows += int((~finite).sum())
        zero_rows += int(empty.all(axis=1).sum())
        filled = (filled if len(filled) else np.zeros(columns, bool)) | ~empty.all(0)
        values = block if finite.all() else block[finite]
        if values.size:
            minimum = min(minimum, float(values.min()))
            maximum = max(maximum, float(values.max()))
            integral = integral and bool((values == np.trunc(values)).all())
    if minimum > maximum:
        minimum = maximum = float("nan")
    return ArrayStats(
        rows,
        columns,
        zeros,
        minimum,
        maximum,
        nonfinite_rows,
        zero_rows,
        columns - int(filled.sum()),
        integral=integral,
    )


def statistics_of(found: ArrayInfo) -> ArrayStats | None:
    """Statistics of an array of a file; None for what is not a matrix of numbers.

    Raises:
        InputError: if it cannot be read.
    """
    if not found.numeric or len(found.shape) > 2 or 0 in found.shape:
        return None
    array = found.open()
    if array.dtype.kind not in "fiub":
        return None
    if len(found.shape) < 2:
        array = found.read().reshape(-1, 1)
    return statistics(row_blocks(array))


def guess_kind(found: ArrayInfo, stats: ArrayStats | None) -> str:
    """What an array probably holds, in words."""
    if found.kind.startswith(("<U", "char", "text", "string", "large_string", "cell")):
        return "texts"
    if stats is None:
        return "pictures" if len(found.shape) > 2 and found.numeric else "-"
    if stats.rows * stats.columns == 1:
        return "a number"
    if 1 in (stats.rows, stats.columns):
        return _guess_vector(found, stats)
    if stats.binary:
        return f"0 and 1, {stats.nonzeros_per_row:.2f} per row"
    nonnegative = stats.minimum >= 0
    return "features, nonnegative" if nonnegative else "features of both signs"


def _guess_vector(found: ArrayInfo, stats: ArrayStats) -> str:
    if found.kind == "bool":
        return "booleans"
    if not stats.integral:
        return "numbers"
    entries = max(stats.rows, stats.columns)
    few = stats.maximum - stats.minimum < entries / 2
    return "class ids" if few else "row numbers, or others"


def value_warnings(name: str, stats: ArrayStats) -> list[str]:
    """NaN and infinity, which are wrong in any array."""
    warning = f"{name}: NaN or infinity in {_rows(stats.nonfinite_rows)}"
    return [warning] if stats.nonfinite_rows else []


def feature_warnings(modality: str, stats: ArrayStats) -> list[str]:
    """NaN, only zeros, rows and columns without any value."""
    warnings = value_warnings(modality, stats)
    if stats.zero_rows == stats.rows:
        return [*warnings, f"{modality}: only zeros"]
    if stats.zero_rows:
        warnings.append(f"{modality}: {_rows(stats.zero_rows)} of zeros only")
    if stats.zero_columns:
        count = f"{stats.zero_columns} of {stats.columns} columns"
        warnings.append(f"{modality}: {count} are zero in every row")
    return warnings


def label_warnings(labels: np.ndarray) -> list[str]:
    """Rows without labels or with all, and classes of no row or of every row."""
    if not labels.any():
        return ["labels: only zeros; data import and training refuse them"]
    rows, classes = labels.shape
    per_row = labels.sum(axis=1, dtype=np.int64)
    per_class = labels.sum(axis=0, dtype=np.int64)
    warnings = []
    for words, count in (("without a label", 0), ("with every label", classes)):
        affected = int((per_row == count).sum())
        warnings += [f"labels: {_rows(affected)} {words}"] if affected else []
    for words, count in (("no row has", 0), ("every row has", rows)):
        columns = np.flatnonzero(per_class == count)
        first = ", ".join(map(str, columns[:10]))
        more = ", ..." if len(columns) > 10 else ""
        warnings += [f"labels: {words} class {first}{more}"] if len(columns) else []
    return warnings


def size_warnings(dataset: AlignedDataset) -> list[str]:
    """Another number of rows than the published dataset of these widths has."""
    known = dataset.benchmark
    if known is None or dataset.samples in known.samples:
        return []
    usual = " or ".join(f"{n:,}" for n in known.samples)
    return [f"{dataset.samples:,} rows, where {known.title} is published with {usual}"]


def duplicate_warnings(
    dataset: AlignedDataset, split: SplitDataset | None
) -> list[str]:
    """Rows with the image and text of another row, within and across parts."""
    digests = (split.digests if split else None) or row_digests(dataset)
    every = list(itertools.chain(*digests.values()))
    warnings = []
    repeated = len(every) - len(set(every))
    if repeated:
        warnings.append(f"{_rows(repeated)} repeat image and text of an earlier row")
    if split is None:
        return warnings
    for name, words in (("database", "database"), ("train", "training set")):
        others = {every[row] for row in getattr(split.rows, name)}
        shared = sum(every[row] in others for row in split.rows.query)
        if shared:
            warnings.append(f"{_rows(shared)} of the queries are also in the {words}")
    return warnings


def _rows(count: int) -> str:
    return f"{count:,} row" if count == 1 else f"{count:,} rows"
