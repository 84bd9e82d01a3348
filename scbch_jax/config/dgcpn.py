"""Options of DGCPN (Yu et al., AAAI 2021)."""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

from scbch_jax.config.constraints import at_least, between, check_fields, positive


class HParams(NamedTuple):
    """Numbers of DGCPN; each may differ from run to run without a new compilation."""

    pair_target: Annotated[float, between(-10, 10)] = 1.5
    """K: the cosine that a picture and its own text are drawn to, above any cosine."""
    coherence_weight: Annotated[float, between(0, 1e6)] = 1.0
    """dw: weight of the three terms that follow the graph."""
    consistency_weight: Annotated[float, between(0, 1e6)] = 1.0
    """cw: weight of the agreement among the cosines themselves."""
    learning_rate: Annotated[float, positive()] = 0.005
    """Step size of gradient descent."""
    momentum: Annotated[float, between(0, 1)] = 0.9
    """What each network's last step leaves to the next."""
    weight_decay: Annotated[float, between(0, 1)] = 5e-4
    """L2 decay, added to the gradient."""


@dataclass(frozen=True)
class Options:
    """Choices of DGCPN that are fixed when a run is compiled; most shape its graph."""

    text_weight: Annotated[float, between(0, 1)] = 0.01
    """a1: share of the texts in the similarity of two samples; pictures have the rest.
    """
    coherence_share: Annotated[float, between(0, 1)] = 0.3
    """a2: share of the overlap of neighborhoods in the graph."""
    neighbors: Annotated[int, at_least(2)] = 2000
    """Most similar rows that count as a row's neighbors, itself among them; the
    released option counts the rows that do not."""
    scale: Annotated[float, positive()] = 4000.0
    """Factor of the overlap, near 2 where two samples share all neighbors; the released
    value is twice the neighbors."""
    dropout: Annotated[float, between(0, 0.99)] = 0.5
    """Share of hidden units left out in each step."""
    hidden: Annotated[int, at_least(1)] = 4096
    """Width of the one hidden layer of each network."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self, "options.")
