import draws
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import losses

pytestmark = pytest.mark.usefixtures("strict")

LOGITS = jnp.array([0.3, -0.2, 0.1, 0.5])


def test_hand_checked_values(transform):
    np.testing.assert_allclose(transform(losses.real_loss)(LOGITS), 0.617742, atol=5e-7)
    np.testing.assert_allclose(transform(losses.fake_loss)(LOGITS), 0.792742, atol=5e-7)


def test_large_scores_stay_finite():
    """log(1 + exp(D)) as written overflows at 89."""
    far = jnp.array([200.0, -200.0])
    assert losses.real_loss(far) == losses.fake_loss(far) == 100


def test_the_penalty_of_a_linear_discriminator_is_that_of_its_weights(transform):
    weights = jnp.array([3.0, 4.0])

    def penalty(points):
        return losses.gradient_penalty(lambda z: z @ weights, points)

    assert transform(penalty)(draws.normal(1, 5, 2)) == 16


def test_the_penalty_has_the_gradient_of_its_formula():
    """Of D(z) = w z² / 2: |∇D| = w z, and d/dw (w z - 1)² = 2 z (w z - 1)."""
    point = jnp.array([[2.0]])

    def penalty(weight):
        return losses.gradient_penalty(lambda z: weight * z[:, 0] ** 2 / 2, point)

    value, slope = jax.value_and_grad(penalty)(jnp.float32(3.0))
    assert (value, slope) == (25, 20)


def test_a_discriminator_without_active_units_has_a_finite_gradient():
    def penalty(weight):
        return losses.gradient_penalty(lambda z: weight * z[:, 0], jnp.ones((3, 2)))

    value, slope = jax.value_and_grad(penalty)(jnp.float32(0.0))
    assert (value, slope) == (1, 0)


def test_a_reversed_gradient_leaves_the_values(transform):
    rows = draws.normal(1, 3, 2)
    np.testing.assert_array_equal(transform(losses.reverse_gradient)(rows), rows)
    slope = transform(jax.grad(lambda z: (losses.reverse_gradient(z) ** 3).sum()))(rows)
    np.testing.assert_allclose(slope, -3 * rows**2, rtol=1e-6)
