"""Options of NRCH (Wang et al., ACM Multimedia 2024)."""

from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from scbch_jax.config.constraints import at_least, between, check_fields, positive


class HParams(NamedTuple):
    """Numbers of NRCH; each may differ from run to run without a new compilation."""

    ranking_weight: Annotated[float, between(0, 1)] = 0.6
    """λ: weight of the ranking term; the quantization term has what is left of 1."""
    margin: Annotated[float, between(0, 1e6)] = 0.2
    """m: how far below a pair's own similarity others still count fully."""
    shift: Annotated[float, between(0, 1e6)] = 1.0
    """How much others are lowered."""
    threshold: Annotated[float, between(0, 1)] = 0.3
    """Smallest confidence of a row that is trained on."""
    learning_rate: Annotated[float, positive()] = 1e-5
    """RMSprop's step size."""
    weight_decay: Annotated[float, between(0, 1)] = 1e-5
    """L2 decay, added to the gradient before RMSprop's mean of squares."""


@dataclass(frozen=True)
class Options:
    """Choices of NRCH that are fixed when a run is compiled."""

    ranking: Literal["rows_twice", "both_ways"] = "rows_twice"
    """rows_twice: each image ranks the texts, counted twice, as released; both_ways:
    each text ranks the images too, as the released code presumably meant."""
    separate_from: Annotated[int, at_least(1)] = 20
    """First epoch, from 1, that leaves out rows below the threshold."""
    hidden: Annotated[int, at_least(1)] = 8192
    """Width of the hidden layers."""
    image_layers: Annotated[int, at_least(1)] = 3
    """Fully connected layers of the image network."""
    text_layers: Annotated[int, at_least(1)] = 2
    """Fully connected layers of the text network."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self, "options.")
