"""Rows of an original matched with published ones: equal in order, as a set, or not.

Labels, and texts of 0 and 1, are compared. Rows with the same labels and texts are
interchangeable here, but their pictures are not: only an order that is equal in full
tells which is which.

Where columns stand in another order they are matched first, by colors: columns begin
with the color of their sum; then rows get the color of their columns' colors, columns
that of their rows', until the number of colors stays (Weisfeiler and Leman, 1968).
Columns of one color are matched in their order. This finds candidates; rows are then
compared exactly.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse

from scbch_jax.errors import require

BLOCK = 1 << 14
"""Rows that are compared at a time."""


class Table(NamedTuple):
    """Labels and, where they are known, texts of the same rows, all 0 and 1."""

    labels: Any
    """[rows, classes]."""
    text: Any | None
    """[rows, words]."""

    @property
    def matrices(self) -> list[Any]:
        """Labels, and texts if there are any."""
        return [self.labels] + ([] if self.text is None else [self.text])

    def row_bytes(self, columns: Sequence[np.ndarray]) -> list[bytes]:
        """A digest of each row, with columns in the order that is given."""
        rows = self.labels.shape[0]
        digests: list[bytes] = []
        for start in range(0, rows, BLOCK):
            pairs = zip(self.matrices, columns, strict=True)
            parts = [_block(m, start)[:, order] for m, order in pairs]
            packed = np.packbits(np.concatenate(parts, axis=1), axis=1)
            digests += [
                hashlib.blake2b(x.tobytes(), digest_size=16).digest() for x in packed
            ]
        return digests


class Match(NamedTuple):
    """How rows of an original correspond to published rows."""

    order: str
    """Words for the order in which all rows are equal; empty if there is none."""
    columns: tuple[np.ndarray, ...]
    """Of labels and texts: which own column each published column is."""
    permuted: tuple[int, ...]
    """How many columns of each stand elsewhere."""
    published: np.ndarray
    """The published row of each own row, or -1 where that is open."""
    groups: tuple[tuple[int, ...], ...]
    """Own rows that equal each other and as many published ones, in no known order."""
    own_left: tuple[int, ...]
    """Own rows that no published row equals."""
    published_left: tuple[int, ...]
    """Published rows that no own row equals."""

    @property
    def equal(self) -> int:
        """Own rows that a published row equals, each published row counted once."""
        return len(self.published) - len(self.own_left)

    @property
    def placed(self) -> int:
        """Own rows whose published row is known."""
        return int((self.published >= 0).sum())


def match(
    own: Table, published: Table, orders: Mapping[str, np.ndarray] | None = None
) -> Match:
    """Matches rows.

    Args:
        own: of the original.
        published: of the published files; without texts, labels alone are compared.
        orders: permutations of the own rows in which they may be published, by words.

    Raises:
        InputError: if widths differ.
    """
    if published.text is None:
        own = own._replace(text=None)
    widths = [[m.shape[1] for m in table.matrices] for table in (own, published)]
    got = " and ".join(map(str, widths[1]))
    wanted = f"{' and '.join(map(str, widths[0]))} as the original has"
    require(widths[0] == widths[1], "published columns", got, wanted)
    as_is = tuple(np.arange(width) for width in widths[0])
    theirs = published.row_bytes(as_is)
    found = _match_rows(own, theirs, as_is, orders or {})
    if found.own_left or found.published_left:
        columns = _match_columns(own, published)
        if columns:
            again = _match_rows(own, theirs, columns, orders or {})
            found = again if again.equal > found.equal else found
    return found


def _match_rows(
    own: Table,
    theirs: list[bytes],
    columns: tuple[np.ndarray, ...],
    orders: Mapping[str, np.ndarray],
) -> Match:
    mine = own.row_bytes(columns)
    permuted = tuple(int((c != np.arange(len(c))).sum()) for c in columns)
    as_is = {"this order": np.arange(len(mine))}
    for words, order in (as_is | dict(orders)).items():
        if len(mine) == len(theirs) and [mine[row] for row in order] == theirs:
            return Match(words, columns, permuted, np.argsort(order), (), (), ())
    return _as_set(mine, theirs, columns, permuted)


def _as_set(
    mine: list[bytes],
    theirs: list[bytes],
    columns: tuple[np.ndarray, ...],
    permuted: tuple[int, ...],
) -> Match:
    rows_of: dict[bytes, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for side, digests in enumerate((mine, theirs)):
        for row, key in enumerate(digests):
            rows_of[key][side].append(row)
    published = np.full(len(mine), -1, np.int64)
    groups, own_left, published_left = [], [], []
    for here, there in rows_of.values():
        both = min(len(here), len(there))
        if len(here) == len(there) == 1:
            published[here[0]] = there[0]
        elif both:
            groups.append(tuple(here))
        own_left += here[both:]
        published_left += there[both:]
    left = (tuple(sorted(own_left)), tuple(sorted(published_left)))
    return Match("", columns, permuted, published, tuple(sorted(groups)), *left)


def _match_columns(own: Table, published: Table) -> tuple[np.ndarray, ...] | None:
    """Which own column each published column is; None if colors do not agree."""
    sides = [[_sparse(m) for m in table.matrices] for table in (own, published)]
    columns = []
    for mine, theirs in zip(_colors(sides[0]), _colors(sides[1]), strict=True):
        if not np.array_equal(np.sort(mine), np.sort(theirs)):
            return None
        order = np.empty(len(mine), np.int64)
        order[np.argsort(theirs, kind="stable")] = np.argsort(mine, kind="stable")
        columns.append(order)
    return tuple(columns)


def _colors(matrices: Sequence[Any]) -> list[np.ndarray]:
    """A color of each column of each matrix, which no permutation changes."""
    colors = [_mixed(m.sum(axis=0).astype(np.uint64)) for m in matrices]
    before, now = 0, _count(colors)
    while before < now:
        rows = sum(
            _mixed(m @ c + np.uint64(place))
            for place, (m, c) in enumerate(zip(matrices, colors, strict=True))
        )
        rows = _mixed(np.asarray(rows, np.uint64))
        colors = [
            _mixed(c + _mixed(m.T @ rows))
            for m, c in zip(matrices, colors, strict=True)
        ]
        before, now = now, _count(colors)
    return colors


def _count(colors: Sequence[np.ndarray]) -> int:
    return sum(len(np.unique(each)) for each in colors)


def _mixed(numbers: np.ndarray) -> np.ndarray:
    """Numbers that differ get bits that look drawn (SplitMix64, Steele et al. 2014)."""
    x = numbers + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _sparse(matrix: Any) -> Any:
    blocks = [_block(matrix, start) for start in range(0, matrix.shape[0], BLOCK)]
    return scipy.sparse.vstack(
        [scipy.sparse.csr_array(b, dtype=np.uint64) for b in blocks]
    )


def _block(matrix: Any, start: int) -> np.ndarray:
    return np.asarray(matrix[start : start + BLOCK]).astype(np.uint8)
