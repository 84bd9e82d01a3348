"""One clean store of features: a folder of NumPy files that need no guessing.

FOLDER/store.json       format, title, split, where it came from, shape and checksum of
                        each file, names of classes and words where they are known
FOLDER/image.npy        image features, float32, rows in the order of their source
FOLDER/text.npy         text features, float32
FOLDER/labels.npy       labels, 0 and 1 as uint8
FOLDER/query.npy        row numbers of the query set, int64; also train, database
FOLDER/rows.jsonl       optional: a JSON object a row, such as picture path and caption

Reading maps the files into memory: rows that are not used are not loaded, and a part
whose rows follow each other stays a map of the file.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from scbch_jax.data import store_record
from scbch_jax.data.formats import npy_blocks
from scbch_jax.data.split import Rows, check_rows
from scbch_jax.data.validation import narrow_features, narrow_labels
from scbch_jax.errors import InputError, require
from scbch_jax.types import Dataset, Split

Blocks = np.ndarray | Iterable[np.ndarray]
"""A matrix (memory-mapped if large), or blocks of its rows one after another."""

MATRICES: dict[str, tuple[Any, Callable[[str, np.ndarray], np.ndarray]]] = {
    "image": (np.float32, narrow_features),
    "text": (np.float32, narrow_features),
    "labels": (np.uint8, narrow_labels),
}
"""Dtype of each matrix, and what checks and narrows a block of it."""


class Store(NamedTuple):
    """A store that was opened; its matrices are memory-mapped."""

    image: np.ndarray
    text: np.ndarray
    labels: np.ndarray
    rows: Rows
    """Row numbers of the parts."""
    title: str
    split: str
    """Name of the split, such as scbch, ucch or random with its seed."""
    source: dict[str, Any]
    """What the store was made from: form, files with their checksums, and the like."""
    classes: list[str]
    """Names of the columns of the labels; empty if unknown."""
    words: list[str]
    """Names of the columns of the text features; empty if unknown."""
    sums: dict[str, str]
    """SHA-256 of each file when it was written."""


def write(
    folder: Path,
    *,
    image: Blocks,
    text: Blocks,
    labels: Blocks,
    rows: Rows,
    split: str,
    title: str,
    source: Mapping[str, Any],
    classes: Sequence[str] = (),
    words: Sequence[str] = (),
    lines: Iterable[Mapping[str, Any]] = (),
) -> None:
    """Writes a store beside the folder's place and renames it: whole or not at all.

    Args:
        folder: a new folder.
        image: image features, [samples, image_dim]; any real numbers within float32.
        text: text features, [samples, text_dim].
        labels: 0 and 1, [samples, classes].
        rows: which rows are query set, training set and database.
        split: name of that choice.
        title: what the data are, for people.
        source: what they were made from; any JSON.
        classes: names of the label columns, or none.
        words: names of the text columns, or none.
        lines: a JSON object for each row, or none.

    Raises:
        InputError: if the folder exists or cannot be written, rows do not align, or
            values are NaN, infinite, all zero, or labels other than 0 and 1.
    """
    folder = Path(folder)
    require(not folder.exists(), "out", f"{folder}, which exists", "a new folder")
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh.mkdir()
        blocks = {"image": image, "text": text, "labels": labels}
        shapes = {name: _write_matrix(fresh, name, blocks[name]) for name in MATRICES}
        _check_shapes(shapes, classes, words)
        samples = shapes["labels"][0]
        for name, part in check_rows(rows, samples)._asdict().items():
            np.save(fresh / f"{name}.npy", part)
        _write_lines(fresh / "rows.jsonl", lines, samples)
        record = {"format": store_record.FORMAT, "title": title, "split": split}
        record |= {"source": dict(source), "files": store_record.describe(fresh)}
        record |= {"classes": list(classes), "words": list(words)}
        (fresh / "store.json").write_text(json.dumps(record, indent=1) + "\n")
        fresh.rename(folder)
    except OSError as error:
        got = f"{folder} ({error.strerror or error})"
        raise InputError(f"out: got {got}, wanted a folder to write in") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def read(folder: Path) -> Store:
    """Opens a store: maps its matrices, and checks what can be checked cheaply.

    Raises:
        InputError: if it is no store, or shapes, kinds or row numbers do not fit.
    """
    record = store_record.load(Path(folder))
    arrays = {
        name: store_record.open_array(Path(folder) / f"{name}.npy", record)
        for name in (*MATRICES, *Rows._fields)
    }
    for name, (dtype, _) in MATRICES.items():
        store_record.require_kind(folder, name, arrays[name], dtype, axes=2)
    for name in Rows._fields:
        store_record.require_kind(folder, name, arrays[name], np.int64, axes=1)
    shapes = {name: arrays[name].shape for name in MATRICES}
    _check_shapes(shapes, record["classes"], record["words"])
    parts = Rows(*(np.asarray(arrays.pop(name)) for name in Rows._fields))
    rows = check_rows(parts, shapes["labels"][0])
    kept = {name: record[name] for name in ("title", "split", "source")}
    names = {name: record[name] for name in ("classes", "words")}
    sums = {name: told["sha256"] for name, told in record["files"].items()}
    return Store(**arrays, rows=rows, **kept, **names, sums=sums)


def verify(folder: Path) -> dict[str, str]:
    """Reads every byte of a store and compares checksums.

    Returns:
        The checksum of each file, all of them as written.

    Raises:
        InputError: if it is no store, or a file is missing, changed, or one too many.
    """
    folder = Path(folder)
    read(folder)
    files = store_record.load(folder)["files"]
    there = {path.name for path in folder.iterdir()} - {"store.json"}
    got = ", ".join(sorted(there ^ files.keys()))
    require(not got, f"files of {folder}", f"{got} missing or unknown", "as written")
    sums = {name: npy_blocks.checksum(folder / name) for name in files}
    changed = [name for name, found in sums.items() if found != files[name]["sha256"]]
    got = f"{', '.join(changed)} with another checksum"
    require(not changed, f"files of {folder}", got, "the bytes that were written")
    return sums


def dataset(store: Store) -> Dataset:
    """The three parts; float32, memory-mapped where rows follow each other."""

    def part(rows: np.ndarray) -> Split:
        image, text, labels = (
            take(array, rows) for array in (store.image, store.text, store.labels)
        )
        return Split(image, text, labels.astype(np.float32))

    return Dataset(**{name: part(rows) for name, rows in store.rows._asdict().items()})


def take(array: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Some rows: a view where their numbers follow each other, else a copy."""
    first, last = int(rows[0]), int(rows[-1])
    follows = last - first + 1 == len(rows) and bool((np.diff(rows) == 1).all())
    return array[first : last + 1] if follows else np.asarray(array[rows])


