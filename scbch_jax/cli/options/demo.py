"""Options of the demo."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from scbch_jax.config.constraints import at_least, between, check_fields
from scbch_jax.config.scenes import Scenes


@dataclass(frozen=True)
class Demo:
    """Draw scenes, train SCBCH and its four ablations on them with noisy labels."""

    noise_rate: Annotated[float, between(0, 1)] = 0.5
    """Share of the training rows that get a wrong label."""
    epochs: Annotated[int, at_least(1)] = 30
    """Epochs of each run."""
    seed: Annotated[int, at_least(0)] = 0
    """Seed of weights, batches and noise."""
    scenes: Scenes = field(default_factory=Scenes)
    out: Path | None = None
    """Folder for all runs; by default one under runs/, named by a digest of options.
    What is finished there is not run again."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)
