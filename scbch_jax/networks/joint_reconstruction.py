"""Joint network of CIRH: one code of an image and its text, and both decoded from it.

References:
    Zhu et al., Work Together: Correlation-Identity Reconstruction Hashing for
    Unsupervised Cross-Modal Retrieval, IEEE TKDE 35(9), 2023.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from scbch_jax.networks.hash_network import unit_rows
from scbch_jax.networks.layers import TorchBatchNorm, torch_dense


class JointOutputs(NamedTuple):
    """What the joint network computes of a batch."""

    image_part: Float[Array, "n bits"]
    """H_I, before tanh."""
    text_part: Float[Array, "n bits"]
    """H_T, before tanh."""
    codes: Float[Array, "n bits"]
    """H, in [-1, 1]."""
    image: Float[Array, "n image_dim"]
    """Decoded image features."""
    text: Float[Array, "n text_dim"]
    """Decoded text features."""


class JointNetwork(NamedTuple):
    """The joint network as two pure functions."""

    init: Callable[[Key[Array, ""]], Any]
    """key -> weights"""
    apply: Callable[[Any, Any, Any, Any], JointOutputs]
    """(weights, image features, text features, graph [n, n]) -> outputs"""


def joint_network(
    *, image_dim: int, text_dim: int, hidden: int, bits: int
) -> JointNetwork:
    """Makes the joint network, whose statistics are always those of the batch.

    With n for rows of unit length, BN for batch normalization, A for the graph:

        V = n(ReLU(BN(linear(X)))), Q = ReLU(BN(A linear(V))), of each modality
        Z = BN([[A, 1], [1, A]] linear([V_I; V_T])), Q_J = ReLU(Z_I + Z_T)
        H_I = BN(linear([Q_I, Q_J])), H_T = BN(linear([Q_J, Q_T]))
        H_J = BN(linear(Q_J))
        H = tanh(BN(linear([H_I, H_J, H_T])))
        features decoded from H + tanh(H_I), of images, and H + tanh(H_T), of texts

    Args:
        image_dim: width of the image features.
        text_dim: width of the text features.
        hidden: width of V and Q.
        bits: code length L.
    """
    module = _Joint(image_dim, text_dim, hidden, bits)

    def init(key: Key[Array, ""]) -> Any:
        rows = jnp.zeros((2, image_dim)), jnp.zeros((2, text_dim))
        return module.init(key, *rows, jnp.eye(2))["params"]

    def apply(weights: Any, image: Any, text: Any, graph: Any) -> JointOutputs:
        given: Any = {"params": weights}
        outputs, _ = module.apply(given, image, text, graph, mutable="batch_stats")
        return outputs

    return JointNetwork(init, apply)


class _Joint(nn.Module):
    image_dim: int
    text_dim: int
    hidden: int
    bits: int

    @nn.compact
    def __call__(self, image: Any, text: Any, graph: Any) -> JointOutputs:
        def layer(rows: Any, units: int, name: str, mix: Any = lambda x: x) -> Any:
            rows = torch_dense(rows.shape[-1], units, name=name)(rows)
            return TorchBatchNorm(training=True, name=f"{name}_norm")(mix(rows))

        def over_graph(rows: Any) -> Any:
            return graph @ rows

        def over_both(rows: Any) -> Any:
            one, other = jnp.split(rows, 2)
            return jnp.concatenate([graph @ one + other, one + graph @ other])

        def decoded(rows: Any, units: int, name: str) -> Any:
            inner = nn.relu(layer(rows, self.hidden, f"{name}_decoder_0"))
            return layer(inner, units, f"{name}_decoder_1")

        images = unit_rows(nn.relu(layer(image, self.hidden, "image_encoder")))
        texts = unit_rows(nn.relu(layer(text, self.hidden, "text_encoder")))
        image_q = nn.relu(layer(images, self.hidden, "image_graph", over_graph))
        text_q = nn.relu(layer(texts, self.hidden, "text_graph", over_graph))
        both = jnp.concatenate([images, texts])
        halves = jnp.split(layer(both, self.hidden, "joint_graph", over_both), 2)
        joint_q = nn.relu(halves[0] + halves[1])
        image_part = layer(jnp.hstack([image_q, joint_q]), self.bits, "image_part")
        joint_part = layer(joint_q, self.bits, "joint_part")
        text_part = layer(jnp.hstack([joint_q, text_q]), self.bits, "text_part")
        parts = jnp.hstack([image_part, joint_part, text_part])
        codes = jnp.tanh(layer(parts, self.bits, "fused"))
        return JointOutputs(
            image_part,
            text_part,
            codes,
            decoded(codes + jnp.tanh(image_part), self.image_dim, "image"),
            decoded(codes + jnp.tanh(text_part), self.text_dim, "text"),
        )
