import draws
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import losses
from scbch_jax.losses import proxies

pytestmark = pytest.mark.usefixtures("strict")


@pytest.mark.parametrize("order", [1, 2, 8, 64])
def test_rows_of_a_hadamard_matrix_are_orthogonal(order):
    matrix = proxies.hadamard(order)
    np.testing.assert_array_equal(matrix @ matrix.T, order * np.eye(order))


@pytest.mark.errors
@pytest.mark.parametrize("order", [0, 3, 24])
def test_other_orders_have_no_such_matrix(order):
    with pytest.raises(ValueError, match=f"order: got {order}, wanted a power of 2"):
        proxies.hadamard(order)


def test_missing_proxies_are_balanced_and_differ_by_key(key):
    found = losses.hadamard_proxies(key, classes=40, bits=16)
    half = proxies.hadamard(16)
    np.testing.assert_array_equal(found[:32], np.concatenate([half, -half]))
    np.testing.assert_array_equal(found[32:].sum(axis=1), 0)
    other = losses.hadamard_proxies(jax.random.key(1), classes=40, bits=16)
    assert not np.array_equal(found, other)


def test_well_separated_proxies_are_chosen_of_the_draws():
    """With 64 bits, rows at a distance of more than 16 from all are easily drawn."""
    found = losses.hadamard_proxies(jax.random.key(0), classes=140, bits=64)
    distances = (64 - np.asarray(found) @ np.asarray(found).T) / 2
    others = distances[np.triu_indices(140, k=1)]
    assert others.min() > 16
    assert others.mean() >= 32


def test_the_majority_is_counted_bit_by_bit(batch, transform):
    labels, tie = batch[2], jnp.array([1.0, -1, 1, -1, 1, 1, -1, -1])
    rows = losses.hadamard_proxies(jax.random.key(0), classes=4, bits=8)
    found = np.asarray(transform(losses.majority_codes)(labels, rows, tie))
    for code, own in zip(found, np.asarray(labels), strict=True):
        for bit in range(8):
            votes = np.asarray(rows)[own > 0, bit].sum()
            assert code[bit] == (np.sign(votes) if votes else tie[bit])


def test_cross_entropy_is_that_of_the_relaxed_code(transform):
    logits = draws.normal(1, 5, 8)
    targets = jnp.sign(draws.normal(2, 5, 8))
    found = transform(losses.proxy_cross_entropy)(logits, targets)
    probability = (1 + np.tanh(np.asarray(logits, np.float64))) / 2
    right = np.where(np.asarray(targets) > 0, probability, 1 - probability)
    np.testing.assert_allclose(found, -np.log(right).mean(axis=1), rtol=1e-5)


def test_cross_entropy_of_large_logits_is_finite():
    value = losses.proxy_cross_entropy(jnp.full((1, 2), -1e4), jnp.ones((1, 2)))
    np.testing.assert_allclose(value, 2e4)
