"""What an array looks like: counted over blocks of its rows, in memory for one."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from scbch_jax.data.formats.contents import ArrayInfo
from scbch_jax.data.formats.npy_blocks import row_blocks


class ArrayStats(NamedTuple):
    """Counts over a matrix; an array of one axis counts as a column."""

    rows: int
    columns: int
    zeros: int
    """Entries that are 0."""
    low: float
    """Least value of the rows that are all finite; nan if there are none."""
    high: float
    """Greatest value of these rows."""
    odd_rows: int
    """Rows with NaN or infinity."""
    zero_rows: int
    """Rows that are all 0."""
    zero_columns: int
    """Columns that are all 0."""
    whole: bool
    """Whether all values are whole numbers."""

    @property
    def binary(self) -> bool:
        """Whether all values are 0 or 1."""
        return self.whole and self.low >= 0 and self.high <= 1 and not self.odd_rows

    @property
    def sparsity(self) -> float:
        """Share of entries that are 0."""
        return self.zeros / max(1, self.rows * self.columns)

    @property
    def ones_a_row(self) -> float:
        """Mean number of entries of a row that are not 0."""
        return (1 - self.sparsity) * self.columns


def facts(blocks: Iterable[np.ndarray]) -> ArrayStats:
    """Counts over the blocks of a matrix, one after another."""
    rows = columns = zeros = odd_rows = zero_rows = 0
    low, high, whole = np.inf, -np.inf, True
    filled = np.zeros(0, bool)
    for block in blocks:
        rows, columns = rows + len(block), block.shape[1]
        empty = block == 0
        finite = np.isfinite(block).all(axis=1)
        zeros += int(empty.sum())
        odd_rows += int((~finite).sum())
        zero_rows += int(empty.all(axis=1).sum())
        filled = (filled if len(filled) else np.zeros(columns, bool)) | ~empty.all(0)
        values = block if finite.all() else block[finite]
        if values.size:
            low, high = min(low, float(values.min())), max(high, float(values.max()))
            whole = whole and bool((values == np.trunc(values)).all())
    unseen = columns - int(filled.sum())
    if low > high:
        low = high = float("nan")
    return ArrayStats(
        rows, columns, zeros, low, high, odd_rows, zero_rows, unseen, whole=whole
    )


def facts_of(found: ArrayInfo) -> ArrayStats | None:
    """Counts over an array of a file; None for what is no matrix of numbers.

    Raises:
        InputError: if it cannot be read.
    """
    if not found.numbers or len(found.shape) > 2 or 0 in found.shape:
        return None
    array = found.open()
    if array.dtype.kind not in "fiub":
        return None
    if len(found.shape) < 2:
        array = np.asarray(array[:] if found.shape else array[()]).reshape(-1, 1)
    return facts(row_blocks(array))


def looks_like(found: ArrayInfo, seen: ArrayStats | None) -> str:
    """What an array probably is, in words."""
    if found.kind.startswith(("<U", "char", "text", "string", "large_string", "cell")):
        return "texts"
    if seen is None:
        return "pictures" if len(found.shape) > 2 and found.numbers else "-"
    if seen.rows * seen.columns == 1:
        return "a number"
    if 1 in (seen.rows, seen.columns):
        return _vector(found, seen)
    if seen.binary:
        return f"0 and 1, {seen.ones_a_row:.2f} a row"
    return "features, none below 0" if seen.low >= 0 else "features of both signs"


def _vector(found: ArrayInfo, seen: ArrayStats) -> str:
    if found.kind == "bool":
        return "truth values"
    if not seen.whole:
        return "numbers"
    entries = max(seen.rows, seen.columns)
    few = seen.high - seen.low < entries / 2
    return "class numbers" if few else "row numbers, or others"
