"""From a split dataset to a store, with its source and what is known of each row."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from scbch_jax.data import store
from scbch_jax.data.benchmarks import benchmark_with
from scbch_jax.data.formats import ArrayInfo, numpy_files, read_strings
from scbch_jax.data.importing import layouts
from scbch_jax.data.importing.alignment import AlignedDataset
from scbch_jax.data.importing.split_dataset import SplitDataset
from scbch_jax.errors import require


class RowMetadata(NamedTuple):
    """A string for each row of a dataset."""

    key: str
    """Name of their array."""
    rows: list[str]


def row_metadata(
    found: Sequence[ArrayInfo], dataset: AlignedDataset
) -> dict[str, RowMetadata]:
    """File names of the pictures, and texts, of a dataset with a single segment.

    Args:
        found: all arrays of the files; those of other lengths or kinds are ignored.
        dataset: what they are made into.

    Returns:
        `picture` and `text`, each if there is one for every row.

    Raises:
        InputError: if a file is damaged.
    """
    if len(dataset.segments) > 1:
        return {}
    names = {"picture": layouts.NAMES_OF_PICTURES, "text": layouts.NAMES_OF_TEXTS}
    columns = {name: _column(keys, found, dataset) for name, keys in names.items()}
    return {name: column for name, column in columns.items() if column is not None}


def write_store(
    split: SplitDataset,
    folder: Path,
    *,
    found: Sequence[ArrayInfo],
    title: str = "",
    metadata: Mapping[str, RowMetadata] | None = None,
) -> str:
    """Writes a store that records what it was made from.

    Args:
        split: the dataset and its parts.
        folder: a new folder.
        found: all arrays of the files: names of classes and words are among them, and
            the store records the files' names and checksums.
        title: of the store; by default that of the published dataset, or the name of
            the folder.
        metadata: of the rows.

    Returns:
        The title.

    Raises:
        InputError: for values that a store cannot have, or a folder that exists.
    """
    require(not Path(folder).exists(), "out", f"{folder}, which exists", "a new folder")
    dataset = split.dataset
    _, text_dim, classes = dataset.widths
    known = benchmark_with(text_dim=text_dim, classes=classes)
    title = title or (known.title if known else Path(folder).name)
    paths = dict.fromkeys(array.path for array in found)
    files = [{"name": p.name, "sha256": numpy_files.checksum(p)} for p in paths]
    source: dict[str, Any] = {"layout": dataset.layout.title, "files": files}
    source["transposed"] = list(dataset.transposed)
    source["rows left out"] = dataset.left_out
    columns = metadata or {}
    lines = zip(*(column.rows for column in columns.values()), strict=True)
    store.write(
        folder,
        image=dataset.blocks("image"),
        text=dataset.blocks("text"),
        labels=dataset.labels,
        rows=split.rows,
        split=split.split,
        title=title,
        source=source,
        classes=dataset.classes
        or column_names(found, layouts.NAMES_OF_CLASSES, classes),
        words=column_names(found, layouts.NAMES_OF_WORDS, text_dim),
        lines=(dict(zip(columns, line, strict=True)) for line in lines),
    )
    return title


def column_names(
    found: Sequence[ArrayInfo], keys: Sequence[str], columns: int
) -> tuple[str, ...]:
    """Names of columns, from an array of as many strings; () if there is none."""
    for array in found:
        strings = array.kind.startswith("<U")
        if strings and array.name in keys and array.shape == (columns,):
            return tuple(map(str, array.open()))
    return ()


def _column(
    keys: Sequence[str], found: Sequence[ArrayInfo], dataset: AlignedDataset
) -> RowMetadata | None:
    for array in found:
        rows = read_strings(array) if array.name in keys else []
        # Only the first rows may have image features.
        if len(rows) in (dataset.samples, dataset.samples + dataset.left_out):
            return RowMetadata(array.key, rows[: dataset.samples])
    return None
