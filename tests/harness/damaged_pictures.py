"""Damaged and odd pictures."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image


def _png(path: Path, width: int, height: int, rows: bytes = b"") -> None:
    """A PNG of zeros that says to be of a size."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        sum_ = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + sum_

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts))


def _saved(mode: str, size: tuple[int, int], form: str = "PNG") -> Callable:
    def damage(rng: np.random.Generator, path: Path) -> None:
        content = io.BytesIO()
        Image.new(mode, size).save(content, form)
        path.write_bytes(content.getvalue())

    return damage


def _postscript(rng: np.random.Generator, path: Path) -> None:
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EOF\n")


PICTURES: dict[str, Callable] = {
    "that says to be of 2^31 rows": lambda rng, path: _png(path, 9, 2**31 - 1),
    "that says to have no rows": lambda rng, path: _png(path, 9, 0),
    "of 16,000 times 16,000": lambda rng, path: _png(
        path, 16_000, 16_000, bytes(3 * 16_000 * 400)
    ),
    "of a single pixel": _saved("RGB", (1, 1)),
    "of one column": _saved("RGB", (1, 500)),
    "of two colors": _saved("1", (20, 20)),
    "of 16 bits": _saved("I;16", (20, 20)),
    "with a palette": _saved("P", (20, 20)),
    "that is transparent": _saved("RGBA", (20, 20)),
    "of four inks": _saved("CMYK", (20, 20), "TIFF"),
    "that moves": _saved("P", (20, 20), "GIF"),
    "that is a program": _postscript,
}

DAMAGES = {".png": PICTURES, ".jpg": PICTURES}
