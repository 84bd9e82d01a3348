"""Options of pip_like, a reconstruction of PIP (Zhang et al., SIGIR 2021)."""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

from scbch_jax.config.constraints import at_least, between, positive
from scbch_jax.config.two_towers import TwoTowerOptions

RECONSTRUCTION_OF = "PIP"
"""What `footnotes` in `config/experiment.py` makes of it stands beside all numbers."""


class HParams(NamedTuple):
    """Hyperparameters of pip_like; changing one needs no new compilation."""

    image_weight: Annotated[float, between(0, 1)] = 0.6
    """β: weight of the images' cosines in the joint similarity; that of the texts is
    1 - β."""
    second_order: Annotated[float, between(0, 1)] = 0.2
    """η: share of the second-order similarity."""
    scale: Annotated[float, positive()] = 1.5
    """μ: factor of the joint similarity."""
    image_term_weight: Annotated[float, between(0, 1e6)] = 0.1
    """λ₁: weight of the term within images; that between modalities has 1."""
    text_term_weight: Annotated[float, between(0, 1e6)] = 0.1
    """λ₂: weight of the term within texts."""
    adversarial_weight: Annotated[float, between(0, 1e6)] = 1.0
    """Weight of the same terms with codes of perturbed images."""
    domain_weight: Annotated[float, between(0, 1e6)] = 0.1
    """Weight of telling perturbed from clean images."""
    strength: Annotated[float, between(0, 1e6)] = 0.6
    """ε: largest perturbation, in mean absolute entries of the batch's image features;
    with 0 the perturbed images are the clean ones."""
    image_learning_rate: Annotated[float, positive()] = 0.001
    """Learning rate of gradient descent for image network and classifier."""
    text_learning_rate: Annotated[float, positive()] = 0.01
    """Learning rate of gradient descent for the text network."""
    generator_learning_rate: Annotated[float, positive()] = 0.001
    """Adam's learning rate of the generator."""
    momentum: Annotated[float, between(0, 1)] = 0.9
    """Momentum of gradient descent."""
    weight_decay: Annotated[float, between(0, 1)] = 5e-4
    """L2 decay, added to the gradient; not of the generator."""


@dataclass(frozen=True)
class Options(TwoTowerOptions):
    """Choices of pip_like that are fixed at compilation.

    The original fine-tunes a convolutional network for images and adds one linear
    layer; of fixed features only this layer is left.
    """

    hidden: Annotated[int, at_least(1)] = 4096
    """Width of the hidden layers."""
    image_layers: Annotated[int, at_least(1)] = 1
    """Fully connected layers of the image network."""
    generator_hidden: Annotated[int, at_least(4)] = 1024
    """Width of the generator's outer layers; that of the middle one is a quarter."""
    classifier_hidden: Annotated[int, at_least(1)] = 2048
    """Width of the classifier of clean and perturbed images."""
    continuation: bool = True
    """Codes are tanh of the outputs times the root of the epoch's number, from 1, so
    that they become binary in training; otherwise times 1."""
