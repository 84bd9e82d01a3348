"""Large text files of 0 and 1, read in blocks and kept as bits."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from scbch_jax.data.archives.files import File, opened
from scbch_jax.errors import require

BYTES = 4 << 20
"""Of text that are parsed at a time."""


class BitRows:
    """A matrix of 0 and 1, eight columns a byte, that is unpacked as it is sliced."""

    def __init__(self, packed: np.ndarray, columns: int) -> None:
        """Takes bits as `np.packbits` packs each row."""
        self.packed = packed
        self.shape = (len(packed), columns)
        self.dtype = np.dtype(np.uint8)
        self.ndim = 2

    def __len__(self) -> int:
        """Number of rows."""
        return self.shape[0]

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        """Some rows as uint8."""
        return np.unpackbits(self.packed[rows], axis=1, count=self.shape[1])

    def take(self, rows: np.ndarray) -> "BitRows":
        """The same matrix with these rows only."""
        return BitRows(self.packed[rows], self.shape[1])

    def row_sums(self) -> np.ndarray:
        """The number of ones in each row."""
        return np.bitwise_count(self.packed).sum(axis=1, dtype=np.int64)


def read_bits(file: File, columns: int) -> BitRows:
    """Reads lines of as many values, each 0 or 1, with blanks or tabs between them.

    Raises:
        InputError: for another value or another number of them; it names the line.
    """
    blocks, lines, blank = [], 0, 0
    with opened(file) as stream:
        for text in _whole_lines(stream):
            rows, filled = _parse(text, columns, file, lines)
            empty = lines + 1 + np.flatnonzero(~filled)
            blank = blank or int(next(iter(empty), 0))
            last = lines + 1 + int(np.flatnonzero(filled)[-1]) if filled.any() else 0
            field = f"{file.name} line {blank}"
            require(not 0 < blank < last, field, "nothing", f"{columns} values")
            lines += len(filled)
            blocks.append(np.packbits(rows, axis=1))
    require(any(map(len, blocks)), file.name, "no line", f"lines of {columns} values")
    return BitRows(np.concatenate(blocks), columns)


def _whole_lines(stream: Any) -> Iterator[bytes]:
    """Parts of a file that end with a line."""
    rest = b""
    while block := stream.read(BYTES):
        lines, end, rest = (rest + block).rpartition(b"\n")
        if end:
            yield lines + end
    if rest:
        yield rest + b"\n"


def _parse(
    text: bytes, columns: int, file: File, lines: int
) -> tuple[np.ndarray, np.ndarray]:
    """Values of the lines that have any, and which lines these are."""
    data = np.frombuffer(text, np.uint8)
    digits = (data == ord("0")) | (data == ord("1"))
    blanks = np.isin(data, np.frombuffer(b" \t\r\n", np.uint8))
    apart = not (digits[1:] & digits[:-1]).any()
    starts = np.concatenate([[0], np.flatnonzero(data == ord("\n"))[:-1] + 1])
    counts = np.add.reduceat(digits, starts, dtype=np.int64)
    filled = counts > 0
    if not (apart and (digits | blanks).all() and (counts[filled] == columns).all()):
        _complain(text, columns, file, lines)
    return (data[digits] - ord("0")).reshape(-1, columns), filled


def _complain(text: bytes, columns: int, file: File, lines: int) -> None:
    for number, line in enumerate(text.split(b"\n"), lines + 1):
        field, values = f"{file.name} line {number}", line.split()
        for value in values:
            got = value[:40].decode(errors="replace")
            require(value in (b"0", b"1"), field, got, "0 or 1")
        got = f"{len(values):,} values"
        require(len(values) in (0, columns), field, got, f"{columns:,}")
