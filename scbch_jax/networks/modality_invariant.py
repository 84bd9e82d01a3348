"""The three networks of MIAN: of labels, of texts, and of images.

All weights start as normal draws with a standard deviation of 0.01.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from scbch_jax.networks.layers import local_response_norm, torch_dense

WINDOWS = (50, 30, 15, 10, 5)
"""Numbers of neighboring words that are averaged, in the order of the text layer."""

START = {
    "kernel_init": nn.initializers.normal(0.01),
    "bias_init": nn.initializers.normal(0.01),
}


class LabelOutputs(NamedTuple):
    """What the label network computes."""

    codes: Float[Array, "n bits"]
    """A linear function of the labels, which nothing bounds."""


class TextOutputs(NamedTuple):
    """What the text network computes."""

    codes: Float[Array, "n bits"]
    probabilities: Float[Array, "n classes"]
    """Predicted labels, in (0, 1)."""
    features: Float[Array, "n embedding"]
    """Not below 0."""


class ImageOutputs(NamedTuple):
    """What the image network computes."""

    codes: Float[Array, "n bits"]
    probabilities: Float[Array, "n classes"]
    """Predicted labels, in (0, 1)."""
    predicted: Float[Array, "n embedding"]
    """Prediction of the text feature, before the sigmoid."""
    mean: Float[Array, "n embedding"]
    log_variance: Float[Array, "n embedding"]
    """Of the image feature before it is rectified."""


class Networks(NamedTuple):
    """The networks as pure functions."""

    init: Mapping[str, Callable[[Key[Array, ""]], Any]]
    """Name -> key -> weights; the names are label, text and image."""
    label: Callable[[Any, Float[Array, "n classes"]], LabelOutputs]
    """(weights, labels) -> outputs"""
    text: Callable[[Any, Float[Array, "n text_dim"]], TextOutputs]
    """(weights, features) -> outputs"""
    image: Callable[[Any, Any, Any], ImageOutputs]
    """(weights, features, standard normal draws [n, embedding] or None) -> outputs"""


def modality_invariant_networks(
    *,
    image_dim: int,
    text_dim: int,
    classes: int,
    bits: int,
    hidden: int,
    embedding: int,
    image_layers: int,
    multiscale: bool,
) -> Networks:
    """Makes the networks.

    Args:
        image_dim: width of the image features.
        text_dim: width of the text features.
        classes: number of labels.
        bits: width of the codes.
        hidden: width of hidden layers.
        embedding: width of the features of both modalities.
        image_layers: fully connected layers before the image feature.
        multiscale: averages of neighboring words are inputs of the text network, too.
    """
    widths = (hidden,) * (image_layers - 1) + (2 * embedding,)
    modules = {
        "label": _LabelModule(bits),
        "text": _TextModule(hidden, embedding, classes, bits, multiscale),
        "image": _ImageModule(widths, embedding, classes, bits),
    }
    inputs = {"label": classes, "text": text_dim, "image": image_dim}
    init = {name: _init(modules[name], width) for name, width in inputs.items()}
    return Networks(init, **{name: _applied(m) for name, m in modules.items()})


def window_means(
    rows: Float[Array, "n width"], window: int
) -> Float[Array, "n windows"]:
    """Means of consecutive entries; those that do not fill a window are left out.

    Example:
        >>> window_means(jnp.arange(5.0)[None], 2).tolist()
        [[0.5, 2.5]]
    """
    count = rows.shape[1] // window
    return rows[:, : count * window].reshape(len(rows), count, window).mean(axis=2)


def nearest_sources(count: int, width: int) -> Int[np.ndarray, " width"]:
    """Which of `count` entries each of `width` entries copies, as PyTorch resizes.

    ⌊i · count / width⌋, in float32 as PyTorch computes it: exact quotients may be
    rounded down to the entry before.

    Example:
        >>> nearest_sources(2, 5).tolist()
        [0, 0, 0, 1, 1]
    """
    scale = np.float32(count) / np.float32(width)
    index = np.floor(np.arange(width, dtype=np.float32) * scale).astype(np.int32)
    return np.minimum(index, count - 1)


class _LabelModule(nn.Module):
    bits: int

    @nn.compact
    def __call__(self, rows: Any) -> LabelOutputs:
        return LabelOutputs(_dense(rows, self.bits, "hash", use_bias=False))


class _TextModule(nn.Module):
    hidden: int
    embedding: int
    classes: int
    bits: int
    multiscale: bool

    @nn.compact
    def __call__(self, rows: Any) -> TextOutputs:
        inputs = self._scales(rows) if self.multiscale else rows
        units = nn.relu(_dense(inputs, self.hidden, "layer_0"))
        # The released code normalizes the units of the network it reads words with.
        units = local_response_norm(units) if self.multiscale else units
        features = nn.relu(_dense(units, self.embedding, "layer_1"))
        normed = local_response_norm(features)
        return TextOutputs(
            jnp.tanh(_dense(normed, self.bits, "hash")),
            nn.sigmoid(_dense(normed, self.classes, "label")),
            features,
        )

    def _scales(self, rows: Any) -> Any:
        """The words, then each of the averages, resized to as many entries."""
        width, inputs = rows.shape[1], [rows]
        factors = self.param("scales", START["kernel_init"], (len(WINDOWS),))
        for factor, window in zip(factors, WINDOWS, strict=True):
            # A text shorter than a window, which the released code cannot read.
            means = window_means(rows, min(window, width))
            index = nearest_sources(means.shape[1], width)
            inputs.append(nn.relu(factor * means)[:, index])
        return jnp.concatenate(inputs, axis=1)


class _ImageModule(nn.Module):
    widths: tuple[int, ...]
    embedding: int
    classes: int
    bits: int

    @nn.compact
    def __call__(self, rows: Any, noise: Any = None) -> ImageOutputs:
        for layer, width in enumerate(self.widths):
            rows = nn.relu(rows) if layer else rows
            rows = _dense(rows, width, f"layer_{layer}")
        mean, log_variance = jnp.split(rows, 2, axis=1)
        drawn = mean if noise is None else mean + jnp.exp(log_variance / 2) * noise
        features = nn.relu(drawn)
        return ImageOutputs(
            jnp.tanh(_dense(features, self.bits, "hash")),
            nn.sigmoid(_dense(features, self.classes, "label")),
            _dense(features, self.embedding, "predict"),
            mean,
            log_variance,
        )


def _init(module: nn.Module, width: int) -> Callable[[Key[Array, ""]], Any]:
    return lambda key: module.init(key, jnp.zeros((1, width)))["params"]


def _applied(module: nn.Module) -> Callable[..., Any]:
    def apply(weights: Any, *inputs: Any) -> Any:
        return module.apply({"params": weights}, *inputs)

    return apply


def _dense(rows: Any, units: int, name: str, **given: Any) -> Any:
    return torch_dense(rows.shape[1], units, name=name, **START, **given)(rows)
