"""Options of the planted set that the package draws itself."""

from dataclasses import dataclass
from typing import Annotated

from scbch_jax.config.constraints import at_least, between, check_fields
from scbch_jax.errors import require


@dataclass(frozen=True)
class Planted:
    """Sizes and difficulty of the planted set."""

    train: Annotated[int, at_least(2)] = 2000
    """Training samples."""
    queries: Annotated[int, at_least(1)] = 300
    """Query samples."""
    database: Annotated[int, at_least(1)] = 3000
    """Database samples; the training samples are the first of them."""
    classes: Annotated[int, at_least(2)] = 12
    """Classes; their popularity falls off, and neighbouring classes occur together."""
    image_dim: Annotated[int, at_least(1)] = 128
    """Width of the image features."""
    words: Annotated[int, at_least(1)] = 300
    """Width of the text features, a bag of words."""
    clutter: Annotated[float, between(0, 100)] = 4.0
    """Strength of what pictures show beside their labels; 0 makes the task easy."""
    silence: Annotated[float, between(0, 1)] = 0.6
    """Share of the telling words that a text leaves out."""
    seed: Annotated[int, at_least(0)] = 0
    """Seed of the drawing; separate from the seeds of training."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self, "data.planted.")
        require(
            self.train <= self.database,
            "data.planted.train",
            self.train,
            f"at most the {self.database} rows of the database, whose first rows train",
        )
