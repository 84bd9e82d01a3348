"""Rows of which exactly one label is true and exactly one is given."""

import draws
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import labels
from scbch_jax.labels import NoiseRates

pytestmark = pytest.mark.usefixtures("strict")

RATES = NoiseRates(jnp.array([0.5, 0.2, 0.0]), jnp.array([0.2, 0.1, 0.1]))


def test_a_posterior_against_a_joint_table(transform):
    """Features say 1/2, 1/3 and 1/6; a wrong label is the first twice as often."""
    # Rows: true; columns: given.
    joint = np.array([[1 / 4, 1 / 8, 1 / 8], [2 / 45, 4 / 15, 1 / 45], [0, 0, 1 / 6]])
    logits = jnp.log(jnp.array([[3.0, 2.0, 1.0]])) + jnp.zeros((3, 1))
    posterior = transform(labels.exclusive_posterior)(jnp.eye(3), logits, RATES)
    expected = joint.T / joint.sum(axis=0)[:, None]
    np.testing.assert_allclose(posterior, expected, rtol=1e-5, atol=1e-7)


def test_without_noise_labels_stay_as_given():
    logits = draws.uniform(0, 6, 3)
    given = jnp.eye(3)[jnp.array([0, 1, 2, 2, 1, 0])]
    posterior = labels.exclusive_posterior(given, logits, NoiseRates(0.0, 0.0))
    np.testing.assert_allclose(posterior, given, atol=1e-6)


@pytest.mark.parametrize("rates", [RATES, NoiseRates(0.3, 0.1)])
def test_something_is_given_for_every_true_label(rates):
    np.testing.assert_allclose(labels.confusion(rates, 3).sum(axis=1), 1, rtol=1e-6)


def drawn(rate, rows=4000, classes=5):
    """Scores, true labels of which they tell something, and given ones."""
    rng = np.random.default_rng(0)
    true = rng.integers(classes, size=rows)
    replaced = rng.uniform(size=rows) < rate
    given = (true + np.where(replaced, rng.integers(1, classes, rows), 0)) % classes
    eye = np.eye(classes, dtype=np.float32)
    scores = eye[true] + 0.5 * rng.normal(size=(rows, classes))
    return jnp.asarray(scores, jnp.float32), eye[true], jnp.asarray(eye[given])


@pytest.mark.parametrize("rate", [0.0, 0.3, 0.7])
def test_the_rate_is_found(rate):
    scores, true, given = drawn(rate)
    logits, rates = labels.fit_exclusive(scores, given)
    np.testing.assert_allclose(rates.missing, rate, atol=0.03)
    np.testing.assert_allclose(rates.wrong, rate / 4, atol=0.03 / 4)
    posterior = labels.exclusive_posterior(given, logits, rates)
    errors = [float(np.square(q - true).mean()) for q in (posterior, given)]
    assert errors[0] <= (0.5 * errors[1] if rate else 1e-4)


def test_known_rates_are_kept():
    scores, _, given = drawn(0.3)
    logits, rates = labels.fit_exclusive(scores, given, NoiseRates(0.3, 0.075))
    assert rates == NoiseRates(0.3, 0.075)
    expected, _ = labels.fit_exclusive(scores, given)
    assert float(jnp.abs(jax.nn.softmax(logits) - jax.nn.softmax(expected)).max()) < 0.1


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([[1, 0], [0, 1]], True),
        ([[1, 0], [1, 1]], False),
        ([[1, 0], [0, 0]], False),
        ([[1], [1]], False),
    ],
)
def test_rows_that_have_one_label_of_several(given, expected):
    assert labels.is_exclusive(np.array(given)) == expected


@pytest.mark.errors
@pytest.mark.parametrize("function", [labels.fit_exclusive, labels.exclusive_posterior])
def test_shapes_must_agree(function):
    rates = NoiseRates(0.1, 0.1)
    with pytest.raises(ValueError, match=r"labels: got shape|scores: got|logits: got"):
        function(jnp.ones((2, 3)), jnp.ones((2, 2)), rates)
