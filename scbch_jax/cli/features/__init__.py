"""`scbch features`: commands that compute features, and the source they share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from scbch_jax.config.constraints import check_fields
from scbch_jax.errors import require

if TYPE_CHECKING:
    from scbch_jax.features import Manifest


@dataclass(frozen=True, kw_only=True)
class ListOptions:
    """Options of a list or store."""

    root: Path | None = None
    """Folder that pictures of a list or store are in; by default that of the list."""
    columns: tuple[str, ...] = ()
    """Column names of the list where they differ, as text=caption."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)
        for word in self.columns:
            require("=" in word, "columns", word, "picture, text or labels=NAME")


@dataclass(frozen=True, kw_only=True)
class SourceOptions(ListOptions):
    """Options of the source."""

    source: tyro.conf.Positional[Path]
    """A folder of pictures, with the text of a.jpg in a.txt and its labels in a.labels,
    one a line (without a.labels its folder's name is its label); or a .csv, .jsonl or
    .parquet list with the columns picture, text and labels; or a store."""


def read_source(source: Path, options: ListOptions) -> Manifest:
    """Reads the manifest of a source.

    Raises:
        InputError: if it cannot be used.
    """
    from scbch_jax import features
    from scbch_jax.data import store

    columns = dict(word.split("=", 1) for word in options.columns)
    source = source / "rows.jsonl" if store.is_store(source) else source
    manifest = features.read_manifest(source, columns)
    if options.root is None:
        return manifest
    there = options.root.is_dir() and source.is_file()
    require(there, "root", options.root, "the folder of the pictures of a list")
    return manifest._replace(folder=options.root)
