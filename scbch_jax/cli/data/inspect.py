"""`scbch data inspect`: what files hold, which layout it is, what looks wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scbch_jax.cli.data.arrays import ArrayOptions, read_dataset, read_files
from scbch_jax.errors import InputError

if TYPE_CHECKING:
    from scbch_jax.data.formats import ArrayInfo
    from scbch_jax.data.importing.diagnostics import ArrayStats


@dataclass(frozen=True, kw_only=True)
class InspectData(ArrayOptions):
    """Describe the arrays in files, the dataset they make, and what looks wrong."""


def main(options: InspectData) -> None:
    """Prints a table of all arrays, then the dataset that they make, then warnings."""
    from scbch_jax.cli import console
    from scbch_jax.data.importing import description, diagnostics, layouts
    from scbch_jax.report import as_markdown

    arrays = read_files(options)
    found = [(array, diagnostics.statistics_of(array)) for array in arrays]
    for path in dict.fromkeys(array.path for array in arrays):
        console.output(f"{path}, {_size(path)}")
    header = ["array", "shape", "dtype", "zeros", "min", "max", "probably"]
    rows = [[*_row(*pair), diagnostics.guess_kind(*pair)] for pair in found]
    console.output(as_markdown(header, rows) + "\n")
    fine = "Nothing looks wrong"
    if {array.name for array in arrays} >= set(layouts.NOISE_KEYS):
        described = description.describe_noise(arrays)
    else:
        try:
            dataset = read_dataset(options, arrays)
        except InputError as error:
            console.output(f"Cannot be imported as it is: {error}")
            described = description.describe_arrays(found)
            fine += " with the arrays themselves"
        else:
            described = description.describe_dataset(dataset, found)
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
