import itertools

import numpy as np
import pytest

from scbch_jax import retrieval


def test_p_is_the_share_of_all_exchanges():
    """Eight queries have 256 tosses; the sampled p is near the share of all of them."""
    rng = np.random.default_rng(0)
    left, right = rng.random((2, 8))
    gap = left - right
    every = [abs(np.dot(s, gap)) for s in itertools.product((-1, 1), repeat=8)]
    exact = np.mean(np.array(every) >= abs(gap.sum()) - 1e-12)
    actual = retrieval.randomization_test(left, right, rounds=20_000)
    assert abs(actual - exact) < 4 * (exact * (1 - exact) / 20_000) ** 0.5 + 1e-4


def test_equal_systems_are_interchangeable():
    values = np.array([0.1, np.nan, 0.7])
    assert retrieval.randomization_test(values, values) == 1


def test_one_query_has_p_value_one():
    assert retrieval.randomization_test(np.array([0.3]), np.array([0.1])) == 1
    assert retrieval.bootstrap_interval(np.array([0.3])) == (0.3, 0.3)


def test_the_interval_covers_as_often_as_it_says():
    """About 95 % of the intervals of 200 uniform samples hold the law's mean."""
    rng = np.random.default_rng(1)
    held = 0
    for sample in rng.random((200, 50)):
        low, high = retrieval.bootstrap_interval(sample, resamples=400)
        held += low < 0.5 < high
    assert 180 <= held <= 199


def test_queries_without_a_value_do_not_count():
    values = np.array([0.2, np.nan, 0.4])
    low, high = retrieval.bootstrap_interval(values)
    assert (low, high) == (pytest.approx(0.2), pytest.approx(0.4))
    assert np.isnan(retrieval.bootstrap_interval(np.array([np.nan]))).all()
