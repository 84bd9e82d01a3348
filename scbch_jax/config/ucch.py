"""Options of UCCH (Hu et al., IEEE TPAMI 45(3), 2023)."""

from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from scbch_jax.config.constraints import at_least, between, positive, whole_numbers
from scbch_jax.config.two_towers import TwoTowerOptions


class HParams(NamedTuple):
    """Hyperparameters of UCCH; changing one needs no new compilation."""

    contrast_weight: Annotated[float, between(0, 1)] = 0.9
    """Weight of the contrastive term; that of the ranking term is 1 minus it. The code
    calls it alpha, the paper β."""
    temperature: Annotated[float, positive()] = 0.9
    """τ: temperature of the contrastive term, in units of √L."""
    momentum: Annotated[float, between(0, 1)] = 0.4
    """δ: momentum of the memory bank. At 0 the released code never leaves the warm-up.
    """
    margin: Annotated[float, between(0, 1e6)] = 0.2
    """m: how far below a pair's own similarity others still count fully."""
    shift: Annotated[float, between(0, 1e6)] = 1.0
    """How much the similarity of others is reduced."""
    learning_rate: Annotated[float, positive()] = 1e-4
    """Learning rate of Adam."""
    weight_decay: Annotated[float, between(0, 1)] = 1e-6
    """L2 decay, added to the clipped gradient before Adam's moments."""
    clip: Annotated[float, positive()] = 1.0
    """Largest global norm of the gradient of both networks."""


@dataclass(frozen=True)
class Options(TwoTowerOptions):
    """Choices of UCCH that are fixed at compilation."""

    memory: Literal["official", "paper"] = "official"
    """Update of the memory bank: official normalizes rows before and after, as the
    released code; paper takes the plain average."""
    negatives: Annotated[int, at_least(1)] = 4096
    """K: negatives drawn from the memory bank for each sample, with replacement."""
    warmup_epochs: Annotated[int, at_least(0)] = 1
    """Warm-up epochs, in which a batch is contrasted with itself."""
    decay_epochs: Annotated[tuple[int, ...], whole_numbers()] = (30, 60, 90, 120)
    """Epochs, from 0, after which the learning rate is divided by 10; none in the
    paper."""
