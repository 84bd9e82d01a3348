"""Pictures, captions and class names of a dataset, for reports only.

A folder of features may hold, beside them:

rows.jsonl    a line for each row, queries first: {"picture": "a.jpg", "caption": "…"}
labels.txt    a line for each class: its name

A store has its own rows.jsonl, in the order of its rows; see `data.store`. Both may
come from elsewhere, so pictures are only read from a folder that the user names.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from scbch_jax.config import Data, Scenes
from scbch_jax.data import store as stores
from scbch_jax.data.benchmarks import BENCHMARKS
from scbch_jax.datasets.loading import data_root
from scbch_jax.datasets.scenes import specs
from scbch_jax.errors import InputError
from scbch_jax.io import iterate_jsonl, picture_below, picture_kind
from scbch_jax.types import DisplayData


def display_data_of(
    data: Data, *, picture_root: Path | None = None
) -> DisplayData | None:
    """Pictures, captions and class names of a dataset; None if none are known.

    Args:
        data: the dataset.
        picture_root: the folder below which pictures are read, and for benchmarks also
            rows.jsonl and labels.txt. Without it there are no pictures, but for
            benchmarks in the folder that the environment names.

    Raises:
        InputError: for files that are present and cannot be read.
    """
    if data.name == "scenes":
        return _of_scenes(data.scenes)
    if data.name == "store":
        return _of_store(Path(data.root), picture_root)
    if data.name not in BENCHMARKS:
        return None
    try:
        if not data.root:
            # The folder that the environment names is the user's word, too.
            picture_root = picture_root or data_root(data)
        folder = picture_root or data_root(data)
    except InputError:
        return None
    return read_display_data(folder, picture_root=picture_root)


def class_names(data: Data) -> Sequence[str]:
    """Names of the columns of a dataset's labels; empty if they are not known.

    Raises:
        InputError: for a store or a labels.txt that is present and cannot be read.
    """
    if data.name == "scenes":
        return specs.NAMES
    if data.name == "store":
        return stores.read(Path(data.root)).classes
    if data.name not in BENCHMARKS:
        return ()
    names = data_root(data) / "labels.txt"
    return _read_names(names) if names.is_file() else ()


def read_display_data(
    folder: Path, *, picture_root: Path | None = None
) -> DisplayData | None:
    """Reads rows.jsonl and labels.txt of a folder, if it has any of them.

    Args:
        folder: of the two files.
        picture_root: the folder below which pictures are read; none are if it is left
            out.

    Raises:
        InputError: for lines that are not JSON objects, or a file that is not UTF-8.
    """
    rows, names = folder / "rows.jsonl", folder / "labels.txt"
    if not rows.is_file() and not names.is_file():
        return None
    records = list(iterate_jsonl(rows, "rows")) if rows.is_file() else []
    return DisplayData(
        names=_read_names(names) if names.is_file() else (),
        captions=[str(record.get("caption") or "") for record in records],
        picture=_picture_reader(picture_root, records),
    )


def _of_scenes(sizes: Scenes) -> DisplayData:
    from scbch_jax.datasets.scenes import generate
    from scbch_jax.features import encode_png

    drawn = generate.draw(sizes)
    return DisplayData(
        names=specs.NAMES,
        captions=drawn.captions,
        picture=lambda row: encode_png(drawn.pictures[row]),
    )


def _of_store(folder: Path, picture_root: Path | None) -> DisplayData | None:
    if not stores.is_store(folder):
        return None
    rows = stores.read(folder).rows
    order = np.concatenate([rows.query, rows.database])
    return display_data_of_rows(folder, order, picture_root=picture_root)


def display_data_of_rows(
    folder: Path, rows: Iterable[Any], *, picture_root: Path | None = None
) -> DisplayData:
    """Pictures, captions and class names of some rows of a store, in their order.

    Args:
        folder: of the store.
        rows: row numbers of the store.
        picture_root: the folder below which pictures are read; none are without it.

    Raises:
        InputError: for a store that cannot be read.
    """
    store, records = stores.read(folder), stores.read_lines(folder)
    records = [records[row] for row in rows] if records else []
    return DisplayData(
        names=store.classes,
        captions=[str(r.get("text") or r.get("picture") or "") for r in records],
        picture=_picture_reader(picture_root, records),
    )


def _read_names(path: Path) -> list[str]:
    try:
        lines = path.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        got = f"{path} ({error})"
        raise InputError(f"labels: got {got}, wanted UTF-8 text") from error
    return [line.strip() for line in (lines if lines[-1] else lines[:-1])]


def _picture_reader(
    root: Path | None, records: Sequence[Mapping[str, Any]]
) -> Callable[[int], bytes | None] | None:
    """Reads the picture of a row; None if no row has one that may be shown."""
    if root is None:
        return None
    paths = [picture_below(root, record.get("picture")) for record in records]

    def picture(row: int) -> bytes | None:
        path = paths[row] if row < len(paths) else None
        if path is None or not path.is_file():
            return None
        content = path.read_bytes()
        return content if picture_kind(content) else None

    return picture if any(paths) else None
