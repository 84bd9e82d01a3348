"""A store: one dataset of features, checked, split, and recorded with its source.

FOLDER/store.json       format, title, split, source, dtype, shape and checksum of each
                        file, names of classes and words where they are known
FOLDER/image.npy        image features, float32, rows in the order of their source
FOLDER/text.npy         text features, float32; either is absent until it is computed
FOLDER/labels.npy       multi-hot labels, uint8
FOLDER/query.npy        row numbers of the query set, int64; also train, database
FOLDER/rows.jsonl       optional: a JSON object a row, such as picture path and caption

Reading maps the files into memory: rows that are not used are not loaded, and a part
whose rows are consecutive stays a map of the file.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from scbch_jax import io
from scbch_jax.data.formats import numpy_files
from scbch_jax.data.formats.base import one_line_errors
from scbch_jax.data.split import Rows, check_rows
from scbch_jax.data.validation import narrow_features, narrow_labels, require_positive
from scbch_jax.errors import require
from scbch_jax.types import Dataset, Split

FORMAT = 1
"""Version of this layout."""

Blocks = np.ndarray | Iterable[np.ndarray]
"""A matrix (memory-mapped if large), or blocks of its rows one after another."""

MODALITIES = ("image", "text")
"""Matrices that a store may lack, until their features are computed."""

MATRICES: dict[str, tuple[Any, Callable[..., np.ndarray]]] = {
    "image": (np.float32, narrow_features),
    "text": (np.float32, narrow_features),
    "labels": (np.uint8, narrow_labels),
}
"""Dtype of each matrix, and what checks and narrows a block of it."""


class Store(NamedTuple):
    """A store that was opened; its matrices are memory-mapped.

    Features that it lacks are a matrix without columns.
    """

    image: np.ndarray
    text: np.ndarray
    labels: np.ndarray
    rows: Rows
    """Row numbers of the parts."""
    title: str
    split: str
    """Name of the split, such as scbch, ucch or random with its seed."""
    source: dict[str, Any]
    """What the store was made from: layout, files and their checksums, and the like."""
    classes: list[str]
    """Names of the columns of the labels; empty if unknown."""
    words: list[str]
    """Names of the columns of the text features; empty if unknown."""
    sums: dict[str, str]
    """SHA-256 of each file when it was written."""


def write(
    folder: Path,
    *,
    image: Blocks | None,
    text: Blocks | None,
    labels: Blocks,
    rows: Rows,
    split: str,
    title: str,
    source: Mapping[str, Any],
    classes: Sequence[str] = (),
    words: Sequence[str] = (),
    lines: Iterable[Mapping[str, Any]] = (),
) -> None:
    """Writes a store atomically: to a temporary folder, which is renamed.

    Args:
        folder: a new folder.
        image: image features, [samples, image_dim]; real numbers within float32; or
            None for a store that lacks them.
        text: text features, [samples, text_dim], or None.
        labels: 0 and 1, [samples, classes].
        rows: which rows are query set, training set and database.
        split: name of that choice.
        title: what the data are, for people.
        source: what they were made from; any JSON.
        classes: names of the label columns, or none.
        words: names of the text columns, or none.
        lines: a JSON object for each row, or none.

    Raises:
        InputError: if the folder exists or cannot be written, rows do not align,
            features are NaN, infinite or all zero, or labels are other than 0 and 1 or
            all zero.
    """
    folder = Path(folder)
    require(not folder.exists(), "out", f"{folder}, which exists", "a new folder")
    with io.new_folder(folder) as fresh:
        blocks = {"image": image, "text": text, "labels": labels}
        shapes = {
            name: _write_matrix(fresh, name, given)
            for name, given in blocks.items()
            if given is not None
        }
        _check_shapes(shapes, classes, words)
        samples = shapes["labels"][0]
        for name, part in check_rows(rows, samples)._asdict().items():
            np.save(fresh / f"{name}.npy", part)
        _write_lines(fresh / "rows.jsonl", lines, samples)
        record = {"format": FORMAT, "title": title, "split": split}
        record |= {"source": dict(source), "files": _describe_files(fresh)}
        record |= {"classes": list(classes), "words": list(words)}
        io.write_json(fresh / "store.json", record)


def is_store(folder: Path) -> bool:
    """Whether a folder has the record of a store."""
    return (folder / "store.json").is_file()


def require_outside(folder: Path, out: Path) -> None:
    """Refuses an output inside a store, which would be a file that it must not have.

    Raises:
        InputError: if it is inside, links and `..` followed.
    """
    # Unlike Path.resolve, realpath takes a link to itself.
    inside = Path(os.path.realpath(out)).is_relative_to(os.path.realpath(folder))
    require(not inside, "out", f"{out}, in the store", "a folder outside it")


def read(folder: Path, *, partial: bool = False) -> Store:
    """Opens a store: maps its matrices, and checks what can be checked cheaply.

    Args:
        folder: the store.
        partial: whether it may lack features of images, texts or both.

    Raises:
        InputError: if it is not a store, shapes, dtypes or row numbers do not fit, or
            features that are needed are missing.
    """
    folder = Path(folder)
    record = _read_record(folder)
    files = {m: f"{m}.npy" for m in MODALITIES}
    there = record["files"].keys() | {path.name for path in folder.iterdir()}
    absent = [m for m in MODALITIES if files[m] not in there]
    got = f"{folder} without {' and '.join(absent)} features"
    wanted = "a complete store: features images and features texts compute them"
    require(partial or not absent, "store", got, wanted)
    matrices = {
        name: _open(folder, name, record, dtype, axes=2)
        for name, (dtype, _) in MATRICES.items()
        if name not in absent
    }
    shapes = {name: matrix.shape for name, matrix in matrices.items()}
    _check_shapes(shapes, record["classes"], record["words"])
    none = np.empty((shapes["labels"][0], 0), np.float32)
    matrices |= dict.fromkeys(absent, none)
    parts = (_open(folder, name, record, np.int64, axes=1) for name in Rows._fields)
    rows = check_rows(Rows(*map(np.asarray, parts)), shapes["labels"][0])
    kept = {name: record[name] for name in ("title", "split", "source")}
    names = {name: record[name] for name in ("classes", "words")}
    sums = {name: file["sha256"] for name, file in record["files"].items()}
    return Store(**matrices, rows=rows, **kept, **names, sums=sums)


def verify(folder: Path) -> dict[str, str]:
    """Reads every byte of a store and compares checksums.

    Returns:
        The checksum of each file, all of them as written.

    Raises:
        InputError: if it is not a store, or a file is missing, changed or unexpected.
    """
    folder = Path(folder)
    read(folder, partial=True)
    files = _read_record(folder)["files"]
    there = {path.name for path in folder.iterdir()} - {"store.json"}
    got = ", ".join(sorted(there ^ files.keys()))
    require(not got, f"files of {folder}", f"{got} missing or unknown", "as written")
    sums = {name: numpy_files.checksum(folder / name) for name in files}
    changed = [name for name, found in sums.items() if found != files[name]["sha256"]]
    got = f"{', '.join(changed)} with another checksum"
    require(not changed, f"files of {folder}", got, "the bytes that were written")
    return sums


def dataset(store: Store) -> Dataset:
    """The three parts; float32, memory-mapped where rows are consecutive.

    Raises:
        InputError: if all labels of a part are 0.
    """
    # Shared by the parts, of which training set and database have rows in common.
    shared = store.labels.astype(np.float32)

    def part(name: str, rows: np.ndarray) -> Split:
        image, text, labels = (
            take(array, rows) for array in (store.image, store.text, shared)
        )
        require_positive(f"{name}.labels", labels)
        return Split(image, text, labels)

    parts = store.rows._asdict().items()
    return Dataset(**{name: part(name, rows) for name, rows in parts})


def extractors(store: Store) -> dict[str, str]:
    """What made the features, by modality, where the store says it.

    Returns:
        For image the name of the network, for text that of the network or the SHA-256
        of the text model; or nothing.
    """
    model = store.source.get("text model")
    model = model if isinstance(model, dict) else {}
    found = {
        "image": store.source.get("pictures"),
        "text": model.get("sha256", model.get("network")),
    }
    return {m: name for m, name in found.items() if isinstance(name, str)}


def made_by(source: Mapping[str, Any]) -> str:
    """What made the features, in words; nothing if it is not known.

    Args:
        source: the record of a store's origin.
    """
    makers = {
        "images": source.get("pictures"),
        "texts": source.get("texts"),
    }
    known = {of: name for of, name in makers.items() if isinstance(name, str)}
    if not known:
        return ""
    words = "; ".join(f"{of} by {name}" for of, name in known.items())
    if len(known) == 2 and len(set(known.values())) == 1:
        words = f"images and texts by {known['images']}"
    network = source.get("network")
    if not isinstance(network, dict):
        return words
    revision = f" at revision {network['revision']}" if network.get("revision") else ""
    versions = network.get("versions")
    packages = versions.items() if isinstance(versions, dict) else ()
    computed = ", ".join(f"{name} {version}" for name, version in packages)
    return (
        f"{words}; the network is {network.get('asked for')}{revision}, SHA-256 of its "
        f"weights {network.get('weights sha256')}, computed with {computed}"
    )


def network_folder(store: Store) -> Path | None:
    """The folder of the pretrained network that made the features, if one did."""
    network = store.source.get("network")
    folder = network.get("folder") if isinstance(network, dict) else None
    return Path(folder) if isinstance(folder, str) else None


def take(array: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Some rows: a view where their numbers are consecutive, else a copy."""
    first, last = int(rows[0]), int(rows[-1])
    consecutive = last - first + 1 == len(rows) and bool((np.diff(rows) == 1).all())
    return array[first : last + 1] if consecutive else np.asarray(array[rows])


