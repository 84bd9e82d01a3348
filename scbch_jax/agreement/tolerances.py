"""How close is close: every tolerance, in one place, with its reason.

They are the sizes of rounding, not of agreement that happened to be found; a number
that misses its tolerance is a finding, never a reason to change the line.
"""

from typing import Literal, NamedTuple

Measure = Literal["relative", "absolute", "median", "share", "errors"]


class Tolerance(NamedTuple):
    """The largest value of a measure that still agrees."""

    measure: Measure
    """relative: largest difference over the largest recorded value; absolute and
    median: of the differences; share: of rows; errors: of a recorded mean."""
    limit: float
    double: float
    """The limit where inputs and answers were recorded in float64."""
    reason: str


TOLERANCES = {
    "loss": Tolerance(
        "relative", 1e-6, 1e-12, "a sum of some thousand terms, rounded in two orders"
    ),
    "gradient": Tolerance(
        "relative", 1e-5, 1e-11, "differences of such sums: one digit fewer"
    ),
    "codes": Tolerance(
        "absolute", 1e-6, 1e-12, "unit rows after a few matrix products"
    ),
    "confidence": Tolerance(
        "absolute", 1e-6, 1e-12, "a cosine of votes, where the neighbors are the same"
    ),
    "tied rows": Tolerance(
        "share",
        0.02,
        0.02,
        "where two neighbors tie for the last place either may be taken",
    ),
    "rows kept": Tolerance(
        "share", 0.0, 0.0, "a row is kept or not; none recorded is near the threshold"
    ),
    "ranked map": Tolerance(
        "relative",
        1e-9,
        1e-9,
        "ratios of integers, added up in the precision of the record",
    ),
    "averaged map": Tolerance(
        "errors", 3.0, 3.0, "the record is a mean over sampled orders of the ties"
    ),
    "precision-recall": Tolerance(
        "absolute", 1e-6, 1e-6, "recorded as float32 means over queries"
    ),
    "tie band": Tolerance(
        "absolute",
        1e-6,
        1e-6,
        "an unstable sort gives some order of the ties, between the best and the worst",
    ),
    "step losses": Tolerance(
        "median", 1e-5, 1e-12, "rounding, carried from step to step by the optimizer"
    ),
    "largest step": Tolerance(
        "absolute",
        1e-3,
        1e-12,
        "one pair on the margin's edge is lowered on one side and not on the other",
    ),
    "parameters": Tolerance(
        "absolute",
        1e-4,
        1e-12,
        "Adam's steps have the size of the learning rate at most",
    ),
}
