import draws
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import losses

pytestmark = pytest.mark.usefixtures("strict")

FIRST = jnp.array([[0.5, -0.5], [0.25, 0.75], [-0.5, 0.5], [0.1, 0.2]])
SECOND = jnp.array([[0.4, -0.6], [0.3, 0.9], [0.5, 0.5], [-0.2, 0.2]])


def test_hand_checked_value(transform):
    found = transform(losses.linear_dependence)(FIRST, SECOND)
    np.testing.assert_allclose(found, 0.135181, atol=5e-7)


def test_it_is_the_trace_of_centered_kernels():
    first, second = draws.normal(1, 7, 3), draws.normal(2, 7, 5)
    p, q = (np.asarray(x, np.float64) for x in (first, second))
    center = np.eye(7) - 1 / 7
    value = np.trace(p @ p.T @ center @ q @ q.T @ center) / 36
    found = losses.linear_dependence(first, second)
    np.testing.assert_allclose(found, value, rtol=2e-6)


def test_constants_do_not_count_and_one_row_has_none():
    moved = losses.linear_dependence(FIRST + 3.0, SECOND - 2.0)
    np.testing.assert_allclose(moved, 0.135181, atol=5e-6)
    assert losses.linear_dependence(FIRST[:1], SECOND[:1]) == 0


@pytest.mark.errors
def test_vectors_are_refused():
    with pytest.raises(ValueError, match="first"):
        losses.linear_dependence(FIRST[0], SECOND)
