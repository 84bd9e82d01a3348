"""Options of DGCPN (Yu et al., AAAI 2021)."""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

from scbch_jax.config.constraints import ChecksOptions, at_least, between, positive


class HParams(NamedTuple):
    """Hyperparameters of DGCPN; changing one needs no new compilation."""

    pair_target: Annotated[float, between(-10, 10)] = 1.5
    """K: target of the cosine of an image and its own text; above any cosine."""
    coherence_weight: Annotated[float, between(0, 1e6)] = 1.0
    """dw: weight of the three coherence terms."""
    consistency_weight: Annotated[float, between(0, 1e6)] = 1.0
    """cw: weight of the consistency term."""
    learning_rate: Annotated[float, positive()] = 0.005
    """Learning rate of gradient descent."""
    momentum: Annotated[float, between(0, 1)] = 0.9
    """Momentum of gradient descent."""
    weight_decay: Annotated[float, between(0, 1)] = 5e-4
    """L2 decay, added to the gradient."""


@dataclass(frozen=True)
class Options(ChecksOptions):
    """Choices of DGCPN that are fixed at compilation; most define its graph."""

    text_weight: Annotated[float, between(0, 1)] = 0.01
    """a1: weight of the texts' cosine in the graph; that of the images is 1 - a1."""
    coherence_share: Annotated[float, between(0, 1)] = 0.3
    """a2: weight of the overlap of neighborhoods in the graph."""
    neighbors: Annotated[int, at_least(2)] = 2000
    """Size of a neighborhood, the row itself included; the released option is the
    number of rows outside of it."""
    scale: Annotated[float, positive()] = 4000.0
    """Factor of the overlap, which makes it about 2 where all neighbors are shared; the
    released value is twice the number of neighbors."""
    dropout: Annotated[float, between(0, 0.99)] = 0.5
    """Dropout rate of the hidden units."""
    hidden: Annotated[int, at_least(1)] = 4096
    """Width of the one hidden layer of each network."""
