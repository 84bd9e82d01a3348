"""Random inputs of tests, by NumPy: each shape that jax.random draws is compiled."""

import jax.numpy as jnp
import numpy as np


def normal(seed, *shape):
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


def uniform(seed, *shape):
    return jnp.asarray(np.random.default_rng(seed).uniform(size=shape), jnp.float32)


def labels(seed, n, classes, share=0.3):
    drawn = np.random.default_rng(seed).uniform(size=(n, classes)) < share
    return jnp.asarray(drawn, jnp.float32)
