"""Options of DHRL (Shu et al., IEEE Transactions on Big Data 11(2), 2025)."""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

from scbch_jax.config.constraints import (
    ChecksOptions,
    at_least,
    between,
    multiple_of,
    positive,
)


class HParams(NamedTuple):
    """Hyperparameters of DHRL; changing one needs no new compilation."""

    absent_weight: Annotated[float, between(0, 1e6)] = 0.2
    """Weight of the part of the ranking score that sums over absent classes."""
    given_weight: Annotated[float, between(0, 1e6)] = 0.8
    """Weight of the part of the ranking score that sums over given classes."""
    alignment_weight: Annotated[float, between(0, 1e6)] = 1.0
    """Weight of the squared difference of the codes of a pair."""
    learning_rate: Annotated[float, positive()] = 0.001
    """Learning rate of Adam."""


@dataclass(frozen=True)
class Options(ChecksOptions):
    """Choices of DHRL that are fixed at compilation."""

    hidden: Annotated[int, at_least(1)] = 2048
    """Width of the hidden layer of the image network."""
    text_hidden: Annotated[int, at_least(1)] = 1024
    """Width of the hidden layer of the text network."""
    width: Annotated[int, multiple_of(2)] = 128
    """Width of the tokens, one for each bit."""
    layers: Annotated[int, at_least(1)] = 2
    """Layers of each transformer."""
    dropout: Annotated[float, between(0, 0.99)] = 0.5
    """Dropout rate of the tokens and in the transformers."""
    kept: Annotated[int, at_least(1)] = 96
    """Rows of a batch that are classified: those of the lowest ranking scores; all of a
    batch that has no more. The released code keeps 96 of 128."""
