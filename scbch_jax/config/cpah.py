"""Options of CPAH (Xie et al., IEEE TIP 29, 2020)."""

from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from scbch_jax.config.constraints import ChecksOptions, at_least, between, positive

ENCODING_OPTIONS = ("test_mask",)
"""Options that act on the codes of trained networks; see `runs.encoder_id`."""


class HParams(NamedTuple):
    """Hyperparameters of CPAH; changing one needs no new compilation."""

    adversarial_weight: Annotated[float, between(0, 1e6)] = 100.0
    """Weight of the adversarial term; 1 in earlier versions of the released code."""
    classification_weight: Annotated[float, between(0, 1e6)] = 0.1
    """α: weight of both classifications, of the parts and of the labels."""
    quantization_weight: Annotated[float, between(0, 1e6)] = 1.0
    """β: weight of the distance of codes from the code memory."""
    penalty_weight: Annotated[float, between(0, 1e6)] = 10.0
    """Weight of the gradient penalty in the discriminator's loss."""
    learning_rate: Annotated[float, positive()] = 1e-4
    """Adam's learning rate in the first epoch, of all networks but the discriminator.
    """
    weight_decay: Annotated[float, between(0, 1)] = 5e-4
    """L2 decay of these networks, added to the gradient before Adam's moments."""
    discriminator_learning_rate: Annotated[float, positive()] = 1e-4
    """Adam's learning rate of the discriminator, in all epochs."""
    discriminator_weight_decay: Annotated[float, between(0, 1)] = 1e-4
    """L2 decay of the discriminator."""


@dataclass(frozen=True)
class Options(ChecksOptions):
    """Choices of CPAH that are fixed at compilation."""

    hidden: Annotated[int, at_least(8)] = 512
    """Width of the features; that of the small heads is an eighth of it."""
    consistency: Literal["classifier", "features"] = "classifier"
    """Scores of the three kinds of parts: classifier gives them, as evidently meant;
    features takes the first three features themselves, as the released code does."""
    test_mask: Literal["on", "off"] = "on"
    """Parts that codes outside of training come from: on takes the common part, as in
    training; off takes all features, as the released code does."""
    learning_rate_rule: Literal["official", "every30"] = "official"
    """Epochs after which the learning rate is divided by five, to 1e-6 at least:
    official does so after the first, the 31st and so on, as the released code does;
    every30 after every 30th."""
