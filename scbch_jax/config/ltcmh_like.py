"""Options of ltcmh_like, a reconstruction of LtCMH (Gao et al., AAAI 2023)."""

from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from scbch_jax.config.constraints import ChecksOptions, at_least, between, positive

RECONSTRUCTION_OF = "LtCMH"
"""What `footnotes` in `config/experiment.py` makes of it stands beside all numbers."""

ENCODING_OPTIONS = ("inputs",)
"""Options that act on the codes of trained networks; see `runs.encoder_id`."""


class HParams(NamedTuple):
    """Hyperparameters of ltcmh_like; changing one needs no new compilation."""

    quantization_weight: Annotated[float, between(0, 1e6)] = 1.0
    """γ: weight of the squared distance of meta features from binary codes."""
    balance_weight: Annotated[float, between(0, 1e6)] = 1.0
    """η: weight of the squared sums of meta features over all rows."""
    dependence_weight: Annotated[float, between(0, 1e6)] = 0.05
    """a: weight of the dependence of the individualities of images and texts."""
    commonality_weight: Annotated[float, between(0, 1e6)] = 0.05
    """c: weight of the squared distance of the commonalities of images and texts."""
    learning_rate: Annotated[float, positive()] = 10**-1.5
    """Learning rate of gradient descent in the first epoch."""
    last_learning_rate: Annotated[float, positive()] = 1e-6
    """Learning rate that it falls to, in equal steps."""


@dataclass(frozen=True)
class Options(ChecksOptions):
    """Choices of ltcmh_like that are fixed at compilation."""

    hidden: Annotated[int, at_least(1)] = 1024
    """Width of the hidden layers."""
    inputs: Literal["scaled", "unit", "given"] = "scaled"
    """What the networks see. scaled: rows divided by the root of their mean square;
    unit: rows divided by their length; given: the features. Gradient descent with a
    fixed rate hardly moves a network of short rows, such as texts of a few words."""
    tail_gate: bool = False
    """Whether, in training, the gates of a row are multiplied by the rarity of its
    labels, which is 0 if it only has the most frequent one."""
    decay_epochs: Annotated[int, at_least(1)] = 100
    """Epochs after which the learning rate has its last value."""
