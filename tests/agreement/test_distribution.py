import numpy as np
import pytest
from scipy import stats

from scbch_jax.agreement.distribution import difference_of_means

RUNS = [70.1, 70.4, 69.9, 70.2, 70.3], [70.2, 70.0, 70.5, 70.6, 70.1, 70.3, 70.4]


def test_a_pencil_case():
    """Means 2 and 4, variances 1 and 4: e² = 1/3 + 4/3, ν = e⁴ / (1/18 + 16/18)."""
    found = difference_of_means([1, 2, 3], [2, 4, 6], margin=10)
    assert (found.original, found.package, found.difference) == (2, 4, 2)
    half = stats.t.ppf(0.975, 50 / 17) * (5 / 3) ** 0.5
    assert np.allclose((found.low, found.high), (2 - half, 2 + half), rtol=1e-12)
    p_value = stats.t.sf((10 - 2) / (5 / 3) ** 0.5, 50 / 17)
    assert found.p_value == pytest.approx(p_value, rel=1e-12)


def test_interval_and_tests_are_those_of_scipy():
    first, second = map(np.array, RUNS)
    found = difference_of_means(*RUNS, margin=0.5)
    welch = stats.ttest_ind(second, first, equal_var=False)
    interval = welch.confidence_interval()
    assert np.allclose((found.low, found.high), interval, rtol=1e-12)
    above = stats.ttest_ind(
        second + 0.5, first, equal_var=False, alternative="greater"
    ).pvalue
    below = stats.ttest_ind(
        second - 0.5, first, equal_var=False, alternative="less"
    ).pvalue
    assert found.p_value == pytest.approx(max(above, below), rel=1e-12)


def test_the_sign_is_that_of_the_package():
    one, other = (difference_of_means(*x, margin=0.5) for x in (RUNS, RUNS[::-1]))
    assert one.difference == -other.difference > 0
    assert one.low == pytest.approx(-other.high, rel=1e-12)
    assert one.p_value == other.p_value


@pytest.mark.parametrize(
    ("shift", "spread", "verdict"),
    [
        (0.0, 0.1, "agree"),
        (0.3, 0.1, "agree"),
        (0.0, 2.0, "undecided"),
        (0.5, 0.1, "differ"),
        (2.0, 0.1, "differ"),
        (-2.0, 0.1, "differ"),
    ],
)
def test_the_verdict(shift, spread, verdict):
    runs = 70 + spread * np.array([-1, -0.5, 0, 0.5, 1])
    assert difference_of_means(runs, runs + shift, margin=0.5).verdict == verdict


@pytest.mark.parametrize(
    ("shift", "verdict"), [(0.0, "agree"), (0.25, "agree"), (0.5, "differ")]
)
def test_runs_without_any_spread(shift, verdict):
    found = difference_of_means([1.0, 1.0], [1.0 + shift] * 3, margin=0.5)
    assert (found.low, found.high, found.verdict) == (shift, shift, verdict)


def test_the_risk_to_call_different_programs_equal_is_five_percent():
    """Of 2,000 comparisons of programs that differ by just the margin."""
    rng = np.random.default_rng(0)
    found = [
        difference_of_means(
            rng.normal(70, 0.2, 5), rng.normal(70.5, 0.3, 6), margin=0.5
        ).verdict
        for _ in range(2000)
    ]
    assert 0.03 < found.count("agree") / 2000 < 0.07


@pytest.mark.parametrize("size", [3, 8])
def test_the_interval_holds_the_difference_in_95_of_100_cases(size):
    rng = np.random.default_rng(1)
    found = [
        difference_of_means(rng.normal(0, 1, size), rng.normal(2, 2, size), margin=1)
        for _ in range(2000)
    ]
    held = np.mean([x.low <= 2 <= x.high for x in found])
    assert 0.935 < held < 0.97
