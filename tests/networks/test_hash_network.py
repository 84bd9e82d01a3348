import draws
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import networks
from scbch_jax.networks.hash_network import bf16_matmul, torch_uniform

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


DIMS = (((1,), (0,)), ((), ()))


def rounded(x):
    return np.asarray(jnp.asarray(x).astype(jnp.bfloat16).astype(jnp.float32))


@pytest.fixture
def factors():
    return draws.normal(1, 9, 40), draws.normal(2, 40, 7)


def test_factors_are_rounded_and_sums_are_not(factors):
    rows, weights = factors
    expected = rounded(rows).astype(float) @ rounded(weights).astype(float)
    np.testing.assert_allclose(bf16_matmul(rows, weights), expected, rtol=1e-5)
    exact = np.asarray(rows, float) @ np.asarray(weights, float)
    off = np.abs(np.asarray(bf16_matmul(rows, weights)) - exact).max()
    assert 1e-4 < off < 0.1


def test_the_gradient_rounds_its_factors_too(factors):
    rows, weights = factors
    slope = draws.normal(3, 9, 7)
    _, pull = jax.vjp(bf16_matmul, rows, weights)
    to_rows, to_weights = pull(slope)
    short = [rounded(x).astype(float) for x in (rows, weights, slope)]
    np.testing.assert_allclose(to_rows, short[2] @ short[1].T, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(to_weights, short[0].T @ short[2], rtol=1e-5, atol=1e-6)
    assert to_weights.dtype == to_rows.dtype == jnp.float32


@pytest.mark.parametrize("transform", [lambda f: f, jax.jit])
def test_the_setting_chooses_the_product(factors, transform):
    def layer(rows, weights):
        return networks.layer_product(rows, weights, DIMS)

    full = transform(layer)(*factors)
    np.testing.assert_allclose(full, factors[0] @ factors[1], rtol=1e-6, atol=1e-6)
    with jax.default_matmul_precision("bfloat16"):
        short = transform(layer)(*factors)
    np.testing.assert_array_equal(short, transform(bf16_matmul)(*factors))
    assert not np.array_equal(short, full)


def test_vmap_gives_the_same(factors):
    rows, weights = factors
    many = jax.vmap(bf16_matmul)(jnp.stack([rows, 2 * rows]), jnp.stack([weights] * 2))
    np.testing.assert_allclose(many[0], bf16_matmul(rows, weights), rtol=1e-6)
    np.testing.assert_allclose(many[1], 2 * many[0], rtol=1e-6)


def test_a_network_uses_the_set_precision():
    net = networks.hash_network(features=40, widths=(16, 8), unit_length=True)
    params, rows = net.init(jax.random.key(0)), draws.normal(1, 9, 40)
    full = net.apply(params, rows)
    with jax.default_matmul_precision("bfloat16"):
        short = net.apply(params, rows)
    assert 0 < np.abs(np.asarray(full - short)).max() < 0.02


def test_the_last_layer_can_start_in_the_range_of_the_first_without_biases(key):
    net = networks.hash_network(
        features=4,
        widths=(64, 8),
        unit_length=True,
        last_as_first=True,
        last_bias=False,
    )
    last = net.init(key)["layer_1"]
    assert last.keys() == {"kernel"}
    assert 0.45 < float(jnp.abs(last["kernel"]).max()) <= 4**-0.5
