"""Options of the command that converts weights."""

from dataclasses import dataclass
from pathlib import Path

import tyro


@dataclass(frozen=True)
class Convert:
    """Carry weights between PyTorch files, safetensors files and trained runs."""

    source: tyro.conf.Positional[Path]
    """A .pt or .pth state dict or checkpoint, a .safetensors file, or a run."""
    target: tyro.conf.Positional[Path]
    """A .pt, .pth or .safetensors file to write, or the folder of a new run."""
    text: Path | None = None
    """The text network's state dict, where the source is the image network's alone."""
    config: Path | None = None
    """Where the target is a run, the config of its data and other options; by default
    those of a run on planted data."""
    seed: int | None = None
    """Which seed of a run; by default the first."""
