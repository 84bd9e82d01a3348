"""Options of UCCH (Hu et al., IEEE TPAMI 45(3), 2023)."""

from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from scbch_jax.config.constraints import (
    at_least,
    between,
    check_fields,
    epoch_list,
    positive,
)


class HParams(NamedTuple):
    """Numbers of UCCH; each may differ from run to run without a new compilation."""

    contrast_weight: Annotated[float, between(0, 1)] = 0.9
    """Weight of the contrastive term; the ranking term has what is left of 1. The code
    calls it alpha, the paper β."""
    temperature: Annotated[float, positive()] = 0.9
    """Divides the similarities of contrast, after √L does."""
    momentum: Annotated[float, between(0, 1)] = 0.4
    """δ: what a row of the memory keeps when it is rewritten. At 0 the released code
    never leaves the warm-up."""
    margin: Annotated[float, between(0, 1e6)] = 0.2
    """m: how far below a pair's own similarity others still count fully."""
    shift: Annotated[float, between(0, 1e6)] = 1.0
    """How much others are lowered."""
    learning_rate: Annotated[float, positive()] = 1e-4
    """Adam's step size."""
    weight_decay: Annotated[float, between(0, 1)] = 1e-6
    """L2 decay, added to the clipped gradient before Adam's moments."""
    clip: Annotated[float, positive()] = 1.0
    """Largest length of the gradient of both networks together."""


@dataclass(frozen=True)
class Options:
    """Choices of UCCH that are fixed when a run is compiled."""

    memory: Literal["official", "paper"] = "official"
    """How a row of the memory is rewritten: with rows of unit length before and after,
    as released, or by the plain average, as printed."""
    negatives: Annotated[int, at_least(1)] = 4096
    """K: rows of the memory drawn for each sample of a batch, with replacement."""
    warmup_epochs: Annotated[int, at_least(0)] = 1
    """First epochs, in which a batch is contrasted with itself."""
    decay_epochs: Annotated[tuple[int, ...], epoch_list()] = (30, 60, 90, 120)
    """Epochs, from 0, after which the step size falls to a tenth; none in the paper."""
    hidden: Annotated[int, at_least(1)] = 8192
    """Width of the hidden layers."""
    image_layers: Annotated[int, at_least(1)] = 3
    """Fully connected layers of the image network."""
    text_layers: Annotated[int, at_least(1)] = 2
    """Fully connected layers of the text network."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self, "options.")
