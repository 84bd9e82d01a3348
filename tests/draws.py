"""Random inputs of tests, by NumPy: JAX compiles for each shape that it draws."""

import jax
import numpy as np


def normal(seed, *shape):
    return _on_device(np.random.default_rng(seed).normal(size=shape))


def uniform(seed, *shape):
    return _on_device(np.random.default_rng(seed).uniform(size=shape))


def labels(seed, n, classes, share=0.3):
    return _on_device(np.random.default_rng(seed).uniform(size=(n, classes)) < share)


def _on_device(values):
    return jax.device_put(values.astype(np.float32))
