"""Features of many rows: a folder of .npy files, of which a part is read at a time.

FOLDER/image.npy, text.npy    either or both; real numbers [rows, width]
FOLDER/labels.npy             optional; multi-hot labels, 0 and 1, [rows, classes]
FOLDER/rows.jsonl             optional; a JSON object a row, as in a store
FOLDER/store.json             of a store, which is such a folder too
"""

import itertools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from scbch_jax import io
from scbch_jax.data import store
from scbch_jax.data.formats.base import one_line_errors
from scbch_jax.data.validation import narrow_features, narrow_labels
from scbch_jax.errors import require

MODALITIES = store.MODALITIES


class FeatureFolder(NamedTuple):
    """A folder of features that was opened; its matrices are memory-mapped."""

    path: Path
    features: Mapping[str, np.ndarray]
    """By modality, image or text or both: [rows, width]."""
    labels: np.ndarray | None
    classes: list[str]
    """Names of the columns of the labels; empty if unknown."""

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.features.values())))


class Records(NamedTuple):
    """Where the lines of `rows.jsonl` begin, found by one pass over the file."""

    step: int
    offsets: tuple[int, ...]
    """Of every `step`-th line, in bytes; empty without such a file."""
    named: bool
    """Whether each row has a picture of its own, which is the row's name then."""


def open_folder(path: Path) -> FeatureFolder:
    """Maps the matrices of a folder, and checks their shapes.

    Raises:
        InputError: if it has no features, or its matrices differ in rows.
    """
    is_store = store.is_store(path)
    classes = list(store.read(path, partial=True).classes) if is_store else []
    files = {m: path / f"{m}.npy" for m in (*MODALITIES, "labels")}
    found = {m: _map(file) for m, file in files.items() if file.is_file()}
    features = {m: found[m] for m in MODALITIES if m in found}
    wanted = "a store, or a folder with image.npy, text.npy or both"
    require(bool(features), "features", path, wanted)
    got = ", ".join(f"{len(array)} of {name}" for name, array in found.items())
    same = len(set(map(len, found.values()))) == 1
    require(same, "rows", f"{got} in {path}", "the same number of all")
    return FeatureFolder(path, features, found.get("labels"), classes)


def read_part(
    folder: FeatureFolder, start: int, stop: int
) -> tuple[dict[str, np.ndarray], np.ndarray | None]:
    """Features in float32, and labels in uint8, of some rows.

    Raises:
        InputError: for NaN, infinity, or labels other than 0 and 1; it names the row.
    """
    features = {
        modality: narrow_features(modality, array[start:stop], first=start)
        for modality, array in folder.features.items()
    }
    if folder.labels is None:
        return features, None
    return features, narrow_labels("labels", folder.labels[start:stop], first=start)


def find_records(folder: FeatureFolder, *, step: int) -> Records:
    """Finds the first line of each part of `step` rows.

    Raises:
        InputError: for lines that are not JSON objects, or not one for each row.
    """
    path = folder.path / "rows.jsonl"
    if not path.is_file():
        return Records(step, (), False)
    offsets, pictures, count, place = [], set(), 0, 0
    for count, (line, record) in enumerate(_lines(path, 0), 1):
        if count % step == 1 % step:
            offsets.append(place)
        place += len(line)
        if isinstance(record.get("picture"), str):
            pictures.add(record["picture"])
    got = f"{count} lines in {path}"
    require(count == folder.rows, "rows", got, f"{folder.rows}, one for each row")
    return Records(step, tuple(offsets), len(pictures) == count)


def read_records(
    folder: FeatureFolder, records: Records, start: int = 0, stop: int | None = None
) -> Iterator[io.Record]:
    """The objects of some rows, with names if their pictures are unique; or nothing.

    Args:
        folder: where they are.
        records: what was found there.
        start: number of the first row, a multiple of the step.
        stop: number of the row after the last; by default all rows.
    """
    if not records.offsets:
        return
    count = folder.rows - start if stop is None else stop - start
    offset = records.offsets[start // records.step]
    lines = _lines(folder.path / "rows.jsonl", offset)
    for _, record in itertools.islice(lines, count):
        name = {"name": record["picture"]} if records.named else {}
        yield {**name, **record}


def _map(path: Path) -> np.ndarray:
    with one_line_errors(path, "features"):
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    got = f"{array.dtype} of shape {array.shape} in {path}"
    ok = array.ndim == 2 and array.size > 0 and array.dtype.kind in "fiub"
    require(ok, "features", got, "a matrix of real numbers, one row a sample")
    return array


def _lines(path: Path, offset: int) -> Iterator[tuple[bytes, Any]]:
    """Each line from an offset on, and the object in it."""
    with path.open("rb") as file:
        file.seek(offset)
        for line in file:
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                record = None
            got = f"{line[:40]!r} in {path}"
            require(isinstance(record, dict), "rows", got, "a JSON object in each line")
            yield line, record
