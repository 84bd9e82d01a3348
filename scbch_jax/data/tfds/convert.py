"""A store as a set that tensorflow-datasets reads, and such a set as a store again."""

import json
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow_datasets as tfds
from jaxtyping import Int

from scbch_jax.data import store as stores
from scbch_jax.data.published import PUBLISHED, published
from scbch_jax.data.split import Rows
from scbch_jax.data.store import MATRICES, Store
from scbch_jax.data.tfds import prepared
from scbch_jax.data.tfds.builder import CONFIGS, NAME, Config, CrossModalFeatures
from scbch_jax.errors import InputError, require

BLOCK_ROWS = 512
"""Records that are read at once."""

OnRows = Callable[[int], None]


def write(
    folder: Path, data_dir: Path, *, name: str = "", on_rows: OnRows = lambda rows: None
) -> Path:
    """Writes a store as a set that TFDS reads, whole or not at all.

    Args:
        folder: of the store.
        data_dir: folder of TFDS's sets; each has a folder of its own in it.
        name: of the set; by default that of the published one, or of the store's
            folder.
        on_rows: is told how many more rows are written.

    Returns:
        The folder of the set.

    Raises:
        InputError: if it is no store, the name cannot be one, or the set exists.
    """
    prepared.require_installed()
    store = stores.read(folder)
    name = name or usual_name(store, folder)
    plain = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name)
    require(bool(plain), "name", name, "letters, digits, and _ . - between them")
    with prepared.quiet(), tempfile.TemporaryDirectory() as downloads:
        builder = CrossModalFeatures(data_dir=data_dir, config=_config(store, name))
        place = Path(builder.data_dir)
        wanted = "a new folder, or another --name"
        require(not place.exists(), "out", f"{place}, which exists", wanted)
        builder.on_rows = on_rows
        manual = tfds.download.DownloadConfig(manual_dir=str(folder))
        builder.download_and_prepare(download_dir=downloads, download_config=manual)
    return place


def usual_name(store: Store, folder: Path) -> str:
    """The published set's name, or the folder's in letters that a name may have."""
    known = published(text_dim=store.text.shape[1], classes=store.labels.shape[1])
    if known:
        return CONFIGS[PUBLISHED.index(known)]
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", folder.resolve().name).lstrip("_.-")


class Opened(NamedTuple):
    """A set that was opened, and where its rows are."""

    builder: Any
    told: dict[str, Any]
    """What the store knew beside its numbers, as `tfds_builder.about` gives it."""
    rows: Rows
    """Row numbers of the parts."""
    part: Int[np.ndarray, " samples"]
    """For each row one of the parts that it is in, by its place in `Rows`."""
    place: Int[np.ndarray, " samples"]
    """The number of the row's record in that part."""


def open_set(folder: Path) -> Opened:
    """Opens a set, and finds its rows.

    Rows that are in no part are not in the set; the others are numbered anew then.

    Args:
        folder: of the set, as `write` gives it.

    Raises:
        InputError: if it is no such set, or a record cannot be read.
    """
    builder = prepared.open_folder(folder)
    told = _require_ours(builder, folder)
    numbers = [_numbers(builder, name) for name in Rows._fields]
    kept = np.unique(np.concatenate(numbers))
    rows = Rows(*(np.searchsorted(kept, found) for found in numbers))
    part, place = np.zeros((2, len(kept)), np.int64)
    for i, found in enumerate(rows):
        part[found], place[found] = i, np.arange(len(found))
    return Opened(builder, told, rows, part, place)


def write_store(
    opened: Opened, folder: Path, *, on_rows: OnRows = lambda rows: None
) -> None:
    """Writes a set as a store: the same arrays, names, split and title.

    Args:
        opened: the set.
        folder: a new one.
        on_rows: is told how many more rows are written.

    Raises:
        InputError: for a record that cannot be read, or a folder that exists.
    """
    told = opened.told
    source = {"form": "tensorflow-datasets", "set": opened.builder.info.full_name}
    stores.write(
        folder,
        image=_blocks(opened, "image", on_rows),
        text=_blocks(opened, "text"),
        labels=_blocks(opened, "labels"),
        rows=opened.rows,
        split=told["split"],
        title=told["title"],
        source=source | {"made from": told["source"], "sums": told["sums"]},
        classes=told["classes"],
        words=told["words"],
        lines=_lines(opened),
    )


def _config(store: Store, name: str) -> str | Config:
    if name in CONFIGS:
        return name
    arrays = zip(("image_dim", "text_dim", "classes"), MATRICES, strict=True)
    widths = {width: getattr(store, array).shape[1] for width, array in arrays}
    return Config(name=name, description=store.title, version="1.0.0", **widths)


def _require_ours(builder: Any, folder: Path) -> dict[str, Any]:
    """What a set of ours knows beside its numbers."""
    try:
        told = dict(builder.info.metadata or {})
    except ValueError as error:
        got = f"{folder / 'metadata.json'} ({error})"
        raise InputError(f"source: got {got}, wanted JSON") from error
    kinds = {"title": str, "split": str, "source": dict, "sums": dict}
    kinds |= {"classes": list, "words": list}
    known = all(isinstance(told.get(key), kind) for key, kind in kinds.items())
    parts = set(builder.info.splits) == set(Rows._fields)
    arrays = set(builder.info.features) == {*MATRICES, "row", "line"}
    wanted = f"a set that scbch_jax wrote, {NAME}"
    require(known and parts and arrays, "source", folder, wanted)
    return told


def _numbers(builder: Any, split: str) -> np.ndarray:
    """The number of each record's row."""
    source = prepared.open_split(builder, split, encoded=tuple(MATRICES))
    places = range(len(source))
    blocks = (places[i : i + BLOCK_ROWS] for i in places[::BLOCK_ROWS])
    found = [x["row"] for block in blocks for x in prepared.records(source, block)]
    return np.array(found, np.int64)


def _lines(opened: Opened) -> list[dict[str, Any]]:
    """What the store's rows.jsonl had; nothing where it had none."""
    blocks = _records(opened, keep="line")
    lines = [record["line"] for block in blocks for record in block]
    return [json.loads(line) for line in lines] if any(lines) else []


def _blocks(
    opened: Opened, name: str, on_rows: OnRows = lambda rows: None
) -> Iterator[np.ndarray]:
    """One matrix, block after block."""
    for block in _records(opened, keep=name):
        yield np.stack([record[name] for record in block])
        on_rows(len(block))


def _records(opened: Opened, *, keep: str) -> Iterator[list[dict[str, Any]]]:
    """Blocks of records in the order of the row numbers, one feature decoded."""
    encoded = tuple(MATRICES.keys() - {keep})
    sources = [
        prepared.open_split(opened.builder, split, encoded=encoded)
        for split in Rows._fields
    ]
    for start in range(0, len(opened.part), BLOCK_ROWS):
        stop = start + BLOCK_ROWS
        part, place = opened.part[start:stop], opened.place[start:stop]
        block: list[Any] = [None] * len(part)
        for i in np.unique(part):
            inside = np.flatnonzero(part == i)
            found = prepared.records(sources[i], place[inside].tolist())
            for at, record in zip(inside, found, strict=True):
                block[at] = record
        yield block
