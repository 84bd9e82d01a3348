"""Networks of CPAH: features, split by a mask into a common and a private part.

References:
    Xie et al., Multi-Task Consistency-Preserving Adversarial Hashing for Cross-Modal
    Retrieval, IEEE TIP 29, 2020.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from scbch_jax.arrays import Params
from scbch_jax.networks.layers import TorchBatchNorm, torch_dense


class TowerOutputs(NamedTuple):
    """What the network of one modality computes."""

    codes: Float[Array, "n bits"]
    """Relaxed codes, in [-1, 1]."""
    common: Float[Array, "n hidden"]
    """Features times the mask."""
    private: Float[Array, "n hidden"]
    """Features times one minus the mask."""
    label_logits: Float[Array, "n classes"]
    """Class scores of the common part, before the sigmoid."""


class PairOutputs(NamedTuple):
    """What all networks but the discriminator compute of a batch."""

    image: TowerOutputs
    text: TowerOutputs
    kind_logits: Float[Array, "parts kinds"]
    """Scores of the kinds of 4 n parts: common of images, common of texts, private of
    images, private of texts."""


class Networks(NamedTuple):
    """The networks as pure functions of parameter groups.

    The groups are hashing, discriminator and statistics: the running statistics of
    batch normalization, which have no gradient.
    """

    init: Callable[[Key[Array, ""]], Params]
    """key -> parameter groups"""
    train: Callable[[Params, Any, Any], tuple[PairOutputs, Any]]
    """(params, image features, text features) -> (outputs by the batch's own
    statistics, running statistics moved)"""
    discriminate: Callable[[Params, Any], Float[Array, " n"]]
    """(params, common parts) -> scores of being an image's, before the sigmoid"""
    encode: Callable[[str, Params, Any], Float[Array, "n bits"]]
    """(modality, params, features) -> relaxed codes by running statistics"""


def common_private_networks(
    *,
    image_dim: int,
    text_dim: int,
    hidden: int,
    bits: int,
    classes: int,
    classify_kinds: bool,
    masked: bool,
) -> Networks:
    """Makes the networks.

    In each modality two linear layers with batch normalization and ReLU give f; then

        m = σ(W f + c),  common = m f,  private = (1 - m) f,  codes = tanh(V common + d)

    Args:
        image_dim: width of the image features.
        text_dim: width of the text features.
        hidden: width of f, at least 8; the heads have an eighth of it.
        bits: code length L.
        classes: number of labels.
        classify_kinds: a head gives the scores of the kinds of parts; else the parts
            themselves are the scores.
        masked: codes outside of training come from the common part; else from f.
    """
    tower = _Tower(hidden, bits, classes)
    kinds, discriminator = _Head(hidden // 8, 3), _Head(hidden // 8, 1)
    widths = {"image": image_dim, "text": text_dim}

    def init(key: Key[Array, ""]) -> Params:
        keys = jax.random.split(key, 4)
        starts = {
            m: tower.init(own, jnp.zeros((1, width)), training=True)
            for own, (m, width) in zip(keys[:2], widths.items(), strict=True)
        }
        hashing, part = {m: x["params"] for m, x in starts.items()}, jnp.zeros(hidden)
        if classify_kinds:
            hashing["kinds"] = kinds.init(keys[2], part[None])["params"]
        return {
            "hashing": hashing,
            "discriminator": discriminator.init(keys[3], part[None])["params"],
            "statistics": {m: x["batch_stats"] for m, x in starts.items()},
        }

    def variables(params: Params, modality: str) -> Any:
        groups = {"params": "hashing", "batch_stats": "statistics"}
        return {name: params[group][modality] for name, group in groups.items()}

    def train(params: Params, image: Any, text: Any) -> tuple[PairOutputs, Any]:
        outputs, moved = {}, {}
        for modality, rows in (("image", image), ("text", text)):
            outputs[modality], changed = tower.apply(
                variables(params, modality), rows, training=True, mutable="batch_stats"
            )
            moved[modality] = changed["batch_stats"]
        both = outputs["image"], outputs["text"]
        parts = jnp.concatenate([x.common for x in both] + [x.private for x in both])
        if classify_kinds:
            parts = apply(kinds, params["hashing"]["kinds"], parts)
        return PairOutputs(*both, parts), moved

    def discriminate(params: Params, common: Any) -> Float[Array, " n"]:
        return apply(discriminator, params["discriminator"], common)[:, 0]

    def encode(modality: str, params: Params, rows: Any) -> Float[Array, "n bits"]:
        given: Any = variables(params, modality)
        outputs: Any = tower.apply(given, rows, training=False, masked=masked)
        return outputs.codes

    def apply(head: nn.Module, weights: Any, rows: Any) -> Any:
        return head.apply({"params": weights}, rows)

    return Networks(init, train, discriminate, encode)


class _Tower(nn.Module):
    hidden: int
    bits: int
    classes: int

    @nn.compact
    def __call__(
        self, rows: Any, *, training: bool, masked: bool = True
    ) -> TowerOutputs:
        for layer in range(2):
            rows = _dense(rows, self.hidden, f"layer_{layer}")
            rows = nn.relu(TorchBatchNorm(training, name=f"norm_{layer}")(rows))
        mask = nn.sigmoid(_dense(rows, self.hidden, "mask"))
        common = rows * mask
        codes = jnp.tanh(_dense(common if masked else rows, self.bits, "hash"))
        logits = _dense(common, self.classes, "classifier")
        return TowerOutputs(codes, common, rows * (1.0 - mask), logits)


class _Head(nn.Module):
    hidden: int
    outputs: int

    @nn.compact
    def __call__(self, rows: Any) -> Any:
        rows = nn.relu(_dense(rows, self.hidden, "layer_0"))
        return _dense(rows, self.outputs, "layer_1")


def _dense(rows: Any, units: int, name: str) -> Any:
    return torch_dense(rows.shape[-1], units, name=name)(rows)
