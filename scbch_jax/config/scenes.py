"""Options of the scenes: small synthetic pictures with captions."""

from dataclasses import dataclass
from typing import Annotated

from scbch_jax.config.constraints import at_least, between, check_fields
from scbch_jax.errors import require

MAX_ROWS = 1_000_000
"""All rows of a synthetic dataset are drawn in memory."""


@dataclass(frozen=True)
class Scenes:
    """Number, size and difficulty of the scenes."""

    train: Annotated[int, at_least(2, MAX_ROWS)] = 2000
    """Training samples."""
    queries: Annotated[int, at_least(1, MAX_ROWS)] = 400
    """Query samples."""
    database: Annotated[int, at_least(1, MAX_ROWS)] = 3000
    """Database samples; the training samples are the first of them."""
    side: Annotated[int, at_least(24, 1024)] = 48
    """Width and height of a picture, in pixels."""
    text_dim: Annotated[int, at_least(1, 16_384)] = 128
    """Dimension of the text features, which are Doc2Vec vectors of the captions."""
    nuisance: Annotated[float, between(0, 1)] = 0.3
    """Strength of what changes pixels but no label: light, grain, patches of color."""
    word_dropout: Annotated[float, between(0, 1)] = 0.3
    """Share of what a picture shows that its caption omits."""
    seed: Annotated[int, at_least(0, 2**32 - 1)] = 0
    """Random seed of the dataset; separate from the seeds of training."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self, "data.scenes.")
        require(
            self.train <= self.database,
            "data.scenes.train",
            self.train,
            f"at most the {self.database} rows of the database, whose first rows train",
        )
