"""Options of DJSRH (Su, Zhong and Zhang, ICCV 2019)."""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

from scbch_jax.config.constraints import at_least, between, positive
from scbch_jax.config.two_towers import TwoTowerOptions


class HParams(NamedTuple):
    """Hyperparameters of DJSRH; changing one needs no new compilation."""

    image_weight: Annotated[float, between(0, 1)] = 0.9
    """β: weight of the images' cosines in the joint similarity; that of the texts is
    1 - β. The released values are 0.9 for MIRFlickr and 0.6 for NUS-WIDE."""
    second_order: Annotated[float, between(0, 1)] = 0.4
    """η: share of the second-order similarity."""
    scale: Annotated[float, positive()] = 1.5
    """μ: factor of the joint similarity."""
    image_term_weight: Annotated[float, between(0, 1e6)] = 0.1
    """λ₁: weight of the term within images; that between modalities has 1."""
    text_term_weight: Annotated[float, between(0, 1e6)] = 0.1
    """λ₂: weight of the term within texts."""
    image_learning_rate: Annotated[float, positive()] = 0.001
    """Learning rate of gradient descent for the image network."""
    text_learning_rate: Annotated[float, positive()] = 0.01
    """Learning rate of gradient descent for the text network."""
    momentum: Annotated[float, between(0, 1)] = 0.9
    """Momentum of gradient descent."""
    weight_decay: Annotated[float, between(0, 1)] = 5e-4
    """L2 decay, added to the gradient."""


@dataclass(frozen=True)
class Options(TwoTowerOptions):
    """Choices of DJSRH that are fixed at compilation.

    The original fine-tunes a convolutional network for images and adds one linear
    layer; of fixed features only this layer is left.
    """

    hidden: Annotated[int, at_least(1)] = 4096
    """Width of the hidden layers."""
    image_layers: Annotated[int, at_least(1)] = 1
    """Fully connected layers of the image network."""
    continuation: bool = True
    """Codes are tanh of the outputs times the root of the epoch's number, from 1, so
    that they become binary in training; otherwise times 1."""
