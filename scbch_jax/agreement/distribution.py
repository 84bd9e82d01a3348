"""Whether two programs that draw their own random numbers give the same mean."""

from typing import Any, NamedTuple

import numpy as np

ALPHA = 0.05
"""Level of the tests; the interval holds the true difference with 1 - ALPHA."""


class Difference(NamedTuple):
    """The means of two sets of runs, and how far they are apart."""

    original: float
    package: float
    difference: float
    """package - original."""
    low: float
    high: float
    """Ends of the 95 % interval of the difference."""
    p_value: float
    """Of two one-sided tests: the risk of calling programs equal that differ by the
    margin or more."""
    verdict: str
    """agree: the difference is within the margin, by both tests at 5 %; differ: its
    interval lies on one side of 0; undecided: neither, so more runs are needed."""


def difference_of_means(original: Any, package: Any, *, margin: float) -> Difference:
    """Compares the means of independent runs of two programs.

    With means m, variances s² (divided by n - 1) and numbers of runs n, the standard
    error e of the difference and its degrees of freedom ν are those of Welch:

        e² = s₁²/n₁ + s₂²/n₂    ν = e⁴ / ((s₁²/n₁)²/(n₁ - 1) + (s₂²/n₂)²/(n₂ - 1))

    The interval is m₂ - m₁ ± t(0.975, ν) e. The programs agree if t tests reject both
    that m₂ - m₁ is -margin or less and that it is margin or more.

    Args:
        original: a number for each run of the original, two or more.
        package: likewise of this package.
        margin: the largest difference that counts as agreement, above 0.

    Sources:
        B. L. Welch, Biometrika 34, 1947; D. J. Schuirmann, J. Pharmacokinetics and
        Biopharmaceutics 15, 1987.

    Example:
        >>> same = difference_of_means([70.0, 70.2], [70.1, 70.1], margin=0.5)
        >>> round(same.difference, 6), same.low < 0 < same.high
        (0.0, True)
    """
    sides = [np.asarray(x, np.float64) for x in (original, package)]
    first, second = (float(x.mean()) for x in sides)
    parts = [float(x.var(ddof=1)) / len(x) for x in sides]
    gap, error = second - first, sum(parts) ** 0.5
    if error == 0:
        low, high, p_value = gap, gap, float(abs(gap) >= margin)
    else:
        freedom = sum(parts) ** 2 / sum(
            part**2 / (len(x) - 1) for part, x in zip(parts, sides, strict=True)
        )
        low, high, p_value = _tests(gap, error, freedom, margin)
    if p_value < ALPHA:
        verdict = "agree"
    else:
        verdict = "undecided" if low <= 0 <= high else "differ"
    return Difference(first, second, gap, low, high, p_value, verdict)


def _tests(
    gap: float, error: float, freedom: float, margin: float
) -> tuple[float, float, float]:
    """Ends of the interval, and the larger p value of both one-sided tests.

    It is that of the test against the margin on the side of the difference.
    """
    from scipy.stats import t

    half = error * float(t.ppf(1 - ALPHA / 2, freedom))
    p_value = float(t.sf((margin - abs(gap)) / error, freedom))
    return gap - half, gap + half, p_value
