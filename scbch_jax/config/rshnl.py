"""Options of RSHNL (Pu et al., AAAI 2025)."""

from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from scbch_jax.config.constraints import at_least, between, positive
from scbch_jax.config.two_towers import TwoTowerOptions


class HParams(NamedTuple):
    """Hyperparameters of RSHNL; changing one needs no new compilation."""

    aggregation_weight: Annotated[float, between(0, 1e6)] = 1.0
    """λ: weight of the aggregation of codes about the centers of their classes."""
    contrast_weight: Annotated[float, between(0, 1e6)] = 0.1
    """α: weight of the contrast within the batch."""
    pace_threshold: Annotated[float, positive()] = 5.0
    """γ: loss from which on a row has weight 0. Before training the loss of a row is
    about 2 log(classes / positives): 3.7 for MIRFlickr, but 6.7 for COCO and 7.6 for
    IAPR, where 8 or 9 keeps rows from being left out."""
    exponent: Annotated[float, between(1e-4, 1)] = 0.01
    """q: near 0, losses are logarithmic; at 1, they are absolute errors."""
    temperature: Annotated[float, positive()] = 1.0
    """τ: similarities are divided by it in the contrast."""
    learning_rate: Annotated[float, positive()] = 1e-4
    """Learning rate of Adam."""


@dataclass(frozen=True)
class Options(TwoTowerOptions):
    """Choices of RSHNL that are fixed at compilation."""

    hidden: Annotated[int, at_least(1)] = 4096
    """Width of the hidden layers, those of the centers' network included."""
    text_layers: Annotated[int, at_least(1)] = 3
    """Fully connected layers of the text network."""
    pacing: Literal["linear", "hard", "none"] = "linear"
    """linear: the weight of a row falls linearly with its loss; hard: it is 1 for a
    loss below hparams.pace_threshold, else 0; none: all rows have weight 1."""
    warmup_epochs: Annotated[int, at_least(0)] = 5
    """Epochs before rows are weighted."""
