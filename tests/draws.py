"""Random inputs of tests, by NumPy: each shape that JAX draws or converts is compiled."""

import jax
import numpy as np


def normal(seed, *shape):
    return jax.device_put(np.random.default_rng(seed).normal(size=shape).astype(np.float32))


def uniform(seed, *shape):
    return jax.device_put(np.random.default_rng(seed).uniform(size=shape).astype(np.float32))


def labels(seed, n, classes, share=0.3):
    drawn = np.random.default_rng(seed).uniform(size=(n, classes)) < share
    return jax.device_put(drawn.astype(np.float32))
