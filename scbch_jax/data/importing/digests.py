"""Rows told apart by their values: which rows are in two parts, and where."""

import hashlib
from collections.abc import Iterator

import numpy as np

from scbch_jax.data.formats.npy_blocks import BLOCK_BYTES
from scbch_jax.data.importing.align import AlignedDataset, Segment


def row_digests(material: AlignedDataset) -> dict[str, list[bytes]]:
    """A digest of each row's image and text, by part; labels are not looked at."""
    found: dict[str, list[bytes]] = {}
    for piece in material.pieces:
        found.setdefault(piece.part, []).extend(_digests(piece))
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


def _digests(piece: Segment) -> Iterator[bytes]:
    width = piece.image.shape[1] + piece.text.shape[1]
    step = max(1, BLOCK_BYTES // (8 * width))
    for start in range(0, piece.rows, step):
        rows = slice(start, min(start + step, piece.rows))
        block = np.empty((rows.stop - start, width), np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            block[:, : piece.image.shape[1]] = piece.image[rows]
            block[:, piece.image.shape[1] :] = piece.text[rows]
        # -0 and 0 are one value, of two patterns of bits.
        block += np.float32(0)
        for row in block:
            yield hashlib.sha256(row.data).digest()
