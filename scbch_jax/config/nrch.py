"""Options of NRCH (Wang et al., ACM Multimedia 2024)."""

from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from scbch_jax.config.constraints import at_least, between, positive
from scbch_jax.config.two_towers import TwoTowerOptions


class HParams(NamedTuple):
    """Hyperparameters of NRCH; changing one needs no new compilation."""

    ranking_weight: Annotated[float, between(0, 1)] = 0.6
    """λ: weight of the ranking term; that of the quantization term is 1 - λ."""
    margin: Annotated[float, between(0, 1e6)] = 0.2
    """m: how far below a pair's own similarity others still count fully."""
    shift: Annotated[float, between(0, 1e6)] = 1.0
    """How much the similarity of others is reduced."""
    threshold: Annotated[float, between(0, 1)] = 0.3
    """Smallest confidence of a row that is used for training."""
    learning_rate: Annotated[float, positive()] = 1e-5
    """Learning rate of RMSprop."""
    weight_decay: Annotated[float, between(0, 1)] = 1e-5
    """L2 decay, added to the gradient before RMSprop's mean of squares."""


@dataclass(frozen=True)
class Options(TwoTowerOptions):
    """Choices of NRCH that are fixed at compilation."""

    ranking: Literal["official", "bidirectional"] = "official"
    """official: images rank texts, counted twice, as the released code does;
    bidirectional: texts rank images, too, as presumably intended."""
    selection_start_epoch: Annotated[int, at_least(1)] = 20
    """First epoch, from 1, that leaves out rows below the threshold."""
