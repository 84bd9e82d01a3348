from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import optax

from scbch_jax.optim import torch_adam
from scbch_jax.optim.pytorch import (
    one_minus_power,
    scale_after_epochs,
    step_if,
    torch_clip,
    torch_rmsprop,
    torch_sgd,
)


def test_weight_decay_is_added_before_the_moments():
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
            value = one_minus_power(base, jnp.int32(count))
            np.testing.assert_allclose(value, 1 - base**count, rtol=3e-7)
    written = 1 - jnp.float32(0.999) ** 1
    assert abs(written / 0.001 - 1) > 1e-5


class State(NamedTuple):
    epoch: Any


def steps(optimizer, weight, gradients, *states):
    """Weights after each step, from one weight."""
    params, found = jnp.array(weight), []
    memory = optimizer.init(params)
    for gradient, state in zip(gradients, states or [None] * 9, strict=False):
        given = {} if state is None else {"method_state": state}
        change, memory = optimizer.update(jnp.array(gradient), memory, params, **given)
        params = optax.apply_updates(params, change)
        found.append(float(params))
    return found


def test_momentum_by_hand():
    weight, trace, expected = 2.0, 0.0, []
    for gradient in (1.0, -3.0, 0.5):
        trace = 0.9 * trace + gradient + 0.5 * weight
        weight -= 0.1 * trace
        expected.append(weight)
    found = steps(torch_sgd(0.1, momentum=0.9, weight_decay=0.5), 2.0, (1.0, -3.0, 0.5))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_rmsprop_by_hand():
    weight, square, expected = 2.0, 0.0, []
    for gradient in (1.0, -3.0, 0.5):
        g = gradient + 0.5 * weight
        square = 0.99 * square + 0.01 * g * g
        weight -= 0.1 * g / (np.sqrt(square) + 1e-8)
        expected.append(weight)
    found = steps(torch_rmsprop(0.1, weight_decay=0.5), 2.0, (1.0, -3.0, 0.5))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_clipping_uses_the_norm_of_all_arrays():
    clip, long = torch_clip(1.0), {"a": jnp.array([3.0]), "b": jnp.array([0.0, 4.0])}
    short, _ = clip.update(long, clip.init(long))
    np.testing.assert_allclose(short["a"], [3 / (5 + 1e-6)], rtol=1e-7)
    np.testing.assert_allclose(short["b"], [0, 4 / (5 + 1e-6)], rtol=1e-7)
    same, _ = clip.update(short, clip.init(long))
    np.testing.assert_allclose(same["b"], short["b"], rtol=1e-6)


def test_steps_shrink_after_each_of_the_epochs():
    optimizer = optax.chain(optax.scale(-1.0), scale_after_epochs((1, 3)))
    states = [State(jnp.int32(e)) for e in range(5)]
    found = steps(optimizer, 0.0, [1.0] * 5, *states)
    changes = np.diff([0.0, *found])
    np.testing.assert_allclose(changes, [-1, -1, -0.1, -0.1, -0.01], rtol=1e-4)


def test_a_skipped_step_does_not_change_the_state():
    inner = torch_sgd(0.1, momentum=0.9, weight_decay=0.5)
    optimizer = step_if(lambda state: state.epoch > 0, inner)
    states = [State(jnp.int32(e)) for e in (1, 0, 1)]
    found = steps(optimizer, 2.0, (1.0, 7.0, 0.5), *states)
    assert found[1] == found[0]
    without = steps(inner, 2.0, (1.0, 0.5))
    np.testing.assert_array_equal([found[0], found[2]], without)
