"""Weights of the PyTorch version as our params, and back, name by name.

The names and shapes are facts of the released code: layer i of a modality's network is
`fc.{2i}.weight` [out, in] and `fc.{2i}.bias`; its classifier is `W_u` for images and
`W_v` for texts, [bits, classes].
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

CLASSIFIERS = {"image": "W_u", "text": "W_v"}
"""Name of each modality's classifier in the PyTorch version."""


def from_torch(state: Mapping[str, np.ndarray], modality: str) -> dict[str, Any]:
    """Turns a state dict into the params of one modality.

    Args:
        state: arrays by PyTorch name.
        modality: "image" or "text".

    Raises:
        ValueError: if names are missing or left over; the message lists them.
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
    network = {}
    for i in range(layers):
        weight, bias = (np.asarray(state[name]) for name in _layer_names(i))
        network[f"layer_{i}"] = {"kernel": weight.T, "bias": bias}
    return {"network": network, "classifier": np.asarray(state[CLASSIFIERS[modality]])}


def to_torch(params: Mapping[str, Any], modality: str) -> dict[str, np.ndarray]:
    """Turns one modality's params into a state dict; the inverse of `from_torch`."""
    state = {CLASSIFIERS[modality]: np.asarray(params["classifier"])}
    for i in range(len(params["network"])):
        layer, (weight, bias) = params["network"][f"layer_{i}"], _layer_names(i)
        state[weight] = np.ascontiguousarray(np.asarray(layer["kernel"]).T)
        state[bias] = np.asarray(layer["bias"])
    return state


def _layer_names(layer: int) -> tuple[str, str]:
    return f"fc.{2 * layer}.weight", f"fc.{2 * layer}.bias"
