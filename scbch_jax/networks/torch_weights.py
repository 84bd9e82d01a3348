"""Conversion between state dicts of the released PyTorch code and params.

Names and shapes of the released code: layer i of a modality's network is
`fc.{2i}.weight` [out, in] and `fc.{2i}.bias`; its classifier is `W_u` for images and
`W_v` for texts, [bits, classes].
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scbch_jax.networks.hash_network import hash_network

CLASSIFIERS = {"image": "W_u", "text": "W_v"}
"""Name of each modality's classifier in the released code."""


def from_torch(state: Mapping[str, np.ndarray], modality: str) -> dict[str, Any]:
    """Turns a state dict into the params of one modality.

    Args:
        state: arrays by PyTorch name.
        modality: "image" or "text".

    Raises:
        ValueError: if names are missing or unknown, or shapes do not match; the message
            lists them.
    """
    layers = sum(name.endswith(".weight") for name in state)
    wanted = {name for i in range(layers) for name in _layer_names(i)}
    wanted.add(CLASSIFIERS[modality])
    missing, extra = sorted(wanted - state.keys()), sorted(state.keys() - wanted)
    if missing or extra or not layers:
        raise ValueError(
            f"{modality} weights: missing {missing or 'none'}, "
            f"left over {extra or 'none'}"
        )
    network = layers_from_torch(state)
    classifier = np.asarray(state[CLASSIFIERS[modality]])
    _check_widths(modality, network, classifier)
    return {"network": network, "classifier": classifier}


def layers_from_torch(state: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Params of a network from `fc.N.weight` of every layer and each `fc.N.bias`."""
    layers = sum(name.endswith(".weight") for name in state)
    return {f"layer_{i}": _layer(state, i) for i in range(layers)}


def layers_to_torch(network: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The inverse of `layers_from_torch`."""
    state = {}
    for i in range(len(network)):
        layer, (weight, bias) = network[f"layer_{i}"], _layer_names(i)
        state[weight] = np.ascontiguousarray(np.asarray(layer["kernel"]).T)
        if "bias" in layer:
            state[bias] = np.asarray(layer["bias"])
    return state


def hidden_width(params: Mapping[str, Any]) -> int:
    """Common width of the hidden layers of both networks.

    Raises:
        ValueError: if hidden layers differ in width.
    """
    widths = {
        m: [layer["bias"].shape[0] for layer in tower["network"].values()]
        for m, tower in params.items()
    }
    inner = {width for layers in widths.values() for width in layers[:-1]}
    if len(inner) > 1:
        raise ValueError(
            f"layers of widths {widths}, whose hidden ones are not one width"
        )
    return inner.pop() if inner else widths["image"][-1]


def torch_forward(state: Mapping[str, np.ndarray], features: Any) -> Any:
    """Relaxed codes from PyTorch weights; the classifier is not used.

    Args:
        state: `fc.N.weight` and `fc.N.bias` of every layer.
        features: one row per sample.
    """
    network = layers_from_torch(state)
    net = hash_network(
        features=features.shape[1],
        widths=tuple(layer["bias"].shape[0] for layer in network.values()),
        unit_length=True,
    )
    return net.apply(network, features)


def to_torch(params: Mapping[str, Any], modality: str) -> dict[str, np.ndarray]:
    """Turns one modality's params into a state dict; the inverse of `from_torch`."""
    state = {CLASSIFIERS[modality]: np.asarray(params["classifier"])}
    return state | layers_to_torch(params["network"])


def _check_widths(modality: str, network: dict[str, Any], classifier: Any) -> None:
    """Checks that the shapes of consecutive layers and of the classifier match."""
    shapes = [layer["kernel"].shape for layer in network.values()]
    shapes.append(classifier.shape)
    biases = [layer["bias"].shape for layer in network.values()]
    chained = all(len(s) == 2 for s in shapes) and all(
        a[1] == b[0] for a, b in zip(shapes, shapes[1:], strict=False)
    )
    if not chained or biases != [(s[1],) for s in shapes[:-1]]:
        raise ValueError(
            f"{modality} weights: layers [in, out] {shapes[:-1]}, biases {biases}, "
            f"classifier {classifier.shape} do not fit together"
        )


def _layer(state: Mapping[str, np.ndarray], layer: int) -> dict[str, np.ndarray]:
    weight, bias = _layer_names(layer)
    params = {"kernel": np.asarray(state[weight]).T}
    return params | ({"bias": np.asarray(state[bias])} if bias in state else {})


def _layer_names(layer: int) -> tuple[str, str]:
    return f"fc.{2 * layer}.weight", f"fc.{2 * layer}.bias"
