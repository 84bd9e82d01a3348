"""`scbch data tfds`: a store as a dataset of tensorflow-datasets, and back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from scbch_jax.errors import require
from scbch_jax.extras import require_packages

if TYPE_CHECKING:
    from scbch_jax.data import Rows


@dataclass(frozen=True)
class TfdsData:
    """Convert a store to a dataset of tensorflow-datasets, or such a dataset back."""

    source: tyro.conf.Positional[Path]
    """Folder of a store, or of a dataset or datasets of tensorflow-datasets."""
    out: Path
    """For a store: TFDS's folder of datasets; for a dataset: folder of a new store."""
    name: str = ""
    """Name of the dataset. Of one that is written, by default that of the published
    dataset or of the store's folder; of one that is read, needed if the source holds
    several."""


def main(options: TfdsData) -> None:
    """Converts in the direction that the source implies; says how to use the result."""
    from scbch_jax.data import store

    wanted = "the folder of a store, or of a dataset of tensorflow-datasets"
    require(options.source.is_dir(), "source", options.source, wanted)
    require_packages("data tfds", "tensorflow_datasets", "array_record")
    if store.is_store(options.source):
        _write_dataset(options)
    else:
        _write_store(options)


def _write_dataset(options: TfdsData) -> None:
    # Imported here: TFDS is slow to import, and the other data commands need it not.
    from scbch_jax.cli import console
    from scbch_jax.data import store
    from scbch_jax.data.tfds import convert

    rows = store.read(options.source).rows
    with console.progress_bar("rows", total=sum(map(len, rows))) as advance:
        written = convert.write(
            options.source, options.out, name=options.name, on_rows=advance
        )
    console.output(_describe(written, rows))
    name = written.parent.relative_to(options.out).as_posix()
    arguments = f'"{name}", data_dir="{options.out}", split="train"'
    console.output(f"read it with tfds.data_source({arguments})")


def _write_store(options: TfdsData) -> None:
    from scbch_jax.cli import console
    from scbch_jax.cli.data import splitting
    from scbch_jax.data.tfds import builder, convert, prepared

    got = f"{options.out}, which exists"
    require(not options.out.exists(), "out", got, "a new folder")
    name = builder.NAME
    if options.name:
        prepared.require_name(options.name)
        name += f"/{options.name}"
    opened = convert.open_set(prepared.find(options.source, name))
    with console.progress_bar("rows", total=len(opened.part)) as advance:
        convert.write_store(opened, options.out, on_rows=advance)
    console.output(_describe(options.out, opened.rows))
    console.output(splitting.training_hint(options.out))


def _describe(folder: Path, rows: Rows) -> str:
    parts = ", ".join(f"{len(x):,} {name}" for name, x in rows._asdict().items())
    size = sum(path.stat().st_size for path in folder.iterdir()) / 2**20
    return f"{folder}: {parts} rows, {size:,.1f} MiB"
