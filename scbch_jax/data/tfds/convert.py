"""Conversion of stores to datasets of tensorflow-datasets, and back."""

import json
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow_datasets as tfds
from jaxtyping import Int

from scbch_jax import io
from scbch_jax.data import store as stores
from scbch_jax.data.benchmarks import BENCHMARKS, benchmark_with
from scbch_jax.data.split import Rows
from scbch_jax.data.store import MATRICES, Store
from scbch_jax.data.tfds import prepared
from scbch_jax.data.tfds.builder import NAME, Config, CrossModalFeatures
from scbch_jax.errors import InputError, first_line, require

BLOCK_ROWS = 512
"""Records that are read together."""

OnRows = Callable[[int], None]


def write(
    folder: Path, data_dir: Path, *, name: str = "", on_rows: OnRows = lambda rows: None
) -> Path:
    """Writes a store as a dataset that TFDS reads, atomically.

    Args:
        folder: of the store.
        data_dir: TFDS's folder of datasets; each has a folder of its own in it.
        name: of the dataset; by default that of the published one, or of the store's
            folder.
        on_rows: is called with the number of rows written since the last call.

    Returns:
        The folder of the dataset.

    Raises:
        InputError: if it is not a store, the name cannot be one, or the dataset exists.
    """
    prepared.require_installed()
    store = stores.read(folder)
    name = name or default_name(store, folder)
    prepared.require_name(name)
    config = _config(store, name)
    version = getattr(config, "version", None) or CrossModalFeatures.VERSION
    written = data_dir / NAME / name / str(version)
    wanted = "a new folder, or another --name"
    require(not written.exists(), "out", f"{written}, which exists", wanted)
    with prepared.quiet(), io.new_folder(written) as fresh:
        _prepare(folder, fresh, config, on_rows)
    return written


def default_name(store: Store, folder: Path) -> str:
    """The published dataset's name, or the folder's in letters that a name may have."""
    widths = {"text_dim": store.text.shape[1], "classes": store.labels.shape[1]}
    known = benchmark_with(**widths)
    if known:
        return known.name
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", folder.resolve().name).lstrip("_.-")


class Opened(NamedTuple):
    """A dataset of TFDS that was opened, and where its rows are."""

    builder: Any
    metadata: dict[str, Any]
    """Of the store, as `builder.about` returns it."""
    rows: Rows
    """Row numbers of the parts."""
    part: Int[np.ndarray, " samples"]
    """For each row the index in `Rows` of a part that it is in."""
    record: Int[np.ndarray, " samples"]
    """The number of the row's record in that part."""


def open_set(folder: Path) -> Opened:
    """Opens a dataset of TFDS, and finds its rows.

    Rows that are in no part are not in the dataset; the others are renumbered then.

    Args:
        folder: of the dataset, as `write` returns it.

    Raises:
        InputError: if it is not such a dataset, or a record cannot be read.
    """
    builder = prepared.open_folder(folder)
    metadata = _require_ours(builder, folder)
    numbers = [_numbers(builder, name) for name in Rows._fields]
    kept = np.unique(np.concatenate(numbers))
    rows = Rows(*(np.searchsorted(kept, found) for found in numbers))
    part, record = np.zeros((2, len(kept)), np.int64)
    for i, found in enumerate(rows):
        part[found], record[found] = i, np.arange(len(found))
    return Opened(builder, metadata, rows, part, record)


def write_store(
    opened: Opened, folder: Path, *, on_rows: OnRows = lambda rows: None
) -> None:
    """Writes a dataset of TFDS as a store: the same arrays, names, split and title.

    Args:
        opened: the dataset.
        folder: a new one.
        on_rows: is called with the number of rows written since the last call.

    Raises:
        InputError: for a record that cannot be read, or a folder that exists.
    """
    metadata = opened.metadata
    source = {"layout": "tensorflow-datasets"}
    source["dataset"] = opened.builder.info.full_name
    stores.write(
        folder,
        image=_blocks(opened, "image", on_rows),
        text=_blocks(opened, "text"),
        labels=_blocks(opened, "labels"),
        rows=opened.rows,
        split=metadata["split"],
        title=metadata["title"],
        source=source | {"made from": metadata["source"], "sums": metadata["sums"]},
        classes=metadata["classes"],
        words=metadata["words"],
        lines=_lines(opened),
    )


def _prepare(folder: Path, fresh: Path, config: str | Config, on_rows: OnRows) -> None:
    """Lets TFDS prepare a dataset, and moves its files to a folder."""
    with tempfile.TemporaryDirectory(dir=fresh) as data_dir:
        builder = CrossModalFeatures(data_dir=data_dir, config=config)
        builder.on_rows = on_rows
        manual = tfds.download.DownloadConfig(manual_dir=str(folder))
        try:
            builder.download_and_prepare(
                download_dir=f"{data_dir}/downloads", download_config=manual
            )
        except (OSError, RuntimeError, TypeError) as error:
            # TFDS and the writer of records have their own words for a full disk; a
            # TypeError is a path that is not UTF-8.
            reason = first_line(error)
            full = "disk space" in reason or "No space left" in reason
            reason = "no space left on device" if full else reason
            raise InputError(f"cannot write {fresh.parent}: {reason}") from error
        for path in Path(builder.data_dir).iterdir():
            path.rename(fresh / path.name)


def _config(store: Store, name: str) -> str | Config:
    if name in BENCHMARKS:
        return name
    arrays = zip(("image_dim", "text_dim", "classes"), MATRICES, strict=True)
    widths = {width: getattr(store, array).shape[1] for width, array in arrays}
    return Config(name=name, description=store.title, version="1.0.0", **widths)


def _require_ours(builder: Any, folder: Path) -> dict[str, Any]:
    """The metadata of a dataset that this package wrote."""
    try:
        metadata = dict(builder.info.metadata or {})
    except ValueError as error:
        got = f"{folder / 'metadata.json'} ({error})"
        raise InputError(f"source: got {got}, wanted JSON") from error
    kinds = {"title": str, "split": str, "source": dict, "sums": dict}
    kinds |= {"classes": list, "words": list}
    known = all(isinstance(metadata.get(key), kind) for key, kind in kinds.items())
    parts = set(builder.info.splits) == set(Rows._fields)
    arrays = set(builder.info.features) == {*MATRICES, "row", "line"}
    wanted = f"a dataset that scbch_jax wrote, {NAME}"
    require(known and parts and arrays, "source", folder, wanted)
    return metadata


def _numbers(builder: Any, split: str) -> np.ndarray:
    """The row number of each record."""
    source = prepared.open_split(builder, split, encoded=tuple(MATRICES))
    numbers = range(len(source))
    blocks = (numbers[i : i + BLOCK_ROWS] for i in numbers[::BLOCK_ROWS])
    found = [x["row"] for block in blocks for x in prepared.records(source, block)]
    return np.array(found, np.int64)


def _lines(opened: Opened) -> list[dict[str, Any]]:
    """The records of the store's rows.jsonl; empty if it had none."""
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
        part, numbers = opened.part[start:stop], opened.record[start:stop]
        block: list[Any] = [None] * len(part)
        for i in np.unique(part):
            in_part = np.flatnonzero(part == i)
            found = prepared.records(sources[i], numbers[in_part].tolist())
            for row, record in zip(in_part, found, strict=True):
                block[row] = record
        yield block
