import draws
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import references

from scbch_jax import losses

pytestmark = pytest.mark.usefixtures("strict")


@pytest.fixture
def logits():
    return draws.normal(1, 2, 7, 4)


def test_against_triple_loop(batch, logits, transform):
    labels, weights = batch[2], jnp.linspace(0.5, 1.0, 7)
    value = transform(losses.classification_loss)(*logits, labels, weights)
    expected = references.classification(*np.asarray(logits), labels, weights)
    np.testing.assert_allclose(value, expected, rtol=1e-5)


def test_by_hand():
    """Logits of 0 are probabilities of 1/2: log 2 for every label."""
    zeros, weights = jnp.zeros((2, 3)), jnp.array([1.0, 0.5])
    value = losses.classification_loss(zeros, zeros, jnp.eye(2, 3), weights)
    np.testing.assert_allclose(value, 0.75 * np.log(2), rtol=1e-6)


def test_a_row_of_weight_zero_does_not_matter(batch, logits):
    labels = batch[2]
    weights = jnp.ones(7).at[3].set(0.0)
    before = losses.classification_loss(*logits, labels, weights)
    after = losses.classification_loss(*logits, labels.at[3].set(1.0), weights)
    np.testing.assert_allclose(before, after, rtol=1e-6)


def test_large_logits_give_a_finite_loss(batch):
    huge = jnp.full((7, 4), 1e4)
    value = losses.classification_loss(huge, -huge, batch[2], jnp.ones(7))
    assert bool(jnp.isfinite(value))


@pytest.mark.errors
def test_confidence_needs_a_value_for_each_row(batch, logits):
    with pytest.raises(ValueError, match="confidence: got 6 rows, wanted 7 as labels"):
        losses.classification_loss(*logits, batch[2], jnp.ones(6))


@pytest.mark.parametrize("q", [0.01, 0.5, 1.0])
def test_generalized_cross_entropy_is_that_of_the_formula(transform, q):
    p = np.array([1e-6, 0.01, 0.3, 0.999, 1.0])
    loss = transform(lambda x: losses.generalized_cross_entropy(x, exponent=q))
    wanted = references.robust_map(p, q)
    value = loss(jnp.asarray(np.log(p), jnp.float32))
    np.testing.assert_allclose(value, wanted, rtol=2e-6, atol=1e-7)


def test_generalized_cross_entropy_of_probability_zero_is_finite():
    def loss(x):
        return losses.generalized_cross_entropy(x, exponent=0.01)

    value, slope = jax.value_and_grad(loss)(-jnp.inf)
    assert float(value) == pytest.approx(99.01, rel=1e-6)
    assert float(slope) == 0
