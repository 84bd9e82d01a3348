import draws
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import labels

ROWS = 20_000


def drawn(missing, wrong, *, certain=True):
    """The probability that a label is given, and noisy labels, a class a column."""
    rng = np.random.default_rng(0)
    eta = rng.beta(0.1, 0.3, size=(ROWS, len(missing)))
    if not certain:
        eta = 0.1 + 0.8 * eta
    p = (1 - np.array(missing)) * eta + np.array(wrong) * (1 - eta)
    given = rng.uniform(size=p.shape) < p
    return jnp.asarray(p, jnp.float32), jnp.asarray(given, jnp.float32)


RATES = [0.0, 0.1, 0.3, 0.5], [0.0, 0.05, 0.2, 0.02]


def test_rates_of_drawn_labels_are_found(transform):
    """Within 0.05, by rows of which the label is certain."""
    rates = transform(labels.estimate_rates)(*drawn(*RATES))
    np.testing.assert_allclose(rates.missing, RATES[0], atol=0.05)
    np.testing.assert_allclose(rates.wrong, RATES[1], atol=0.02)


def test_rates_are_upper_bounds_where_no_label_is_certain():
    rates = labels.estimate_rates(*drawn(*RATES, certain=False))
    assert (np.asarray(rates.missing) > np.array(RATES[0]) + 0.03).all()
    assert (np.asarray(rates.wrong) > np.array(RATES[1]) + 0.03).all()


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_labels_that_say_nothing_keep_the_sum_of_rates_below_one(share):
    """Labels of no row, of half of the rows at random, of all rows."""
    given = np.random.default_rng(0).uniform(size=(1000, 2)) < share
    rates = labels.estimate_rates(jnp.full((1000, 2), 0.5), jnp.asarray(given, int))
    for missing, wrong in zip(*map(np.asarray, rates), strict=True):
        assert min(missing, wrong) >= 0
        assert missing + wrong <= 0.9 + 1e-6


def test_permuted_rows_have_the_same_rates():
    p, given = draws.uniform(0, 500, 4), draws.labels(1, 500, 4)
    order = np.random.default_rng(1).permutation(500)
    for before, after in zip(
        labels.estimate_rates(p, given),
        labels.estimate_rates(p[order], given[order]),
        strict=True,
    ):
        np.testing.assert_allclose(before, after, atol=1e-6)