def read_lines(folder: Path) -> list[dict[str, Any]]:
    """The object of each row; empty if the store has none.

    Raises:
        InputError: for lines that are not JSON objects, or not one for each row.
    """
    path = Path(folder) / "rows.jsonl"
    if not path.is_file():
        return []
    lines = list(io.iterate_jsonl(path, "rows"))
    samples = len(read(folder, partial=True).labels)
    got = f"{len(lines)} lines in {path}"
    require(len(lines) == samples, "rows", got, f"{samples}, one for each row")
    return lines


def _write_matrix(folder: Path, name: str, blocks: Blocks) -> tuple[int, ...]:
    dtype, narrow = MATRICES[name]
    path = folder / f"{name}.npy"
    shape = numpy_files.write(path, blocks, name, dtype=dtype, narrow=narrow)
    wanted = "labels, of which some are 1" if name == "labels" else "features"
    require(numpy_files.any_value(path), name, "only zeros", wanted)
    return shape


def _check_shapes(
    shapes: Mapping[str, tuple[int, ...]], classes: Sequence[str], words: Sequence[str]
) -> None:
    counts = {name: shape[0] for name, shape in shapes.items()}
    got = ", ".join(f"{n} of {name}" for name, n in counts.items())
    wanted = "arrays with the same number of rows"
    require(len(set(counts.values())) == 1, "rows", got, wanted)
    for field, names, matrix in (
        ("classes", classes, "labels"),
        ("words", words, "text"),
    ):
        columns = shapes[matrix][1] if matrix in shapes else 0
        fits = len(names) in (0, columns)
        require(fits, field, f"{len(names)} names", f"{columns}, or none")


