"""Options of MIAN (Zhang et al., IEEE TKDE 35(5), 2023)."""

from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from scbch_jax.config.constraints import ChecksOptions, at_least, between, positive

ENCODING_OPTIONS = ("image_noise",)
"""Options that act on the codes of trained networks; see `runs.encoder_id`."""


class HParams(NamedTuple):
    """Hyperparameters of MIAN; changing one needs no new compilation."""

    image_share: Annotated[float, between(0, 1)] = 0.01
    """a: share of the image codes in the binary codes, and weight of their distance
    from them; those of the texts are 1 - a."""
    label_weight: Annotated[float, between(0, 1e6)] = 100.0
    """η: weight of the label codes in the binary codes, and of their distance."""
    classification_weight: Annotated[float, between(0, 1e6)] = 0.01
    """γ: weight of the squared error of the predicted labels."""
    prediction_weight: Annotated[float, between(0, 1e6)] = 50.0
    """Weight of the information bottleneck: the prediction of the text feature by the
    image feature, and the divergence."""
    divergence_weight: Annotated[float, between(0, 1e6)] = 0.01
    """Weight of the divergence of image features from a standard normal distribution,
    within the bottleneck."""
    label_learning_rate: Annotated[float, positive()] = 1e-2
    """Adam's first learning rate for the label network."""
    text_learning_rate: Annotated[float, positive()] = 10**-3.5
    """Adam's first learning rate for the text network."""
    image_learning_rate: Annotated[float, positive()] = 10**-4.5
    """Adam's first learning rate for the image network."""


@dataclass(frozen=True)
class Options(ChecksOptions):
    """Choices of MIAN that are fixed at compilation."""

    hidden: Annotated[int, at_least(1)] = 4096
    """Width of the hidden layers."""
    embedding: Annotated[int, at_least(1)] = 512
    """Width of the features that codes and predicted labels are computed from."""
    image_layers: Annotated[int, at_least(1)] = 1
    """Fully connected layers from the image to the parameters of its feature."""
    text: Literal["multiscale", "plain"] = "multiscale"
    """Input of the text network. multiscale: the words beside averages of 5, 10, 15, 30
    and 50 neighboring ones, as released; plain: the words."""
    pair_loss: Literal["official", "likelihood"] = "official"
    """Loss of pairs. official: squares, as the released code computes it; likelihood:
    negative log-likelihood, as in other parts of the released code."""
    image_noise: Literal["training", "always"] = "training"
    """Whether image features are random in training only, or, as released, for the
    codes too; these draws depend on the row's place among the encoded rows."""
    outer_epochs: Annotated[int, at_least(1)] = 8
    """Rounds over the three networks, after which nothing changes any more; each
    divides the learning rates by √10. The released code has 30."""
    label_passes: Annotated[int, at_least(2)] = 10
    """Most passes of the label network's first stage; its second has half as many."""
    network_passes: Annotated[int, at_least(3)] = 15
    """Most passes of the first stage of the text and of the image network; the second
    and the third have a half and a third of them."""
