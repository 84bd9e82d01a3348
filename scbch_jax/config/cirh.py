"""Options of CIRH (Zhu et al., IEEE TKDE 35(9), 2023)."""

from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from scbch_jax.config.constraints import ChecksOptions, at_least, between, positive


class HParams(NamedTuple):
    """Hyperparameters of CIRH; changing one needs no new compilation."""

    identity_weight: Annotated[float, between(0, 1e6)] = 10.0
    """λ1: weight of the reconstruction of features."""
    correlation_weight: Annotated[float, between(0, 1e6)] = 1.0
    """λ2: weight of similarities in the loss of the joint network."""
    similarity_weight: Annotated[float, between(0, 1e6)] = 0.01
    """β: weight of similarities in the loss of the hash functions."""
    joint_learning_rate: Annotated[float, positive()] = 1e-3
    """Adam's learning rate of the joint network; 1e-4 was released for NUS-WIDE."""
    image_learning_rate: Annotated[float, positive()] = 1e-4
    """Adam's learning rate of the image hash function; 5e-4 was released for COCO."""
    text_learning_rate: Annotated[float, positive()] = 1e-4
    """Adam's learning rate of the text hash function; 5e-4 was released for COCO."""


@dataclass(frozen=True)
class Options(ChecksOptions):
    """Choices of CIRH that are fixed at compilation; the first three make the graph."""

    image_weight: Annotated[float, between(0, 1)] = 0.6
    """a1: weight of the images' cosines in the graph; that of the texts is 1 - a1."""
    cosine_weight: Annotated[float, between(0, 1)] = 0.6
    """a2: weight of the pruned cosines; that of their hyperbolic tangents is 1 - a2."""
    dropped: Annotated[float, between(0, 0.99)] = 0.6
    """Share of each row's cosines that is set to 0, the smallest: 3,000 of about 5,000
    in the released settings."""
    similarity_rows: Literal["item", "position"] = "item"
    """Rows of the graph in the loss of the hash functions: item takes those of the
    batch, position those of the batch's place in the training set, which belong to
    other items, as the released code does."""
    hidden: Annotated[int, at_least(1)] = 4096
    """Width of the hidden layer of the image hash function; that of the text hash
    function is the width of the text features."""
    joint_hidden: Annotated[int, at_least(1)] = 512
    """Width of the hidden layers of the joint network."""
    dropout: Annotated[float, between(0, 0.99)] = 0.3
    """Dropout rate of the hash functions' hidden units, in training."""
