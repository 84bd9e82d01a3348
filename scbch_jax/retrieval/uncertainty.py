"""How sure a mean over queries is: bootstrap intervals and a paired test."""

import numpy as np
from jaxtyping import Float

BLOCK = 200
"""Resamples that are drawn at once."""


def bootstrap_interval(
    values: Float[np.ndarray, " queries"],
    *,
    resamples: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile interval of the mean over queries (Efron 1979).

    Args:
        values: a metric of each query; NaN where it has none, which does not count.
        resamples: how many sets of as many queries are drawn, with repetition.
        level: share of the resampled means inside the interval.
        seed: of the draws.

    Returns:
        Lower and upper end; NaN if no query has a value.
    """
    known = values[np.isfinite(values)]
    if not known.size:
        return float("nan"), float("nan")
    rng, means = np.random.default_rng(seed), []
    for start in range(0, resamples, BLOCK):
        rows = rng.integers(
            len(known), size=(min(BLOCK, resamples - start), len(known))
        )
        means.append(known[rows].mean(axis=1))
    tail = (1 - level) / 2
    low, high = np.quantile(np.concatenate(means), [tail, 1 - tail])
    return float(low), float(high)


def randomization_test(
    left: Float[np.ndarray, " queries"],
    right: Float[np.ndarray, " queries"],
    *,
    rounds: int = 10_000,
    seed: int = 0,
) -> float:
    """Chance of a mean difference this large if the two systems were interchangeable.

    Fisher's paired randomization test, two-sided: in each round every query's two
    values change places or not, by the toss of a coin.

    Args:
        left: a metric of each query under one system.
        right: the same queries under the other; queries without both do not count.
        rounds: of tosses.
        seed: of the tosses.

    Returns:
        p, in [1 / (rounds + 1), 1].
    """
    gap = left - right
    gap = gap[np.isfinite(gap)]
    rng, as_large = np.random.default_rng(seed), 1
    for start in range(0, rounds, BLOCK):
        signs = rng.integers(0, 2, (min(BLOCK, rounds - start), len(gap))) * 2 - 1
        # The observed tosses count too; rounding must not decide about equals.
        as_large += int((np.abs(signs @ gap) >= abs(gap.sum()) * (1 - 1e-12)).sum())
    return as_large / (rounds + 1)
