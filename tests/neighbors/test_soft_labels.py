import draws
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import references

from scbch_jax import neighbors

pytestmark = pytest.mark.usefixtures("strict")


@pytest.fixture
def samples():
    labels = draws.labels(3, 30, 5).at[4].set(0.0)
    return draws.uniform(1, 30, 8), draws.uniform(2, 30, 8), labels


@pytest.mark.parametrize("reading", ["official", "paper"])
@pytest.mark.parametrize("k", [1, 5, 29])
def test_soft_labels_against_a_loop(samples, reading, k):
    soft_labels = neighbors.neighbor_soft_labels(*samples, neighbors=k, reading=reading)
    expected = references.soft_labels(*map(np.asarray, samples), k, reading)
    np.testing.assert_allclose(soft_labels, expected, atol=1e-5)


@pytest.mark.parametrize("block", [1, 7, 30, 512])
def test_blocks_do_not_change_the_soft_labels(samples, block):
    whole = neighbors.neighbor_soft_labels(*samples, neighbors=5)
    parts = neighbors.neighbor_soft_labels(*samples, neighbors=5, block=block)
    np.testing.assert_allclose(whole, parts, atol=1e-6)


@pytest.mark.parametrize("reading", ["official", "paper"])
def test_soft_labels_are_convex_combinations(samples, reading):
    """Of labels in {0, 1}, where all similarities are positive."""
    soft_labels = neighbors.neighbor_soft_labels(*samples, neighbors=5, reading=reading)
    assert float(soft_labels.min()) >= 0
    assert float(soft_labels.max()) <= 1 + 1e-6


def test_no_array_of_all_pairs():
    """No value of the program has all pairs, nor a block of rows against all."""
    samples, block, columns = 640, 64, 128
    codes, labels = jnp.ones((samples, 8)), jnp.ones((samples, 3))

    def soft_labels(image, text, labels):
        return neighbors.neighbor_soft_labels(
            image, text, labels, neighbors=2, block=block, column_block=columns
        )

    text = jax.jit(soft_labels).lower(codes, codes, labels).as_text()
    assert f"{block}x{columns}xf32" in text
    for rows in (block, samples):
        assert f"{rows}x{samples}x" not in text
        assert f"{samples}x{rows}x" not in text


def test_confidence_by_hand():
    labels = jnp.array([[1.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    soft = jnp.array([[2.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    weights = neighbors.confidence_weights(labels, soft, floor=0.5)
    expected = [1.0, 0.5, 0.5 + 0.5 / np.sqrt(2), 0.5]
    np.testing.assert_allclose(weights, expected, rtol=1e-6)


def test_confidence_stays_between_floor_and_one(samples):
    soft = neighbors.neighbor_soft_labels(*samples, neighbors=5)
    weights = neighbors.confidence_weights(samples[2], soft, floor=0.3)
    assert float(weights.min()) >= 0.3 - 1e-6
    assert float(weights.max()) <= 1 + 1e-6


@pytest.mark.errors
def test_k_must_be_below_the_number_of_samples(samples):
    with pytest.raises(ValueError, match="neighbors: got 30, wanted 1 to 29"):
        neighbors.neighbor_soft_labels(*samples, neighbors=30)
