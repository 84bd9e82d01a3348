import draws
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from scbch_jax.optim import torch_adam
from scbch_jax.optim.bf16_state import bf16_state, stochastic_round


def test_rounding_is_right_on_average_and_to_a_neighbor():
    values = draws.normal(1, 40, 50) * 10.0 ** draws.normal(2, 40, 50)
    drawn = np.stack([stochastic_round(values, jnp.int32(s)) for s in range(400)])
    relative = drawn.astype(np.float64) / np.asarray(values, np.float64) - 1
    assert np.abs(relative).max() < 2**-7, "the next of 8 digits, above or below"
    error = relative.mean(axis=0)
    # Of 400 draws within a distance of 2^-7 the mean spreads by at most 2^-8 / 20.
    assert np.abs(error).max() < 5 * 2**-8 / 20
    assert np.abs(error.mean()) < 5 * 2**-8 / 20 / np.sqrt(values.size)


def test_bfloat16_values_stay():
    values = jnp.asarray([0.0, -0.0, 1.0, -2.5, 3.0e-20, 2.0**100])
    short = values.astype(jnp.bfloat16).astype(jnp.float32)
    for salt in range(20):
        kept = stochastic_round(short, jnp.int32(salt)).astype(jnp.float32)
        np.testing.assert_array_equal(kept, short)


def test_the_rounding_depends_on_the_salt_only():
    values = draws.normal(1, 200)
    one, same, other = (stochastic_round(values, jnp.int32(s)) for s in (3, 3, 4))
    np.testing.assert_array_equal(one, same)
    differ = np.mean(np.asarray(one != other))
    assert 0.2 < differ < 0.8


def test_small_updates_of_a_mean_are_not_lost():
    """A square's mean that halves in 693 steps; the nearest bfloat16 would not move."""
    shrink = optax.GradientTransformation(
        lambda params: params, lambda u, state, params=None: (u, 0.999 * state)
    )
    optimizer = bf16_state(shrink)
    start = jnp.ones(4000)

    def step(_, state):
        return optimizer.update(start, state)[1]

    state = jax.lax.fori_loop(0, 693, step, optimizer.init(start))
    assert state.inner.dtype == jnp.bfloat16
    left = np.asarray(state.inner, np.float64).mean()
    assert left == pytest.approx(0.999**693, rel=0.005)


def test_adam_steps_nearly_as_with_float32_state():
    params = draws.normal(1, 30, 20)
    adam = torch_adam(1e-2, weight_decay=0.0)
    moved = []
    for optimizer in (adam, bf16_state(adam)):
        weights, state = params, optimizer.init(params)
        step = jax.jit(optimizer.update)
        for number in range(50):
            change, state = step(draws.normal(number, 30, 20) + 1.0, state, weights)
            weights = optax.apply_updates(weights, change)
        moved.append(np.asarray(weights - params))
    assert np.abs(moved[0] - moved[1]).max() < 0.03 * np.abs(moved[0]).max()
    leaves = [x for x in jax.tree.leaves(state) if x.ndim]
    assert {x.dtype for x in leaves} == {jnp.dtype(jnp.bfloat16)}
