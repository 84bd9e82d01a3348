import draws
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import networks
from scbch_jax.networks.hash_network import bf16_matmul

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
