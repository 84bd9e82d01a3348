import itertools
import warnings

import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import losses

pytestmark = pytest.mark.usefixtures("strict")


def two_clusters(seed, rows, gap):
    rng = np.random.default_rng(seed)
    parts = rng.normal(0.3, 0.08, rows // 2), rng.normal(0.3 + gap, 0.12, rows // 2)
    return rng.permutation(np.concatenate(parts)).astype(np.float32)


@pytest.mark.parametrize("seed", range(4))
def test_two_means_minimizes_the_within_cluster_sum(seed):
    """Against all cuts of the sorted values, and of every subset for a few values."""
    values = two_clusters(seed, 8, 0.3)

    def spread(low):
        parts = [values[list(low)], np.delete(values, list(low))]
        return sum(((p - p.mean()) ** 2).sum() for p in parts)

    subsets = (s for k in range(1, 8) for s in itertools.combinations(range(8), k))
    found = np.flatnonzero(losses.two_means_1d(jnp.asarray(values)))
    assert spread(found) == pytest.approx(min(map(spread, subsets)), rel=1e-5)
    assert values[found].max() < np.delete(values, found).min()


@pytest.mark.parametrize(("seed", "gap"), [(0, 0.5), (1, 0.3), (2, 0.2)])
def test_posteriors_are_those_of_scikit_learn(seed, gap):
    """With the released settings, started from the best of many random cuts."""
    from sklearn.cluster import KMeans
    from sklearn.mixture import GaussianMixture, _base

    values = two_clusters(seed, 200, gap)

    class Thorough(KMeans):
        def __init__(self, **given):
            super().__init__(**{**given, "n_init": 30, "tol": 0})

    fit = GaussianMixture(2, max_iter=10, tol=0.5, reg_covar=5e-4, random_state=0)
    usual, _base.cluster.KMeans = _base.cluster.KMeans, Thorough
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fit.fit(values[:, None])
    finally:
        _base.cluster.KMeans = usual
    expected = fit.predict_proba(values[:, None])[:, fit.means_.argmin()]
    np.testing.assert_allclose(
        losses.low_mean_posterior(jnp.asarray(values)), expected, atol=2e-5
    )


def test_equal_values_have_finite_posteriors():
    posteriors = losses.low_mean_posterior(jnp.ones(6))
    assert bool(((posteriors >= 0) & (posteriors <= 1)).all())


def test_distant_clusters_are_separated():
    values = jnp.array([0.1, 0.9, 0.11, 0.95, 0.12])
    posteriors = losses.low_mean_posterior(values)
    np.testing.assert_allclose(posteriors, [1, 0, 1, 0, 1], atol=1e-4)
