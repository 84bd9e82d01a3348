import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import losses

pytestmark = pytest.mark.usefixtures("strict")


def test_by_hand(transform):
    codes = jnp.array([[0.5, -1.0], [-0.25, 0.75]])
    value = transform(losses.quantization_loss)(codes)
    np.testing.assert_allclose(value, (0.5 + 0 + 0.75 + 0.25) / 4, rtol=1e-6)


def test_binary_codes_have_no_loss():
    assert losses.quantization_loss(jnp.array([[1.0, -1.0]])) == 0


def test_the_printed_term_has_the_opposite_sign():
    codes = jnp.array([[0.5, -1.0], [-0.25, 0.75]])
    printed = losses.paper_quantization_loss(codes)
    np.testing.assert_allclose(printed, -losses.quantization_loss(codes), rtol=1e-6)
