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
