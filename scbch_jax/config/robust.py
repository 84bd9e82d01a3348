"""Options of the robust method, which learns from label posteriors."""

from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from scbch_jax.config.constraints import at_least, between, optional, positive
from scbch_jax.config.two_towers import TwoTowerOptions
from scbch_jax.errors import require

MOST_NOISE = 0.9
"""Bound of the sum of both rates; at 1, labels say nothing."""


class HParams(NamedTuple):
    """Hyperparameters of the robust method; changing one needs no new compilation."""

    scale: Annotated[float, between(0, 1e3)] = 5.0
    """κ: how steeply the probability of a shared label rises with the similarity."""
    quantization_weight: Annotated[float, between(0, 1e6)] = 0.3
    """β: weight of the quantization term."""
    learning_rate: Annotated[float, positive()] = 1e-4
    """Learning rate of Adam."""
    weight_decay: Annotated[float, between(0, 1)] = 1e-5
    """L2 decay, added to the gradient before Adam's moments."""


@dataclass(frozen=True)
class Options(TwoTowerOptions):
    """Choices of the robust method that are fixed at compilation."""

    labels: Literal["posterior", "given"] = "posterior"
    """What the method learns from: the probability that each label is true, or the
    labels as they are given."""
    folds: Annotated[int, at_least(2, 20)] = 5
    """Folds of rows; the labels of a fold are predicted from the others."""
    ridge: Annotated[float | None, optional(between(1e-3, 1e6))] = None
    """Penalty of the ridge regression that predicts labels, relative to the mean
    sum of squares of a feature; by default chosen from 0.03 to 10 on the first
    fold."""
    missing_rate: Annotated[float | None, optional(between(0, MOST_NOISE))] = None
    """Rate of true labels that are not given, if it is known; set together with
    options.wrong_rate."""
    wrong_rate: Annotated[float | None, optional(between(0, MOST_NOISE))] = None
    """Rate of labels given though not true, if it is known; set together with
    options.missing_rate. By default both are estimated for each class."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        super().__post_init__()
        known = (self.missing_rate is None) == (self.wrong_rate is None)
        both = "options.missing_rate, options.wrong_rate"
        require(known, both, "one of them", "both, or none")
        unused = self.labels == "given" and self.missing_rate is not None
        wanted = "none with options.labels given"
        require(not unused, "options.missing_rate", self.missing_rate, wanted)
        total = (self.missing_rate or 0.0) + (self.wrong_rate or 0.0)
        wanted = f"at most {MOST_NOISE} together"
        require(total <= MOST_NOISE, both, total, wanted)
