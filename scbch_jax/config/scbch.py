"""Options of SCBCH (arXiv 2511.07780)."""

from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from scbch_jax.config.constraints import at_least, between, positive
from scbch_jax.config.two_towers import TwoTowerOptions
from scbch_jax.errors import require

Part = Literal[
    "classification",
    "contrast",
    "row-weights",
    "attraction",
    "repulsion",
    "quantization",
]


class HParams(NamedTuple):
    """Hyperparameters of SCBCH; changing one needs no new compilation."""

    contrastive_weight: Annotated[float, between(0, 1e6)] = 0.7
    """α of Eq. 9: weight of attraction and repulsion."""
    quantization_weight: Annotated[float, between(0, 1e6)] = 0.3
    """β of Eq. 8: weight of the quantization term."""
    confidence_floor: Annotated[float, between(0, 1)] = 0.5
    """γ of Eq. 2: smallest confidence, that of a row whose neighbors share no label."""
    margin: Annotated[float, between(0, 1e6)] = 0.15
    """m of Eq. 6: how far below a pair's own similarity others repel fully."""
    shift: Annotated[float, between(0, 1e6)] = 0.8
    """ξ of Eq. 5 and 6: similarity at which the attraction exp(ξ - S) of a positive is
    1, and reduction of the similarity of distant pairs."""
    learning_rate: Annotated[float, positive()] = 1e-4
    """Learning rate of Adam."""
    weight_decay: Annotated[float, between(0, 1)] = 1e-5
    """L2 decay, added to the gradient before Adam's moments."""


@dataclass(frozen=True)
class Options(TwoTowerOptions):
    """Choices of SCBCH that are fixed at compilation."""

    reading: Literal["official", "paper"] = "official"
    """Where paper and released code differ: official follows the released code, paper
    the published equations."""
    neighbors: Annotated[int, at_least(1)] = 20
    """k: neighbors whose labels are averaged to a row's soft label (Eq. 1)."""
    neighbor_search: Literal["exact", "approximate", "tree"] = "exact"
    """Neighbor search: exact; approximate with codes rounded to bfloat16; or tree,
    which compares each row with 8,192 others from near leaves of a tree, so that time
    grows as the number of rows and not as its square."""
    confidence_every: Annotated[int, at_least(1)] = 1
    """Epochs between two updates of the confidence after the warm-up."""
    warmup_epochs: Annotated[int, at_least(0)] = 5
    """E_w of Eq. 9: warm-up epochs, in which the confidence of every row is 1."""
    drop: tuple[Part, ...] = ()
    """Components to leave out, as in the paper's ablations; contrast is attraction,
    repulsion and quantization, row-weights the confidence that weights rows."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        super().__post_init__()
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
    "SCBCH-3, no weights": ("row-weights",),
    "SCBCH-4, no attraction": ("attraction",),
}
"""What each row of the paper's Table 3 drops."""
