"""From an original, and features of its pictures, to a dataset that can be split."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from scbch_jax.data.archives.base import Original
from scbch_jax.data.archives.matching import Match
from scbch_jax.data.benchmarks import BENCHMARKS
from scbch_jax.data.formats import ArrayInfo, find_arrays, read_strings
from scbch_jax.data.importing.alignment import AlignedDataset, Segment
from scbch_jax.data.importing.layout_names import ROWS, Layout
from scbch_jax.data.importing.layouts import files_named, select
from scbch_jax.data.importing.to_store import makers_of
from scbch_jax.errors import require
from scbch_jax.io import Record

NAMES = "names"
"""Array with the pictures of a file's rows, as `features images` writes it."""


class Features(NamedTuple):
    """Features of rows of an original."""

    rows: np.ndarray
    """Which rows have them, ascending."""
    values: Any
    """[len(rows), width]."""
    made_by: Mapping[str, Any] = {}
    """What the record of a store says of what made them."""


def read_features(field: str, selector: str, original: Original) -> Features:
    """Opens features of the rows.

    Args:
        field: image or text, for messages.
        selector: FILE or FILE:KEY; a file of `features images` names its pictures, of
            which some may be missing; any other has a row for each row.
        original: whose rows.

    Raises:
        InputError: if there is no such array, or its rows are not those.
    """
    paths = files_named([selector])
    require(bool(paths), field, selector, "FILE or FILE:KEY of a file that exists")
    found = find_arrays(paths)
    array = select(field, selector, [a for a in found if a.numeric])
    shape = " x ".join(map(str, array.shape)) or "a single number"
    fits = len(array.shape) == 2 and 0 not in array.shape
    require(fits, f"{field} in {array.path}", shape, "a matrix, one row each")
    names = _names(found, array.shape[0])
    samples = len(original.labels)
    rows = _rows_of(names, original.pictures) if names else np.arange(samples)
    got = f"{array.shape[0]:,} rows"
    wanted = f"{samples:,}, one for each row of the original that is kept"
    require(array.shape[0] == len(rows), f"{field} in {array.path}", got, wanted)
    return Features(rows, array.open(), makers_of(found))


def aligned(
    original: Original, image: Features | None = None, text: Features | None = None
) -> tuple[AlignedDataset, np.ndarray]:
    """The dataset of an original's rows that have all given features.

    Args:
        original: the rows.
        image: features of pictures; without them the dataset has none.
        text: features of texts, in place of the original's own.

    Returns:
        The dataset, and its rows of the original.
    """
    samples = len(original.labels)
    rows = np.arange(samples)
    for given in (image, text):
        rows = rows if given is None else np.intersect1d(rows, given.rows)
    columns = {
        "image": np.empty((len(rows), 0), np.float32)
        if image is None
        else _take(image, rows),
        "text": _take(text or Features(np.arange(samples), original.text), rows),
    }
    benchmark = BENCHMARKS[original.benchmark]
    dataset = AlignedDataset(
        layout=Layout(f"original files of {benchmark.title}", ()),
        segments=(Segment(ROWS, len(rows), columns["image"], columns["text"]),),
        labels=original.labels[rows],
        classes=original.classes,
        transposed=(),
        left_out=samples - len(rows),
        benchmark=benchmark,
        words=() if text else original.words,
    )
    return dataset, rows


def in_published_columns(original: Original, match: Match) -> Original:
    """The original with its columns in the order of the published files."""
    if not any(match.permuted):
        return original
    labels, *texts = match.columns
    original = original._replace(
        labels=original.labels[:, labels],
        classes=tuple(original.classes[c] for c in labels),
    )
    for order in texts:
        text = np.asarray(original.text[:])[:, order]
        words = tuple(original.words[c] for c in order)
        original = original._replace(text=text, words=words)
    return original


def row_lines(
    original: Original, rows: Iterable[Any], match: Match | None
) -> Iterator[Record]:
    """What a store keeps of each row: picture, text, id, and the published row."""
    for row in rows:
        line: Record = {"picture": original.pictures[row], "text": original.texts[row]}
        line["id"] = original.ids[row]
        if match and match.published[row] >= 0:
            line["published"] = int(match.published[row])
        yield line


def source_of(original: Original, folder: Path, match: Match | None) -> Record:
    """What the record of a store says of an original."""
    source: Record = {"original": f"{folder.name}: {original.read}"}
    source["counts"] = {stage.words: stage.count for stage in original.stages}
    if match:
        source["published rows"] = {"equal": match.equal, "placed": match.placed}
    return source


def _names(found: Sequence[ArrayInfo], rows: int) -> list[str]:
    for array in found:
        if array.name == NAMES and array.shape == (rows,):
            return read_strings(array)
    return []


def _rows_of(names: Sequence[str], pictures: Sequence[str]) -> np.ndarray:
    """Where each name is among the pictures, in their order."""
    rows, row = [], 0
    for name in names:
        while row < len(pictures) and pictures[row] != name:
            row += 1
        got = f"{name}, which is none of the pictures that follow"
        require(
            row < len(pictures), "image names", got, "pictures of the rows, in order"
        )
        rows.append(row)
        row += 1
    return np.array(rows, np.int64)


def _take(features: Features, rows: np.ndarray) -> Any:
    """Rows of features, which stay where they are if all are taken."""
    if len(rows) == len(features.rows):
        return features.values
    places = np.searchsorted(features.rows, rows)
    return np.asarray(features.values[:])[places]
