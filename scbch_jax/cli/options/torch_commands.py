"""Options of the commands that meet PyTorch: its answers and its weights."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from scbch_jax.config.constraints import check_fields, seed_list


@dataclass(frozen=True)
class Crosscheck:
    """Compare this package with recorded answers of the authors' PyTorch code."""

    files: tyro.conf.Positional[tuple[Path, ...]] = ()
    """Recorded .npz files, or folders of them; by default those in tests/golden."""
    float64: bool = False
    """Compute in double precision, whatever the inputs were recorded in."""
    json: Path | None = None
    """File to write every comparison to, one JSON object a line."""
    picture: Path | None = None
    """File to draw the step losses of both sides into: .png or .svg."""
    official: Path | None = None
    """A clone of the authors' repository, to record fresh answers of; needs PyTorch."""
    seed: Annotated[tuple[int, ...], seed_list()] = (0,)
    """Seeds of the inputs that --official draws."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)


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