def read_lines(folder: Path) -> Iterator[dict[str, Any]]:
    """The object of each row, one after another; none if the store has none."""
    path = Path(folder) / "rows.jsonl"
    if not path.is_file():
        return
    with path.open() as file:
        yield from map(json.loads, file)


def _write_matrix(folder: Path, name: str, blocks: Blocks) -> tuple[int, ...]:
    dtype, narrow = MATRICES[name]
    path = folder / f"{name}.npy"
    shape = npy_blocks.write(path, blocks, name, dtype=dtype, narrow=narrow)
    zero = name != "labels" and not npy_blocks.any_value(path)
    require(not zero, name, "only zeros", "features")
    return shape


def _check_shapes(
    shapes: Mapping[str, tuple[int, ...]], classes: Sequence[str], words: Sequence[str]
) -> None:
    counts = {name: shape[0] for name, shape in shapes.items()}
    got = ", ".join(f"{n} of {name}" for name, n in counts.items())
    wanted = "as many of each: rows that align"
    require(len(set(counts.values())) == 1, "rows", got, wanted)
    for field, names, matrix in (
        ("classes", classes, "labels"),
        ("words", words, "text"),
    ):
        columns = shapes[matrix][1]
        fits = len(names) in (0, columns)
        require(fits, field, f"{len(names)} names", f"{columns}, or none")


def _write_lines(path: Path, lines: Iterable[Mapping[str, Any]], samples: int) -> None:
    texts = [json.dumps(dict(line)) for line in lines]
    if texts:
        require(len(texts) == samples, "lines", len(texts), f"{samples}, one a row")
        path.write_text("\n".join(texts) + "\n")
