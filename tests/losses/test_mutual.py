import draws
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import losses

pytestmark = pytest.mark.usefixtures("strict")


def test_contrast_against_double_loop(transform):
    image, text = jnp.tanh(draws.normal(1, 2, 5, 8))
    found = transform(losses.text_to_image_contrast)(image, text)
    for j in range(5):
        force = [np.exp(float(image[i] @ text[j])) for i in range(5)]
        np.testing.assert_allclose(found[j], -np.log(force[j] / sum(force)), rtol=1e-5)


def test_contrast_of_opposed_codes_is_finite():
    """The softmax underflows: inner products differ by 256."""
    image = jnp.concatenate([jnp.ones((1, 128)), -jnp.ones((1, 128))])

    def loss(text):
        return losses.text_to_image_contrast(image, text).sum()

    value, slope = jax.value_and_grad(loss)(-image)
    np.testing.assert_allclose(value, 512)
    assert np.isfinite(slope).all()


def test_divergence_is_that_of_the_definition(transform):
    image, text = draws.normal(1, 2, 5, 8)
    found = transform(losses.bernoulli_divergence)(image, text)
    p, q = (1 / (1 + np.exp(-2 * np.asarray(z, np.float64))) for z in (image, text))
    bits = p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))
    bits += q * np.log(q / p) + (1 - q) * np.log((1 - q) / (1 - p))
    np.testing.assert_allclose(found, bits.mean(axis=1), rtol=1e-5)