def _write_lines(path: Path, lines: Iterable[Mapping[str, Any]], samples: int) -> None:
    records = [dict(line) for line in lines]
    if records:
        got, wanted = len(records), f"{samples}, one for each row"
        require(len(records) == samples, "lines", got, wanted)
        io.write_jsonl(path, records)


def _describe_files(folder: Path) -> dict[str, Any]:
    """Checksum of each file, and dtype and shape of each array."""
    files: dict[str, Any] = {}
    for path in sorted(folder.iterdir()):
        files[path.name] = {"sha256": numpy_files.checksum(path)}
        if path.suffix == ".npy":
            array = np.load(path, mmap_mode="r")
            files[path.name] |= {"dtype": str(array.dtype), "shape": list(array.shape)}
    return files


def _read_record(folder: Path) -> dict[str, Any]:
    """Reads and checks store.json."""
    path = folder / "store.json"
    require(is_store(folder), "store", folder, "a folder with store.json")
    record = io.read_json(path, "store")
    known = isinstance(record, dict) and record.get("format") == FORMAT
    require(known, "store", path, f"the record of a store of format {FORMAT}")
    kinds = {"title": str, "split": str, "source": dict, "files": dict}
    for name, kind in (kinds | {"classes": list, "words": list}).items():
        value = record.get(name)
        wanted = f"a {kind.__name__}"
        require(isinstance(value, kind), f"{name} in {path}", repr(value), wanted)
    for name, file in record["files"].items():
        known = isinstance(file, dict) and isinstance(file.get("sha256"), str)
        require(known, f"files in {path}", f"{name}: {file}", "a checksum for each")
    return record


def _open(
    folder: Path, name: str, record: Mapping[str, Any], dtype: Any, *, axes: int
) -> np.ndarray:
    """Maps an array into memory, which must be as the record and the layout say."""
    path = folder / f"{name}.npy"
    file = record["files"].get(path.name)
    require(path.is_file() and bool(file), "store", f"no {path}", "a complete store")
    with one_line_errors(path, "store"):
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    got = f"{array.dtype} of shape {list(array.shape)}"
    wanted = f"{file.get('dtype')} of shape {file.get('shape')}"
    require(got == wanted, str(path), got, f"{wanted} as store.json has")
    fits = array.dtype == dtype and array.ndim == axes and array.size > 0
    require(fits, str(path), got, f"{np.dtype(dtype)} with {axes} axes")
    return array
