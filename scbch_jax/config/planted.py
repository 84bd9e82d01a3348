"""Options of the planted set: synthetic features of two modalities."""

from dataclasses import dataclass
from typing import Annotated

from scbch_jax.config.constraints import at_least, between, check_fields
from scbch_jax.config.scenes import MAX_ROWS
from scbch_jax.errors import require


@dataclass(frozen=True)
class Planted:
    """Number, size and difficulty of the samples."""

    train: Annotated[int, at_least(2, MAX_ROWS)] = 2000
    """Training samples."""
    queries: Annotated[int, at_least(1, MAX_ROWS)] = 300
    """Query samples."""
    database: Annotated[int, at_least(1, MAX_ROWS)] = 3000
    """Database samples; the training samples are the first of them."""
    classes: Annotated[int, at_least(2, 100_000)] = 12
    """Classes; their frequency falls off, and neighboring classes occur together."""
    image_dim: Annotated[int, at_least(1, 1_000_000)] = 128
    """Dimension of the image features."""
    words: Annotated[int, at_least(1, 1_000_000)] = 300
    """Dimension of the text features, bags of words."""
    clutter: Annotated[float, between(0, 100)] = 4.0
    """Strength of image directions that no label explains; 0 makes the task easy."""
    word_dropout: Annotated[float, between(0, 1)] = 0.6
    """Share of the informative words that a text omits."""
    seed: Annotated[int, at_least(0, 2**32 - 1)] = 0
    """Random seed of the dataset; separate from the seeds of training."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self, "data.planted.")
        require(
            self.train <= self.database,
            "data.planted.train",
            self.train,
            f"at most the {self.database} rows of the database, whose first rows train",
        )
