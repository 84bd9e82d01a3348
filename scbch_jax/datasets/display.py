"""Pictures, captions and names of labels, where a dataset has them; for reports only.

A folder of features may hold, beside them:

rows.jsonl    a line for each row, queries first: {"picture": "a.jpg", "caption": "…"}
labels.txt    a line for each class: its name

A store has its own lines, in the order of its rows; see `store`.
"""

import json
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from scbch_jax.config import Data, Scenes
from scbch_jax.data import store as stores
from scbch_jax.data.benchmarks import BENCHMARKS
from scbch_jax.datasets.loading import data_root
from scbch_jax.datasets.scenes import generate
from scbch_jax.errors import InputError, require
from scbch_jax.types import DisplayData


def display_data_of(
    data: Data, *, picture_root: Path | None = None
) -> DisplayData | None:
    """What people see of a dataset; None where it is not known, or not there any more.

    Args:
        data: the options of the dataset.
        picture_root: folder of the pictures. Those of a store are read from this folder
            only: what a store's own record names may come from someone else.

    Raises:
        InputError: for files that are there and cannot be read.
    """
    if data.name == "scenes":
        return _scenes_again(data.scenes)
    if data.name == "store":
        return _of_store(Path(data.root), picture_root)
    if data.name not in BENCHMARKS:
        return None
    try:
        root = picture_root or data_root(data)
    except InputError:
        return None
    return read_display_data(root)


def _scenes_again(sizes: Scenes) -> DisplayData:
    drawn = generate.draw(sizes)
    return DisplayData(
        names=generate.NAMES,
        captions=drawn.captions,
        picture=lambda row: png(drawn.pictures[row]),
    )


def read_display_data(root: Path) -> DisplayData | None:
    """The looks of a folder's rows, if it has any.

    Raises:
        InputError: for lines that are no JSON objects, or a picture outside the folder.
    """
    rows, names = root / "rows.jsonl", root / "labels.txt"
    if not rows.is_file() and not names.is_file():
        return None
    records = _records(rows)
    return DisplayData(
        names=names.read_text().splitlines() if names.is_file() else (),
        captions=[str(record.get("caption") or "") for record in records],
        picture=_reader(root, records),
    )


def _of_store(folder: Path, picture_root: Path | None) -> DisplayData | None:
    """Captions and names; pictures if the user names their folder."""
    if not (folder / "store.json").is_file():
        return None
    opened = stores.read(folder)
    records = _records(folder / "rows.jsonl")
    if records:
        order = np.concatenate([opened.rows.query, opened.rows.database])
        records = [records[row] for row in order]
    return DisplayData(
        names=opened.classes,
        captions=[str(r.get("text") or r.get("picture") or "") for r in records],
        picture=_reader(picture_root, records) if picture_root else None,
    )


def png(pixels: UInt8[np.ndarray, "height width 3"]) -> bytes:
    """A picture as a PNG file."""
    height, width, _ = pixels.shape
    lines = np.zeros((height, 1 + 3 * width), np.uint8)
    lines[:, 1:] = pixels.reshape(height, -1)
    parts = {
        b"IHDR": struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0),
        b"IDAT": zlib.compress(lines.tobytes(), 9),
        b"IEND": b"",
    }
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in parts.items()
    )


def _reader(
    root: Path, records: Sequence[Mapping[str, object]]
) -> Callable[[int], bytes | None] | None:
    """What reads the picture of a row, if any row has one."""
    pictures = [_inside(root, record.get("picture")) for record in records]

    def picture(row: int) -> bytes | None:
        path = pictures[row]
        return path.read_bytes() if path is not None and path.is_file() else None

    return picture if any(pictures) else None


def _records(path: Path) -> list[dict[str, object]]:
    lines = path.read_text().splitlines() if path.is_file() else []
    return [_record(path, number, line) for number, line in enumerate(lines, 1)]


def _record(path: Path, number: int, line: str) -> dict[str, object]:
    try:
        record = json.loads(line)
    except ValueError as error:
        got = f"line {number} of {path} ({error})"
        raise InputError(f"rows: got {got}, wanted JSON") from error
    got = f"line {number} of {path}"
    require(isinstance(record, dict), "rows", got, "a JSON object")
    return record


def _inside(root: Path, name: object) -> Path | None:
    """A picture's path; what leads out of the folder is refused."""
    if not name:
        return None
    path = (root / str(name)).resolve()
    wanted = f"a picture in {root}"
    require(path.is_relative_to(root.resolve()), "rows", str(name), wanted)
    return path
