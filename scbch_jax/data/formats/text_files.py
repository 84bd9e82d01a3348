"""Lists in text files: a row a line, numbers 0 and 1 or words."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from scbch_jax.data.formats.base import ArrayInfo, read_at_once


def text_array(path: Path) -> Iterator[ArrayInfo]:
    """The list in a file, named as the file: uint8 [lines, values], or texts [lines].

    Values are separated by blanks, tabs or commas. Empty lines at the end do not count.
    """
    text = path.read_text("utf-8-sig", errors="replace").rstrip()
    lines = [line.strip() for line in text.split("\n")] if text else []
    numbers = _zeros_and_ones(lines)
    array = np.array(lines, object) if numbers is None else numbers
    kind = "text" if numbers is None else "uint8"
    yield read_at_once(path, path.stem, array.shape, kind, lambda: array)


def _zeros_and_ones(lines: list[str]) -> np.ndarray | None:
    rows = [line.replace(",", " ").split() for line in lines]
    widths = {len(row) for row in rows}
    binary = all(word in ("0", "1") for row in rows for word in row)
    if len(widths) != 1 or not binary or widths == {0}:
        return None
    return np.array(rows, "U1").astype(np.uint8)
