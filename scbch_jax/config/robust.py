"""Options of the robust method, which learns from label posteriors."""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

from scbch_jax.config.constraints import at_least, between, positive
from scbch_jax.config.two_towers import TwoTowerOptions
from scbch_jax.errors import require

MOST = 0.95
"""Bound of the sum of both noise rates; at 1, labels would say nothing."""


class HParams(NamedTuple):
    """Hyperparameters of the robust method; changing one needs no new compilation."""

    contrastive_weight: Annotated[float, between(0, 1e6)] = 0.7
    """α: weight of attraction and repulsion."""
    quantization_weight: Annotated[float, between(0, 1e6)] = 0.3
    """β: weight of the quantization term."""
    margin: Annotated[float, between(0, 1e6)] = 0.15
    """m: how far below a pair's own similarity others repel fully."""
    shift: Annotated[float, between(0, 1e6)] = 0.8
    """ξ: similarity at which a positive attracts with unit force, and reduction of the
    similarity of distant pairs."""
    learning_rate: Annotated[float, positive()] = 1e-4
    """Learning rate of Adam."""
    weight_decay: Annotated[float, between(0, 1)] = 1e-5
    """L2 decay, added to the gradient before Adam's moments."""


@dataclass(frozen=True)
class Options(TwoTowerOptions):
    """Choices of the robust method that are fixed at compilation."""

    folds: Annotated[int, at_least(2, 100)] = 10
    """Folds in which labels are predicted from features: a row's label is predicted by
    a model of the other folds."""
    ridge: Annotated[float, between(1e-6, 1e6)] = 3.0
    """Penalty of these predictions, relative to the mean variance of a feature."""
    missing: Annotated[float, between(0, 0.9)] | None = None
    """Share of true labels that are not given, if it is known; estimated otherwise."""
    wrong: Annotated[float, between(0, 0.9)] | None = None
    """Share of false labels that are given, if it is known; estimated otherwise."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        super().__post_init__()
        rates = (self.missing, self.wrong)
        wanted = "both options.missing and options.wrong, or neither"
        got = f"missing {self.missing}, wrong {self.wrong}"
        require(rates.count(None) != 1, "options", got, wanted)
        total = (self.missing or 0.0) + (self.wrong or 0.0)
        wanted = f"a sum of at most {MOST}"
        require(total <= MOST, "options.missing + options.wrong", total, wanted)
