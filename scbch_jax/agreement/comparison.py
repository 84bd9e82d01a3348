"""Comparison of computed values with recorded ones, and its tolerances.

Every tolerance is here, with its reason. Tolerances have the size of rounding
errors, not of an agreement that happened to be found: a number that misses its
tolerance is a finding, never a reason to change the tolerance.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Float

Measure = Literal["relative", "absolute", "median", "share", "errors"]


class Tolerance(NamedTuple):
    """The largest value of a measure that still agrees."""

    measure: Measure
    """relative: largest difference over the largest recorded value; absolute and
    median: of the differences; share: of rows; errors: of a recorded mean."""
    limit: float
    double: float
    """The limit where inputs and outputs were recorded in float64."""
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
        "absolute",
        1e-6,
        1e-12,
        "a cosine of soft labels, where the neighbors are the same",
    ),
    "tied rows": Tolerance(
        "share",
        0.02,
        0.02,
        "either of two neighbors that tie for rank k may be taken",
    ),
    "rows kept": Tolerance(
        "share", 0.0, 0.0, "a row is kept or not; none recorded is near the threshold"
    ),
    "choices": Tolerance(
        "share", 0.0, 0.0, "whole numbers; none recorded is decided by rounding"
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
        "a pair at the margin may be shifted in one program and not in the other",
    ),
    "parameters": Tolerance(
        "absolute",
        1e-4,
        1e-12,
        "Adam's steps have the size of the learning rate at most",
    ),
    "without gradient": Tolerance(
        "absolute",
        1e-2,
        1e-8,
        "the gradient is 0 but for rounding, 1e-14, which Adam divides by 1e-8 in ten "
        "steps of 1e-3; in single precision it may divide by the rounding itself",
    ),
}


class StepLosses(NamedTuple):
    """The loss of every step of a training run, for figures."""

    computed: Float[np.ndarray, " steps"]
    recorded: Float[np.ndarray, " steps"]


class Comparison(NamedTuple):
    """A computed quantity, how far it is from the recorded one, and the verdict."""

    quantity: str
    values: int
    """Number of values compared."""
    largest: float
    """Largest absolute difference."""
    median: float
    """Median absolute difference."""
    relative: float
    """Largest absolute difference over the largest recorded value; infinite where all
    recorded values are 0 and the computed ones are not."""
    measure: str
    """What the tolerance bounds, as `Tolerance.measure` names it."""
    measured: float
    tolerance: float
    agrees: bool


def compare(
    quantity: str, computed: Any, recorded: Any, *, kind: str, unit: float = 1.0
) -> Comparison:
    """Compares two arrays of one shape under the tolerance of their kind.

    Args:
        quantity: its name in the table.
        computed: by this package.
        recorded: by the original code; its dtype decides between the two limits.
        kind: key of `TOLERANCES`.
        unit: for the measure "errors", the standard error.

    Raises:
        ValueError: if the shapes differ.

    Example:
        >>> compare("loss", np.ones(2), np.ones(2), kind="loss").agrees
        True
    """
    double = np.asarray(recorded).dtype == np.float64
    computed, recorded = (np.asarray(x, np.float64) for x in (computed, recorded))
    if computed.shape != recorded.shape:
        raise ValueError(
            f"{quantity}: got shape {computed.shape}, wanted {recorded.shape}"
        )
    difference = np.abs(computed - recorded)
    difference = np.where(np.isfinite(difference), difference, np.inf)
    largest = float(difference.max(initial=0))
    median = float(np.median(difference)) if difference.size else 0.0
    scale = float(np.abs(recorded).max(initial=0))
    relative = largest / scale if scale else (np.inf if largest else 0.0)
    tolerance = TOLERANCES[kind]
    measured = {
        "relative": relative,
        "absolute": largest,
        "median": median,
        "share": largest,
        "errors": largest / unit,
    }[tolerance.measure]
    limit = tolerance.double if double else tolerance.limit
    return Comparison(
        quantity=quantity,
        values=difference.size,
        largest=largest,
        median=median,
        relative=relative,
        measure=tolerance.measure,
        measured=measured,
        tolerance=limit,
        agrees=measured <= limit,
    )


Check = Callable[[Mapping[str, np.ndarray]], Iterator[Comparison | StepLosses]]


class Kind(NamedTuple):
    """A kind of file of recorded outputs."""

    needs: frozenset[str]
    """Keys that identify a file of the kind."""
    check: Check
    """Yields a comparison for each output, and for a run the losses of its steps."""
    also_outputs: tuple[str, ...] = ()
    """Inputs that are outputs, too."""
    run: Check | None = None
    """The same for files of a run, where `check` is for files of losses."""
