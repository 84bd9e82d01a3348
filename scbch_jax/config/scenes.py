"""Options of the scenes: small pictures with captions that the package draws itself."""

from dataclasses import dataclass
from typing import Annotated

from scbch_jax.config.constraints import at_least, between, check_fields
from scbch_jax.errors import require


@dataclass(frozen=True)
class Scenes:
    """Sizes and difficulty of the scenes."""

    train: Annotated[int, at_least(2)] = 2000
    """Training samples."""
    queries: Annotated[int, at_least(1)] = 400
    """Query samples."""
    database: Annotated[int, at_least(1)] = 3000
    """Database samples; the training samples are the first of them."""
    side: Annotated[int, at_least(24)] = 48
    """Width and height of a picture, in pixels."""
    text_dim: Annotated[int, at_least(1)] = 128
    """Width of the text features, which Doc2Vec makes of the captions."""
    blur: Annotated[float, between(0, 1)] = 0.3
    """How much light, grain and patches of color hide in a picture."""
    silence: Annotated[float, between(0, 1)] = 0.3
    """Share of what a picture shows that its caption leaves out."""
    seed: Annotated[int, at_least(0)] = 0
    """Seed of the drawing; separate from the seeds of training."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self, "data.scenes.")
        require(
            self.train <= self.database,
            "data.scenes.train",
            self.train,
            f"at most the {self.database} rows of the database, whose first rows train",
        )
