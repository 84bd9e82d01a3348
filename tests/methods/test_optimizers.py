import jax.numpy as jnp
import numpy as np
import optax

from scbch_jax.methods import torch_adam
from scbch_jax.methods.optimizers import one_minus_power


def test_decay_joins_the_gradient_before_the_moments():
    """Three steps of the textbook recursion, by hand."""
    rate, decay, weight = 0.1, 0.5, 2.0
    adam = torch_adam(rate, weight_decay=decay)
    params = jnp.array(weight)
    memory = adam.init(params)
    m = v = 0.0
    for step, gradient in enumerate([1.0, -3.0, 0.5], start=1):
        change, memory = adam.update(jnp.array(gradient), memory, params)
        params = optax.apply_updates(params, change)
        g = gradient + decay * weight
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        weight -= rate * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
        np.testing.assert_allclose(params, weight, rtol=1e-6)


def test_bias_corrections_are_exact():
    """To float32's last digits, where the difference as written loses three of them."""
    for base in (0.9, 0.999):
        for count in (1, 2, 10, 1000, 100_000):
            ours = one_minus_power(base, jnp.int32(count))
            np.testing.assert_allclose(ours, 1 - base**count, rtol=3e-7)
    written = 1 - jnp.float32(0.999) ** 1
    assert abs(written / 0.001 - 1) > 1e-5
