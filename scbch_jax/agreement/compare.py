"""One line of the table: recorded answers against ours."""

from typing import Any, NamedTuple

import numpy as np

from scbch_jax.agreement.tolerances import TOLERANCES


class Comparison(NamedTuple):
    """A quantity on both sides, and the verdict."""

    quantity: str
    values: int
    """How many numbers were compared."""
    largest: float
    """Largest absolute difference."""
    median: float
    """Median absolute difference."""
    relative: float
    """Largest absolute difference over the largest recorded value; infinite where all
    recorded values are 0 and ours are not."""
    measure: str
    """Which of these the tolerance bounds, or what it bounds instead."""
    measured: float
    tolerance: float
    agrees: bool


def compare(
    quantity: str, ours: Any, theirs: Any, *, kind: str, unit: float = 1.0
) -> Comparison:
    """Compares two arrays of one shape under the tolerance of their kind.

    Args:
        quantity: what it is, for the table.
        ours: what this package computed.
        theirs: what was recorded, in the precision of the file: that decides between
            the tolerances.
        kind: key of `TOLERANCES`.
        unit: for the measure "errors", the standard error.
    """
    double = np.asarray(theirs).dtype == np.float64
    ours, theirs = (np.asarray(x, np.float64) for x in (ours, theirs))
    if ours.shape != theirs.shape:
        raise ValueError(f"{quantity}: got shape {ours.shape}, wanted {theirs.shape}")
    gap = np.abs(ours - theirs)
    gap = np.where(np.isfinite(gap), gap, np.inf)
    largest = float(gap.max(initial=0))
    median = float(np.median(gap)) if gap.size else 0.0
    scale = float(np.abs(theirs).max(initial=0))
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
        values=gap.size,
        largest=largest,
        median=median,
        relative=relative,
        measure=tolerance.measure,
        measured=measured,
        tolerance=limit,
        agrees=measured <= limit,
    )
