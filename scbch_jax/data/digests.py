"""Rows told apart by their values: which rows are in two parts, and where."""

import hashlib
from collections.abc import Iterator

import numpy as np

from scbch_jax.data.matching import Material, Piece
from scbch_jax.data.npy_blocks import BLOCK_BYTES


def row_digests(material: Material, *, labels: bool = True) -> dict[str, list[bytes]]:
    """A digest of each row's image, text and labels, by part.

    Args:
        material: the set.
        labels: if false, rows that differ only in their labels are the same.
    """
    found: dict[str, list[bytes]] = {}
    start = 0
    for piece in material.pieces:
        own = material.labels[start : start + piece.rows]
        digests = _digests(piece, own if labels else own[:, :0])
        found.setdefault(piece.part, []).extend(digests)
        start += piece.rows
    return found


def places(wanted: list[bytes], among: list[bytes]) -> np.ndarray | None:
    """Where each row is among others, none of them twice; None if one is not there."""
    where: dict[bytes, list[int]] = {}
    for row in range(len(among) - 1, -1, -1):
        where.setdefault(among[row], []).append(row)
    rows = []
    for digest in wanted:
        left = where.get(digest)
        if not left:
            return None
        rows.append(left.pop())
    return np.array(rows, np.int64)


def _digests(piece: Piece, labels: np.ndarray) -> Iterator[bytes]:
    width = piece.image.shape[1] + piece.text.shape[1]
    step = max(1, BLOCK_BYTES // (8 * width))
    for start in range(0, piece.rows, step):
        stop = min(start + step, piece.rows)
        parts = (piece.image[start:stop], piece.text[start:stop], labels[start:stop])
        with np.errstate(over="ignore", invalid="ignore"):
            block = np.hstack([np.asarray(x).astype(np.float32) for x in parts])
        # -0 and 0 are one value, of two patterns of bits.
        for row in block + np.float32(0):
            yield hashlib.blake2b(row.tobytes(), digest_size=16).digest()
