"""Small inputs whose results were computed by hand."""

import jax.numpy as jnp
import numpy as np

_PLACE = 8 * np.arange(4)[:, None] + np.arange(8)


def logits():
    """Rows of sin(1 + 8i + j) and cos(1 + 8i + j)."""
    return jnp.asarray([np.sin(1 + _PLACE), np.cos(1 + _PLACE)], jnp.float32)


def unit_codes():
    """Rows of tanh sin(1 + 8i + j) and tanh cos(1 + 8i + j), of unit length."""
    rows = np.tanh([np.sin(1 + _PLACE), np.cos(1 + _PLACE)])
    return jnp.asarray(rows / np.linalg.norm(rows, axis=2, keepdims=True), jnp.float32)


def memory():
    """Signs of sin 2(8i + j), 0 counting as positive, rows of unit length."""
    signs = np.where(np.sin(2 * _PLACE) >= 0, 1.0, -1.0)
    return jnp.asarray(signs / np.sqrt(8), jnp.float32)


def prototypes():
    place = 8 * np.arange(5)[:, None] + np.arange(8)
    return jnp.asarray(np.sin(0.5 * place), jnp.float32)


LABELS = jnp.array(
    [[1, 0, 1, 0, 0], [0, 1, 0, 0, 1], [1, 1, 0, 0, 0], [0, 0, 0, 1, 0]], jnp.float32
)


def asymmetric():
    """Codes of a batch, two tables of six rows, and the labels of those rows."""
    place = 0.3 * (8 * np.arange(6)[:, None] + np.arange(8))
    codes = jnp.asarray(np.tanh(np.sin(1 + _PLACE)), jnp.float32)
    tables = (jnp.asarray(f(place), jnp.float32) for f in (np.cos, np.sin))
    more = jnp.array([[0, 1, 0, 1, 0], [0, 0, 1, 0, 0]], jnp.float32)
    return codes, tuple(tables), jnp.concatenate([LABELS, more])
