import draws
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import labels
from scbch_jax.labels import NoiseRates

pytestmark = pytest.mark.usefixtures("strict")


def test_posterior_against_a_joint_table(transform):
    """40 % are true, 1/4 of them not given; 1/6 of the others are given."""
    joint = np.array([[0.5, 0.1], [0.1, 0.3]])  # row: true, column: given
    rates = NoiseRates(missing=0.25, wrong=1 / 6)
    given = jnp.array([[0.0, 1.0]])
    eta = jnp.full((1, 2), joint[1].sum(), jnp.float32)
    posterior = transform(labels.label_posterior)(given, eta, rates)
    expected = [joint[1] / joint.sum(axis=0)]
    np.testing.assert_allclose(posterior, expected, rtol=1e-6)


def test_rates_of_each_class_are_those_of_one_class_at_a_time():
    p, given = draws.uniform(0, 20, 3), draws.labels(1, 20, 3)
    rates = NoiseRates(jnp.array([0.1, 0.0, 0.4]), jnp.array([0.0, 0.2, 0.3]))
    posterior = labels.label_posterior(given, p, rates)
    for c in range(3):
        one = NoiseRates(float(rates.missing[c]), float(rates.wrong[c]))
        alone = labels.label_posterior(given[:, c : c + 1], p[:, c : c + 1], one)
        np.testing.assert_allclose(posterior[:, c : c + 1], alone, rtol=1e-6)


def test_without_noise_labels_stay_as_given():
    p = jnp.array([[0.0, 1.0, 0.3], [0.0, 1.0, 0.9]])
    given = jnp.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    posterior = labels.label_posterior(given, p, NoiseRates(0.0, 0.0))
    np.testing.assert_array_equal(posterior, given)


def test_the_posterior_grows_with_eta_and_with_the_given_label():
    p = jnp.linspace(0.0, 1.0, 101)[:, None]
    rates = NoiseRates(0.3, 0.1)
    without, given = (
        labels.label_posterior(jnp.full_like(p, y), p, rates) for y in (0.0, 1.0)
    )
    for posterior in (without, given):
        assert (float(posterior.min()), float(posterior.max())) == (0, 1)
        assert (jnp.diff(posterior, axis=0) >= 0).all()
    assert (given >= without).all()


def test_the_mean_posterior_is_the_share_of_true_labels():
    """Posteriors of drawn labels, with the true η, are calibrated."""
    rng = np.random.default_rng(0)
    eta = rng.uniform(size=(100_000, 1)) ** 3
    true = rng.uniform(size=eta.shape) < eta
    given = np.where(
        true, rng.uniform(size=eta.shape) > 0.3, rng.uniform(size=eta.shape) < 0.1
    )
    chance = jnp.asarray(eta, jnp.float32)
    posterior = np.asarray(
        labels.label_posterior(
            jnp.asarray(given, jnp.float32), chance, NoiseRates(0.3, 0.1)
        )
    )
    for low in np.arange(0, 1, 0.1):
        chosen = (posterior >= low) & (posterior < low + 0.1)
        spread = 4 * 0.5 / np.sqrt(chosen.sum())
        assert abs(true[chosen].mean() - posterior[chosen].mean()) < spread


@pytest.mark.errors
def test_shapes_must_agree():
    with pytest.raises(ValueError, match="labels: got shape"):
        labels.label_posterior(jnp.ones((2, 3)), jnp.ones((2, 2)), NoiseRates(0.1, 0.1))
