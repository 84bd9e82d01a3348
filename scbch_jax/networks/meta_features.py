"""Direct features of a modality, gated with two parts that an autoencoder finds."""

from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from scbch_jax.networks.layers import torch_dense


class MetaOutputs(NamedTuple):
    """What the network computes; nothing bounds any of it."""

    meta: Float[Array, "n bits"]
    """M: the direct features, and the gated parts. Hash codes are its signs."""
    individuality: Float[Array, "n bits"]
    """P: the part that should be independent of the other modality."""
    commonality: Float[Array, "n bits"]
    """C: the part that should agree with the other modality."""
    reconstruction: Float[Array, "n features"]
    """The features, predicted from both parts."""


class MetaNetwork(NamedTuple):
    """The network of one modality as pure functions."""

    init: Callable[[Key[Array, ""]], Any]
    """key -> weights"""
    outputs: Callable[[Any, Any, Any], MetaOutputs]
    """(weights, features, factors of each row's gates [n] or None) -> outputs"""


def meta_feature_network(*, features: int, hidden: int, bits: int) -> MetaNetwork:
    """Makes the network, of linear layers that start as PyTorch's.

        e = relu(layer x),  F, P, C = layers e,  (g, g') = sigmoid(layer F)
        M = F + g P + g' C,  reconstruction = layer relu(layer (P, C))

    Args:
        features: width of the features x.
        hidden: width of the hidden layers.
        bits: width of F, P and C.
    """
    module = _MetaModule(features, hidden, bits)

    def init(key: Key[Array, ""]) -> Any:
        return module.init(key, jnp.zeros((1, features)), None)["params"]

    def outputs(weights: Any, rows: Any, factors: Any) -> MetaOutputs:
        return module.apply({"params": weights}, rows, factors)  # type: ignore[return-value]

    return MetaNetwork(init, outputs)


class _MetaModule(nn.Module):
    features: int
    hidden: int
    bits: int

    @nn.compact
    def __call__(self, rows: Any, factors: Any) -> MetaOutputs:
        def layer(name: str, inputs: Any, units: int) -> Any:
            return torch_dense(inputs.shape[1], units, name=name)(inputs)

        trunk = nn.relu(layer("trunk", rows, self.hidden))
        direct, own, common = (
            layer(name, trunk, self.bits)
            for name in ("direct", "individuality", "commonality")
        )
        gates = nn.sigmoid(layer("gates", direct, 2 * self.bits))
        gates = gates if factors is None else gates * factors[:, None]
        own_gate, common_gate = jnp.split(gates, 2, axis=1)
        parts = jnp.concatenate([own, common], axis=1)
        decoded = nn.relu(layer("decoder_0", parts, self.hidden))
        return MetaOutputs(
            meta=direct + own_gate * own + common_gate * common,
            individuality=own,
            commonality=common,
            reconstruction=layer("decoder_1", decoded, self.features),
        )
