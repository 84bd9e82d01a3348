"""Networks that see pictures, as functions of a batch."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float, UInt8

from scbch_jax import networks
from scbch_jax.features.descriptors import DESCRIPTOR_DIM, describe
from scbch_jax.features.vgg19_file import Weights, read_vgg19

Apply = Callable[[UInt8[np.ndarray, "n 224 224 3"]], Float[np.ndarray, "n width"]]


class Extractor(NamedTuple):
    """Pictures to features, and what to know about it."""

    name: str
    """The network, with the checksum of its weights."""
    width: int
    apply: Apply


def descriptor() -> Extractor:
    """The descriptor of colors and edges, which needs no weights."""
    return Extractor("descriptor", DESCRIPTOR_DIM, describe)


def vgg19(path: Path) -> Extractor:
    """VGG19 to fc7 with the weights of a file.

    Raises:
        InputError: if the file is not exactly such a network.
    """
    weights = read_vgg19(path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return of_weights(weights, f"vgg19 fc7, weights {digest}")


def of_weights(weights: Weights, name: str) -> Extractor:
    """VGG19 to fc7 with weights at hand; compiled once for each size of a batch."""
    params = jax.device_put(weights.params)
    compiled = jax.jit(lambda p, x: networks.vgg19_fc7(p, x, weights.levels))

    def apply(pictures: np.ndarray) -> np.ndarray:
        with jax.default_matmul_precision("highest"):
            return np.asarray(compiled(params, pictures))

    return Extractor(name, len(weights.params["fc7"]["bias"]), apply)
