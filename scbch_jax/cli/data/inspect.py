"""`scbch data inspect`: what files hold, which layout it is, what looks wrong."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from scbch_jax.errors import InputError, require

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scbch_jax.data.formats import ArrayInfo
    from scbch_jax.data.importing import AlignedDataset
    from scbch_jax.data.importing.description import Description
    from scbch_jax.data.importing.diagnostics import ArrayStats

FINE = "Nothing looks wrong"


@dataclass(frozen=True, kw_only=True)
class ArrayOptions:
    """Files of a dataset, and its arrays if the layout is not a known one."""

    files: Annotated[
        tyro.conf.Positional[tuple[Path, ...]], tyro.conf.arg(metavar="FILES ...")
    ]
    """Files of one dataset: .mat, .h5, .npz, .npy, .parquet, or lists in .txt."""
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
    from scbch_jax.data.importing import files_named
    from scbch_jax.data.importing.joined_files import find_joined

    named = files_named((options.image, options.text, options.labels, *selectors))
    paths = {os.path.realpath(path): path for path in (*named, *options.files)}
    return find_joined(list(paths.values()))


def read_dataset(options: ArrayOptions, found: Sequence[ArrayInfo]) -> AlignedDataset:
    """The dataset that arrays make, by their layout or as the options name them.

    Raises:
        InputError: for an unknown layout, or arrays that do not align.
    """
    from scbch_jax.data import importing
    from scbch_jax.data.importing.layout_names import MODALITIES
    from scbch_jax.data.importing.layouts import named_layout

    if not options.image:
        return importing.align(importing.recognize(found))
    selectors = {m: getattr(options, m) for m in MODALITIES}
    arrays = {m: importing.select(m, s, found) for m, s in selectors.items()}
    return importing.align(named_layout(**arrays))


@dataclass(frozen=True, kw_only=True)
class InspectData(ArrayOptions):
    """Describe a store, or the arrays in files and the dataset they make."""


def main(options: InspectData) -> None:
    """Prints a table of all arrays, then the dataset that they make, then warnings."""
    from scbch_jax.data import store
    from scbch_jax.data.importing import description

    if len(options.files) == 1 and store.is_store(options.files[0]):
        found = store.read(options.files[0], partial=True)
        described, fine = description.describe_store(found), FINE
    else:
        described, fine = _describe_files(options)
    _print(described, fine)


def _describe_files(options: InspectData) -> tuple[Description, str]:
    """Prints the arrays; a description, and what is said where nothing looks wrong."""
    from scbch_jax.cli import console
    from scbch_jax.data.importing import description, diagnostics, layout_names
    from scbch_jax.report import as_markdown

    arrays = read_files(options)
    found = [(array, diagnostics.statistics_of(array)) for array in arrays]
    for path in dict.fromkeys(array.path for array in arrays):
        console.output(f"{path}, {_size(path)}")
    header = ["array", "shape", "dtype", "zeros", "min", "max", "probably"]
    rows = [[*_row(*pair), diagnostics.guess_kind(*pair)] for pair in found]
    console.output(as_markdown(header, rows) + "\n")
    fine = FINE
    if layout_names.noise_keys({array.name for array in arrays}):
        described = description.describe_noise(arrays)
    else:
        try:
            dataset = read_dataset(options, arrays)
        except InputError as error:
            console.output(f"Cannot be imported as it is: {error}")
            described = description.describe_arrays(found)
            fine = f"{FINE} with the arrays themselves"
        else:
            described = description.describe_dataset(dataset, found)
    described.lines.extend(description.describe_makers(arrays))
    return described, fine


def _print(described: Description, fine: str) -> None:
    from scbch_jax.cli import console

    for line in described.lines:
        console.output(line)
    console.output("\nWhat looks wrong:" if described.warnings else f"\n{fine}.")
    for warning in described.warnings:
        console.output(f"  - {warning}")


def _size(path: Path) -> str:
    size = path.stat().st_size
    return f"{size / 2**20:.1f} MiB" if size >= 2**20 else f"{size / 2**10:.1f} KiB"


def _row(array: ArrayInfo, stats: ArrayStats | None) -> list[str]:
    shape = " x ".join(f"{n:,}" for n in array.shape) or "1"
    numbers = ["-", "-", "-"]
    if stats is not None:
        zeros = f"{100 * stats.sparsity:.1f} %"
        numbers = [zeros, f"{stats.minimum:g}", f"{stats.maximum:g}"]
    return [array.key, shape, array.kind, *numbers]
