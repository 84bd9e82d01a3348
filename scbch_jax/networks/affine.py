"""The text network of CMMQ's released code: two linear layers, nothing in between."""

import math
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from scbch_jax.networks.hash_network import Network, layer_product

FIRST_STD, LAST_STD = 0.01, 0.5
"""Standard deviations of the initial weights, normal about 0; biases start at 0."""


def affine_network(*, features: int, bits: int) -> Network:
    """Features to codes by two linear layers, then tanh.

    The released code computes a ReLU between them and does not use it, so that the
    function before tanh is affine. The hidden layer has (features + bits) / 2 units,
    rounded up.

    Args:
        features: width of the input.
        bits: code length.
    """
    hidden = math.ceil((features + bits) / 2)

    def init(key: Key[Array, ""]) -> Any:
        first, last = jax.random.split(key)
        return {
            "layer_0": _layer(first, features, hidden, FIRST_STD),
            "layer_1": _layer(last, hidden, bits, LAST_STD),
        }

    def logits(params: Any, rows: Float[Array, "n features"]) -> Any:
        for layer in (params["layer_0"], params["layer_1"]):
            rows = layer_product(rows, layer["kernel"]) + layer["bias"][None]
        return rows

    def apply(params: Any, rows: Float[Array, "n features"]) -> Any:
        return jnp.tanh(logits(params, rows))

    def train(params: Any, rows: Any, key: Key[Array, ""]) -> Any:
        return apply(params, rows)

    return Network(init, apply, train, logits)


def _layer(key: Key[Array, ""], inputs: int, units: int, std: float) -> Any:
    kernel = std * jax.random.normal(key, (inputs, units))
    return {"kernel": kernel, "bias": jnp.zeros(units)}
