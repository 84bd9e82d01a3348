"""Options of feature extraction that the command line and the library share."""

from dataclasses import dataclass
from typing import Annotated

from scbch_jax.config.constraints import at_least, check_fields

MAX_PIXELS = 64_000_000
"""Default limit of the pixels of a picture that is decoded."""

PILLOW_MAX_PIXELS = 178_956_970
"""Above this Pillow refuses to open a picture."""


@dataclass(frozen=True, kw_only=True)
class Doc2VecConfig:
    """How Doc2Vec is trained, and vectors of new texts are inferred."""

    dim: Annotated[int, at_least(1, 16_384)] = 300
    """Dimension of the vectors of doc2vec."""
    window: Annotated[int, at_least(1, 10_000)] = 5
    """Context of doc2vec: words before and after the predicted one."""
    epochs: Annotated[int, at_least(1, 100_000)] = 20
    """Epochs of doc2vec, in training and for each inferred vector."""
    min_count: Annotated[int, at_least(1)] = 2
    """Minimum count of a word."""
    seed: Annotated[int, at_least(0, 2**32 - 1)] = 0
    """Random seed of doc2vec, and of the split of `features all`."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)
