"""Options of SCBCH (arXiv 2511.07780)."""

from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from scbch_jax.config.constraints import at_least, between, check_fields, positive
from scbch_jax.errors import require

Part = Literal[
    "classification", "contrast", "weights", "attraction", "repulsion", "quantization"
]


class HParams(NamedTuple):
    """Numbers of SCBCH; each may differ from run to run without a new compilation."""

    contrastive_weight: Annotated[float, between(0, 1e6)] = 0.7
    """α of Eq. 9: weight of attraction and repulsion."""
    quantization_weight: Annotated[float, between(0, 1e6)] = 0.3
    """β of Eq. 8: weight of the quantization term."""
    confidence_floor: Annotated[float, between(0, 1)] = 0.5
    """γ of Eq. 2: weight of a row whose neighbors contradict its label."""
    margin: Annotated[float, between(0, 1e6)] = 0.15
    """m of Eq. 6: how far below a pair's own similarity others still repel fully."""
    shift: Annotated[float, between(0, 1e6)] = 0.8
    """ξ of Eq. 5 and 6: decay of far pairs, and where partners pull with unit force."""
    learning_rate: Annotated[float, positive()] = 1e-4
    """Adam's step size."""
    weight_decay: Annotated[float, between(0, 1)] = 1e-5
    """L2 decay, added to the gradient before Adam's moments."""


@dataclass(frozen=True)
class Options:
    """Choices of SCBCH that are fixed when a run is compiled."""

    reading: Literal["official", "paper"] = "official"
    """Where paper and released code differ: as released, or as printed."""
    neighbors: Annotated[int, at_least(1)] = 20
    """k: neighbors that vote a row's soft label (Eq. 1)."""
    neighbor_search: Literal["exact", "approximate"] = "exact"
    """How neighbors are found: all of them, or nearly all by shorter products."""
    warmup_epochs: Annotated[int, at_least(0)] = 5
    """E_w of Eq. 9: first epochs, in which every row counts fully."""
    hidden: Annotated[int, at_least(1)] = 8192
    """Width of the hidden layers."""
    image_layers: Annotated[int, at_least(1)] = 3
    """Fully connected layers of the image network."""
    text_layers: Annotated[int, at_least(1)] = 2
    """Fully connected layers of the text network."""
    drop: tuple[Part, ...] = ()
    """Parts to leave out, as the paper's ablations do."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self, "options.")
        dropped = set(self.drop)
        of_contrast = {"attraction", "repulsion", "quantization"}
        trains = "classification" not in dropped or not (
            "contrast" in dropped or of_contrast <= dropped
        )
        require(trains, "options.drop", ", ".join(self.drop), "a term left to train")


ABLATIONS: dict[str, tuple[Part, ...]] = {
    "SCBCH": (),
    "SCBCH-1, no classification": ("classification",),
    "SCBCH-2, no contrast": ("contrast",),
    "SCBCH-3, no weights": ("weights",),
    "SCBCH-4, no attraction": ("attraction",),
}
"""What each row of the paper's Table 3 drops."""
