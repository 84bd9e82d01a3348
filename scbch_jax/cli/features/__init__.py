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
class SourceOptions:
    """Options of the source."""

    source: tyro.conf.Positional[Path]
    """A folder of pictures, with the text of a.jpg in a.txt and its labels in a.labels,
    one a line, or else the name of its folder; or a .csv, .jsonl or .parquet list with
    the columns picture, text and labels."""
    columns: tuple[str, ...] = ()
    """Column names of the list where they differ, as text=caption."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)
        for word in self.columns:
            require("=" in word, "columns", word, "picture, text or labels=NAME")


def read_source(options: SourceOptions) -> Manifest:
    """Reads the manifest of a source.

    Raises:
        InputError: if it cannot be used.
    """
    from scbch_jax import features

    columns = dict(word.split("=", 1) for word in options.columns)
    return features.read_manifest(options.source, columns)
