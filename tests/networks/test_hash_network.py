import draws
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import networks
from scbch_jax.networks.hash_network import torch_uniform

pytestmark = pytest.mark.usefixtures("strict")


def network(*, layers=3, unit_length=True):
    return networks.hash_network(
        features=10, widths=(12,) * (layers - 1) + (8,), unit_length=unit_length
    )


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_shapes(key, layers):
    net = network(layers=layers)
    params = net.init(key)
    widths = [p["kernel"].shape for p in params.values()]
    expected = {1: [(10, 8)], 2: [(10, 12), (12, 8)], 3: [(10, 12), (12, 12), (12, 8)]}
    assert widths == expected[layers]
    assert net.apply(params, jnp.ones((5, 10))).shape == (5, 8)


def test_the_output_is_that_of_the_formula(key):
    net = network(unit_length=False)
    params = net.init(key)
    rows = np.asarray(draws.normal(1, 5, 10))
    layers = [(np.asarray(p["kernel"]), np.asarray(p["bias"])) for p in params.values()]
    (w0, b0), (w1, b1), (w2, b2) = layers
    hidden = np.maximum(np.maximum(rows @ w0 + b0, 0) @ w1 + b1, 0)
    np.testing.assert_allclose(
        net.apply(params, jnp.asarray(rows)),
        np.tanh(hidden @ w2 + b2),
        rtol=1e-5,
        atol=1e-6,
    )


def test_unit_length_changes_the_length_only(key):
    rows = draws.normal(1, 5, 10)
    params = network().init(key)
    unit, free = (network(unit_length=u).apply(params, rows) for u in (True, False))
    np.testing.assert_allclose(jnp.linalg.norm(unit, axis=1), 1.0, rtol=1e-6)
    np.testing.assert_array_equal(jnp.sign(unit), jnp.sign(free))


def test_a_code_of_zeros_has_no_nan(key):
    net = network()
    params = jax.tree.map(jnp.zeros_like, net.init(key))

    def total(params):
        return net.apply(params, jnp.ones((2, 10))).sum()

    value, grads = jax.value_and_grad(total)(params)
    assert value == 0
    assert all(bool(jnp.isfinite(g).all()) for g in jax.tree.leaves(grads))


def test_initial_weights_are_pytorchs_uniform(key):
    """Weights and biases within ±1/√fan_in, filling it, with the right variance."""
    net = networks.hash_network(features=400, widths=(300, 300, 8), unit_length=True)
    params = net.init(key)
    for layer, fan_in in (("layer_0", 400), ("layer_1", 300)):
        bound = fan_in**-0.5
        for values in params[layer].values():
            assert float(jnp.abs(values).max()) <= bound
            assert float(jnp.abs(values).max()) > 0.97 * bound
            np.testing.assert_allclose(values.std(), bound / 3**0.5, rtol=0.1)


def test_uniform_is_a_function_of_its_key(key):
    init = torch_uniform(25)
    np.testing.assert_array_equal(init(key, (4, 4)), init(jax.random.key(0), (4, 4)))


@pytest.mark.parametrize(("bits", "classes"), [(16, 24), (64, 24), (8, 8)])
def test_classifiers_start_orthogonal(key, bits, classes):
    weights = networks.classifier(key, bits=bits, classes=classes)
    assert weights.shape == (bits, classes)
    small = weights @ weights.T if bits <= classes else weights.T @ weights
    np.testing.assert_allclose(small, np.eye(min(bits, classes)), atol=1e-5)
