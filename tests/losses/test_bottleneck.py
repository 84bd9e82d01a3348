import hand_checked
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import losses

pytestmark = pytest.mark.usefixtures("strict")


def test_hand_checked_values(transform):
    place = jnp.asarray(1 + hand_checked._PLACE, jnp.float32)
    sine, cosine = jnp.sin(place), jnp.cos(place)
    divergence = transform(losses.normal_divergence)(sine, 0.5 * cosine)
    np.testing.assert_allclose(divergence, 9.019316, rtol=3e-7)
    features = jnp.maximum(sine, 0)
    prediction = transform(losses.feature_prediction_loss)(cosine, features)
    np.testing.assert_allclose(prediction, 24.022053, rtol=3e-7)
    both = prediction + 0.01 * divergence
    np.testing.assert_allclose(both, 24.112246, rtol=3e-7)


def test_the_divergence_is_least_for_the_standard_normal_distribution():
    zeros = jnp.zeros((2, 3))
    value, slopes = jax.value_and_grad(losses.normal_divergence, argnums=(0, 1))(
        zeros, zeros
    )
    assert float(value) == 0
    assert not any(slope.any() for slope in slopes)


def test_features_that_are_predicted_have_no_gradient():
    features = jnp.array([[0.5, 2.0]])
    loss = losses.feature_prediction_loss
    of_predicted, of_features = jax.grad(loss, argnums=(0, 1))(features, features)
    assert not of_features.any()
    np.testing.assert_allclose(of_predicted, 0, atol=1e-7)


@pytest.mark.errors
def test_other_shapes_are_refused():
    for loss in (losses.normal_divergence, losses.feature_prediction_loss):
        with pytest.raises(ValueError, match="shape"):
            loss(jnp.ones((2, 3)), jnp.ones((3, 2)))
