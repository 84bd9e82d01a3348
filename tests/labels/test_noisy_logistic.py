import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import labels
from scbch_jax.labels import NoiseRates

ROWS = 4000


@pytest.fixture(scope="module")
def drawn():
    """Inputs, true logits, and labels that miss 20 % and have 5 % wrong ones."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(ROWS, 2)).astype(np.float32)
    logits = np.stack([3 * inputs[:, 0] - 1, -4 * inputs[:, 1]], axis=1)
    true = rng.random((ROWS, 2)) < 1 / (1 + np.exp(-logits))
    lost, added = rng.random((2, ROWS, 2))
    noisy = np.where(true, lost > 0.2, added < 0.05).astype(np.float32)
    return inputs, logits, noisy


def fitted(inputs, noisy, **options):
    options = {"used": jnp.ones((2, 2)), "penalty": 0.01} | options
    return labels.fit_noisy_logistic(inputs, noisy, **options)


def test_the_weights_of_the_clean_labels_are_found(drawn):
    """A fit that ignores the noise gives much smaller ones."""
    inputs, _, noisy = drawn
    model = fitted(inputs, noisy, rates=NoiseRates(0.2, 0.05))
    np.testing.assert_allclose(model.weights, [[3, 0], [0, -4]], atol=0.5)
    np.testing.assert_allclose(model.intercept, [-1, 0], atol=0.3)
    ignorant = fitted(inputs, noisy, rates=NoiseRates(0.0, 0.0))
    assert jnp.abs(ignorant.weights).max() < 2


def test_rates_are_estimated_from_noisy_labels_alone(drawn):
    inputs, logits, noisy = drawn
    model = fitted(inputs, noisy)
    np.testing.assert_allclose(model.rates.missing, 0.2, atol=0.04)
    np.testing.assert_allclose(model.rates.wrong, 0.05, atol=0.02)
    found = jax.nn.sigmoid(model.logits(inputs))
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-logits)), atol=0.1)


def test_without_noise_it_is_ordinary_logistic_regression(drawn):
    """Newton's method in float64, from the equations."""
    inputs, _, noisy = drawn
    model = fitted(inputs, noisy, rates=NoiseRates(0.0, 0.0), penalty=5.0)
    design = np.c_[inputs, np.ones(ROWS)].astype(np.float64)
    penalty = np.diag([5.0, 5.0, 0.0])
    for c in range(2):
        found = np.zeros(3)
        for _ in range(20):
            p = 1 / (1 + np.exp(-design @ found))
            gradient = design.T @ (p - noisy[:, c]) + penalty @ found
            hessian = (design.T * (p * (1 - p))) @ design + penalty
            found -= np.linalg.solve(hessian, gradient)
        own = [*model.weights[:, c], model.intercept[c]]
        np.testing.assert_allclose(own, found, atol=2e-3)


def test_rows_of_weight_zero_are_left_out(drawn):
    inputs, _, noisy = drawn
    weight = (np.arange(ROWS) < ROWS // 2).astype(np.float32)
    rates = NoiseRates(0.2, 0.05)
    changed = np.where(weight[:, None] > 0, noisy, 1 - noisy)
    both = [
        fitted(inputs, y, rates=rates, row_weights=weight) for y in (noisy, changed)
    ]
    for a, b in zip(*map(jax.tree.leaves, both), strict=True):
        np.testing.assert_array_equal(a, b)


def test_inputs_that_a_class_may_not_use_get_no_weight(drawn):
    inputs, _, noisy = drawn
    model = fitted(inputs, noisy, used=jnp.eye(2), rates=NoiseRates(0.2, 0.05))
    assert model.weights[0, 1] == model.weights[1, 0] == 0
    assert (jnp.abs(jnp.diagonal(model.weights)) > 1).all()


def test_certain_rows_and_classes_without_labels_give_finite_weights():
    inputs = np.linspace(-1e4, 1e4, 64, dtype=np.float32)[:, None].repeat(2, axis=1)
    noisy = np.stack([inputs[:, 0] > 0, np.zeros(64)], axis=1).astype(np.float32)
    model = fitted(inputs, noisy)
    assert all(jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(model))


def test_fewer_optimizations_and_a_transformation_change_only_rounding(
    drawn, monkeypatch
):
    """In a function that JAX traces, options of the compiler would be an error."""
    inputs, _, noisy = drawn
    usual = fitted(inputs, noisy)
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    for fit in (fitted, jax.jit(fitted)):
        for a, b in zip(
            *map(jax.tree.leaves, (usual, fit(inputs, noisy))), strict=True
        ):
            np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)


@pytest.mark.errors
def test_rows_must_align():
    with pytest.raises(ValueError, match="rows"):
        fitted(np.zeros((3, 2), np.float32), np.zeros((4, 2), np.float32))
