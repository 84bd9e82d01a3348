import jax.numpy as jnp
import numpy as np
import optax

from scbch_jax.methods import torch_adam


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
        np.testing.assert_allclose(params, weight, rtol=1e-5)
