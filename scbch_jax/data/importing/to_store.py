"""From a split dataset to a store, with its source and what is known of each row."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from scbch_jax.data import store
from scbch_jax.data.formats import ArrayInfo, numpy_files, read_strings
from scbch_jax.data.importing import layout_names
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
        found: all arrays of the files; those of other kinds are ignored, and those of
            other lengths, unless features are to be computed of them.
        dataset: what they are made into.

    Returns:
        `picture` and `text`, each if there is one for every row.

    Raises:
        InputError: if a file is damaged, or paths or texts of which features are to be
            computed are not one for each row.
    """
    if len(dataset.segments) > 1:
        return {}
    names = {
        "picture": layout_names.NAMES_OF_PICTURES,
        "text": layout_names.NAMES_OF_TEXTS,
    }
    columns = {name: _column(keys, found, dataset) for name, keys in names.items()}
    return {name: column for name, column in columns.items() if column is not None}


def write_store(
    split: SplitDataset,
    folder: Path,
    *,
    source: Mapping[str, Any],
    title: str = "",
    lines: Iterable[Mapping[str, Any]] = (),
) -> str:
    """Writes a store that records what it was made from.

    Args:
        split: the dataset and its parts; features without columns are left out.
        folder: a new folder.
        source: what the dataset was made from; see `source_of`.
        title: of the store; by default that of the published dataset, or the name of
            the folder.
        lines: a JSON object for each row, or none.

    Returns:
        The title.

    Raises:
        InputError: for values that a store cannot have, or a folder that exists.
    """
    require(not Path(folder).exists(), "out", f"{folder}, which exists", "a new folder")
    dataset = split.dataset
    known = dataset.benchmark
    title = title or (known.title if known else Path(folder).name)
    image, text, _ = dataset.widths
    store.write(
        folder,
        image=dataset.blocks("image") if image else None,
        text=dataset.blocks("text") if text else None,
        labels=dataset.labels,
        rows=split.rows,
        split=split.split,
        title=title,
        source=source,
        classes=dataset.classes,
        words=dataset.words,
        lines=lines,
    )
    return title


def lines_of(metadata: Mapping[str, RowMetadata]) -> Iterator[dict[str, str]]:
    """An object for each row, of what is known of it; none where nothing is."""
    for line in zip(*(column.rows for column in metadata.values()), strict=True):
        yield dict(zip(metadata, line, strict=True))


def named(dataset: AlignedDataset, found: Sequence[ArrayInfo]) -> AlignedDataset:
    """The dataset with names of its classes and words, where files have them."""
    _, text_dim, columns = dataset.widths
    classes = column_names(found, layout_names.NAMES_OF_CLASSES, columns)
    words = column_names(found, layout_names.NAMES_OF_WORDS, text_dim)
    return dataset._replace(classes=dataset.classes or classes, words=words)


def source_of(dataset: AlignedDataset, found: Sequence[ArrayInfo]) -> dict[str, Any]:
    """What the record of a store says of imported files: names and checksums."""
    paths = dict.fromkeys(array.path for array in found)
    files = [{"name": p.name, "sha256": numpy_files.checksum(p)} for p in paths]
    source: dict[str, Any] = {"layout": dataset.layout.title, "files": files}
    source["transposed"] = list(dataset.transposed)
    source |= {"rows left out": dataset.left_out}
    shapes = zip(("image", "text"), dataset.widths, strict=False)
    made = {(name, (dataset.samples, width)) for name, width in shapes}
    of = {a.path: a.name for a in found if (a.name, a.shape) in made}
    return source | makers_of([a for a in found if a.path in of])


def makers_of(found: Sequence[ArrayInfo]) -> dict[str, Any]:
    """What the record of a store says of what made its features.

    Args:
        found: arrays of files; those of `features images` and `features texts` name the
            network, or the SHA-256 of the text model.
    """
    names = ("image_extractor", "text_extractor")
    made = {a.name: read_strings(a) for a in found if a.name in names}
    record: dict[str, Any] = {}
    for image in made.get(names[0], [])[:1]:
        record["pictures"] = image
    for text in made.get(names[1], [])[:1]:
        hashed = len(text) == 64
        record["texts"] = f"the text model of SHA-256 {text}" if hashed else text
        record["text model"] = {"sha256" if hashed else "network": text}
    return record


def column_names(
    found: Sequence[ArrayInfo], keys: Sequence[str], columns: int
) -> tuple[str, ...]:
    """Names of columns, from an array of as many strings; () if there is none."""
    for array in found:
        names = read_strings(array) if array.name in keys else []
        if len(names) == columns:
            return tuple(names)
    return ()


def _column(
    keys: Sequence[str], found: Sequence[ArrayInfo], dataset: AlignedDataset
) -> RowMetadata | None:
    for array in found:
        rows = read_strings(array) if array.name in keys else []
        # Only the first rows may have image features.
        if len(rows) in (dataset.samples, dataset.samples + dataset.left_out):
            return RowMetadata(array.key, rows[: dataset.samples])
        # Where features are still to be computed of them, they must not be lost.
        needed = bool(rows) and bool(dataset.layout.pictures)
        got = f"{len(rows)} rows"
        require(not needed, f"{array.key} in {array.path}", got, f"{dataset.samples}")
    return None
