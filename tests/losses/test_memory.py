import draws
import hand_checked
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import references

from scbch_jax import losses

pytestmark = pytest.mark.usefixtures("strict")


def test_a_row_after_the_hand_checked_step():
    memory = losses.update_memory_bank(
        hand_checked.memory(),
        jnp.arange(4),
        *hand_checked.unit_codes(),
        momentum=0.4,
        unit_length=True,
    )
    row = [0.546200, 0.260095, -0.387509, -0.559073, 0.046492, -0.008992, 0.208795]
    np.testing.assert_allclose(memory[0], [*row, 0.354195], atol=6e-7)


def test_the_memory_by_hand():
    """The paper's update: plain averages; rows outside the batch stay."""
    memory = jnp.array([[1.0, 0.0], [0.0, 1.0]])
    image, text = jnp.array([[0.0, 2.0]]), jnp.array([[4.0, 0.0]])
    out = losses.update_memory_bank(
        memory, jnp.array([1]), image, text, momentum=0.5, unit_length=False
    )
    np.testing.assert_allclose(out, [[1.0, 0.0], [1.0, 1.0]])
    out = losses.update_memory_bank(
        memory, jnp.array([1]), image, text, momentum=0.0, unit_length=True
    )
    np.testing.assert_allclose(out[1], np.array([2.0, 1.0]) / 5**0.5, rtol=1e-6)


def test_the_memory_has_no_gradient():
    def total(codes):
        memory = jnp.eye(3, 8)
        return losses.update_memory_bank(
            memory, jnp.arange(3), codes, codes, momentum=0.4, unit_length=True
        ).sum()

    assert not jax.grad(total)(draws.normal(0, 3, 8)).any()


def test_contrast_against_a_loop(transform):
    """A row drawn twice counts twice, and so does the own row if it is drawn."""
    codes, keys = draws.normal(1, 3, 8), jnp.sign(draws.normal(2, 5, 8))
    own, drawn = jnp.array([0, 3, 4]), jnp.array([[1, 1], [3, 2], [0, 1]])

    def loss(codes, keys):
        times = losses.negative_counts(own, drawn, samples=5)
        return losses.memory_contrast_loss(codes, keys, own, times, temperature=2.5)

    value = transform(loss)(codes, keys)
    inputs = (np.asarray(x, np.float64) for x in (codes, keys))
    expected = references.contrast(*inputs, own, drawn, 2.5)
    np.testing.assert_allclose(value, expected, rtol=1e-6)


def test_counts_of_draws_equal_gathered_rows():
    """Value and gradient of the sum over drawn keys, as the released code forms it."""
    codes, keys = draws.normal(1, 3, 8), jnp.sign(draws.normal(2, 5, 8))
    own, drawn = jnp.array([0, 3, 4]), jnp.array([[1, 1], [3, 2], [0, 1]])

    def counted(codes):
        times = losses.negative_counts(own, drawn, samples=5)
        return losses.memory_contrast_loss(codes, keys, own, times, temperature=2.5)

    def gathered(codes):
        rows = keys[jnp.concatenate([own[:, None], drawn], axis=1)]
        logits = jnp.einsum("nkb,nb->nk", rows, codes) / 2.5
        return -jax.nn.log_softmax(logits)[:, 0].mean()

    for value, expected in zip(
        jax.value_and_grad(counted)(codes),
        jax.value_and_grad(gathered)(codes),
        strict=True,
    ):
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-7)


def test_draws_are_uniform(key):
    drawn = losses.drawn_negatives(key, jnp.arange(50), negatives=2000, samples=10)
    counts = np.bincount(np.asarray(drawn).ravel(), minlength=10)
    assert drawn.shape == (50, 2000)
    # 100,000 draws: the standard error of a tenth is 95.
    assert abs(counts - 10_000).max() < 500
