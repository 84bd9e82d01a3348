"""How certain a mean over queries is: bootstrap intervals and a paired test."""

import numpy as np
from jaxtyping import Float

BATCH = 200
"""Resamples that are held in memory at once."""


def bootstrap_interval(
    values: Float[np.ndarray, " queries"],
    *,
    resamples: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean over queries.

    Args:
        values: a metric of each query; NaN values are left out.
        resamples: how many samples of all queries are drawn with replacement.
        level: confidence level of the interval.
        seed: of the draws.

    Returns:
        Lower and upper end; NaN if no query has a value.

    References:
        Efron, Bootstrap methods: another look at the jackknife, Annals of Statistics
        7(1), 1979; computed by `scipy.stats.bootstrap`.
    """
    # Imported here: it takes half a second, and training does without.
    from scipy.stats import bootstrap

    known = values[np.isfinite(values)]
    if not known.size:
        return float("nan"), float("nan")
    if known.min() == known.max():
        return float(known[0]), float(known[0])
    interval = bootstrap(
        (known,),
        np.mean,
        n_resamples=resamples,
        confidence_level=level,
        method="percentile",
        batch=BATCH,
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return float(interval.low), float(interval.high)


def randomization_test(
    left: Float[np.ndarray, " queries"],
    right: Float[np.ndarray, " queries"],
    *,
    rounds: int = 10_000,
    seed: int = 0,
) -> float:
    """P value of the mean difference under exchange of the two systems.

    Fisher's paired randomization test, two-sided: every round exchanges the two values
    of each query with probability 1/2.

    Args:
        left: a metric of each query under one system.
        right: the same queries under the other; queries without both are left out.
        rounds: random exchanges to draw; all of them where there are fewer.
        seed: of the draws.

    Returns:
        p in (0, 1].

    References:
        Fisher, The Design of Experiments, 1935; Smucker, Allan and Carterette, CIKM
        2007; computed by `scipy.stats.permutation_test`.
    """
    # Imported here: it takes half a second, and training does without.
    from scipy.stats import permutation_test

    difference = left - right
    difference = difference[np.isfinite(difference)]
    # One query can only be exchanged with itself; SciPy wants at least two.
    if len(difference) < 2 or not difference.any():
        return 1.0
    return float(
        permutation_test(
            (difference,),
            np.mean,
            permutation_type="samples",
            vectorized=True,
            n_resamples=rounds,
            batch=BATCH,
            rng=np.random.default_rng(seed),
        ).pvalue
    )
