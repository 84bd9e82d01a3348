import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import losses

pytestmark = pytest.mark.usefixtures("strict")


def test_values_are_worked_out_by_hand(transform):
    labels = jnp.array([[1.0, 0, 0], [1, 1, 0], [1, 0, 0], [1, 0, 0]])
    batch = jnp.array([[1.0, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 1], [0, 0, 0]])
    found = transform(losses.rarity)(labels, batch)
    np.testing.assert_array_equal(found, [0, 0.75, 0.375, 1, 1])
    assert losses.rarity(jnp.zeros((2, 3)), batch).tolist() == [1.0] * 5


@pytest.mark.errors
def test_vectors_are_refused():
    with pytest.raises(ValueError, match="batch_labels"):
        losses.rarity(jnp.zeros((2, 3)), jnp.zeros(3))
