"""What `data inspect` and `data import` share: which arrays of which files are read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from scbch_jax.errors import require

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scbch_jax.data.formats import ArrayInfo
    from scbch_jax.data.importing import AlignedDataset


@dataclass(frozen=True, kw_only=True)
class ArrayOptions:
    """Files of a dataset, and its arrays if the layout is not a known one."""

    files: tyro.conf.Positional[tuple[Path, ...]]
    """Files of one dataset: .mat, .h5, .npz, .npy or .parquet."""
    image: str = ""
    """Array of image features, as KEY or FILE:KEY, if the layout is not a known one;
    --text and --labels are required with it."""
    text: str = ""
    """Array of text features, likewise."""
    labels: str = ""
    """Array of labels, likewise: multi-hot rows, or one class id a row."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        given = [name for name in ("image", "text", "labels") if getattr(self, name)]
        got = " and ".join(given) + " alone"
        require(len(given) in (0, 3), "image, text, labels", got, "all three, or none")
        require(bool(self.files), "files", "none", "at least one")
        paths = [os.path.realpath(path) for path in self.files]
        for i, path in enumerate(paths):
            got = f"{self.files[i]} twice"
            require(path not in paths[:i], "files", got, "each file once")


def read_files(options: ArrayOptions, *selectors: str) -> list[ArrayInfo]:
    """All arrays of the files that are listed, and of those that FILE:KEY names."""
    from scbch_jax.data.formats import find_arrays
    from scbch_jax.data.importing import files_named

    named = files_named((options.image, options.text, options.labels, *selectors))
    paths = {os.path.realpath(path): path for path in (*named, *options.files)}
    return find_arrays(list(paths.values()))


def read_dataset(options: ArrayOptions, found: Sequence[ArrayInfo]) -> AlignedDataset:
    """The dataset that arrays make, by their layout or as the options name them.

    Raises:
        InputError: for an unknown layout, or arrays that do not align.
    """
    from scbch_jax.data import importing
    from scbch_jax.data.importing.layouts import MODALITIES, named_layout

    if not options.image:
        return importing.align(importing.recognize(found))
    selectors = {m: getattr(options, m) for m in MODALITIES}
    arrays = {m: importing.select(m, s, found) for m, s in selectors.items()}
    return importing.align(named_layout(**arrays))
