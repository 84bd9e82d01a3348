"""What the readers of all originals return: rows, names, and what was counted."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from scbch_jax.data.archives.files import Files
from scbch_jax.errors import require

TAGGED, LABELED = "tagged", "labeled"
"""Which rows are kept: those with a label and a tag, or all with a label."""


class Stage(NamedTuple):
    """A number that was counted on the way, beside that of the whole original."""

    words: str
    count: int
    expected: int | None = None


class Original(NamedTuple):
    """The rows of an original that are kept, in the order of the published files."""

    benchmark: str
    """Its name in `data.BENCHMARKS`."""
    read: str
    """What was read, in words."""
    pictures_read: int
    """All pictures, before some were left out."""
    pictures_whole: int
    """Pictures of the whole original."""
    stages: tuple[Stage, ...]
    labels: np.ndarray
    """uint8 [rows, classes]."""
    text: Any
    """0 and 1, sliced by rows, [rows, words]; without columns where texts are free."""
    classes: tuple[str, ...]
    words: tuple[str, ...]
    ids: tuple[str, ...]
    """Of each row, as the original names it."""
    pictures: tuple[str, ...]
    """Path of each row's picture below the folder, as it is or as it would be."""
    texts: tuple[str, ...]
    """Of each row: its tags or captions."""
    notes: tuple[str, ...] = ()
    """What else is worth saying."""
    digests: Mapping[str, str] = {}
    """SHA-256 of the published labels and text, as row-major uint8, where known."""
    orders: Mapping[str, np.ndarray] = {}
    """Other orders in which these rows may circulate, by words: permutations."""
    absent: tuple[str, ...] = ()
    """Pictures that are in no folder."""

    @property
    def whole(self) -> bool:
        """Whether nothing of the original is missing."""
        return self.pictures_read == self.pictures_whole


def checked(original: Original) -> Original:
    """The original, if it has rows and, where it is whole, the numbers it must have.

    Raises:
        InputError: if no row is kept, or for the first number that differs.
    """
    rows = len(original.labels)
    require(rows > 0, "rows", "none with what is asked for", "one at least")
    for words, count, expected in original.stages if original.whole else ():
        wanted = f"{expected:,}, as the whole original has" if expected else ""
        require(expected in (None, count), words, f"{count:,}", wanted)
    return original


def digest(matrix: Any, rows: int = 1 << 14) -> str:
    """SHA-256 of a 0/1 matrix as row-major uint8, block by block."""
    total = hashlib.sha256()
    for start in range(0, matrix.shape[0], rows):
        block = np.asarray(matrix[start : start + rows]).astype(np.uint8)
        total.update(np.ascontiguousarray(block).data)
    return total.hexdigest()


def picture_paths(
    files: Files, wanted: Sequence[str], pattern: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Where pictures are below the folder, by the ends of their paths.

    Args:
        files: of the original.
        wanted: the last parts of each picture's path.
        pattern: a regular expression that all of them match.

    Returns:
        A path for each, and those that are in no folder: for these the path beside the
        first picture that is.
    """
    found = files.find(pattern, packed=False)
    depth = wanted[0].count("/") + 1 if wanted else 1
    by_end = {"/".join(f.path.split("/")[-depth:]): f.path for f in found}
    above = found[0].path.split("/")[:-depth] if found else []
    beside = {name: "/".join((*above, name)) for name in wanted}
    paths = tuple(by_end.get(name, beside[name]) for name in wanted)
    return paths, tuple(beside[name] for name in wanted if name not in by_end)
