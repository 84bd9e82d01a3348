"""Feature extractors of pictures: pretrained networks, VGG19, or a descriptor.

JAX is loaded by VGG19 alone, PyTorch by pretrained networks.
"""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from scbch_jax.data.formats.numpy_files import checksum
from scbch_jax.errors import InputError, first_line, require
from scbch_jax.features.descriptors import DESCRIPTOR_DIM, compute_descriptors
from scbch_jax.features.pictures import Crop, Prepare, center_crop
from scbch_jax.features.pretrained import Pretrained, pretrained_named
from scbch_jax.features.pretrained_files import is_pretrained

Apply = Callable[[np.ndarray], Float[np.ndarray, "n width"]]
"""From prepared pictures, [n] or [n, ...], to features."""

KERAS = (".h5", ".hdf5")

DESCRIPTOR = "descriptor"
_DESCRIPTOR_NAME = re.compile(rf"{DESCRIPTOR}(?:, (\d{{1,4}}) pixels)?")

VGG19 = "vgg19 fc7, weights"
"""How the name of VGG19 begins; the SHA-256 of its file of weights follows."""


class Extractor(NamedTuple):
    """A function from pictures to features."""

    name: str
    """The network, with the checksum of its weights: all that decides the features."""
    width: int
    apply: Apply
    prepare: Prepare = center_crop
    """What it takes of an RGB picture: an array that has one shape for all."""


class VGG19Weights(NamedTuple):
    """Parameters of VGG19, and the normalization of pictures that they expect."""

    params: Any
    levels: Any
    """`networks.TORCHVISION` or `networks.CAFFE`."""


def descriptor_extractor(side: int | None = None) -> Extractor:
    """The color and edge descriptor, which has no weights.

    Args:
        side: to which pictures are resized; by default cropped as for ImageNet.
    """
    if side is None:
        return Extractor(DESCRIPTOR, DESCRIPTOR_DIM, compute_descriptors)
    name = f"{DESCRIPTOR}, {side} pixels"
    prepare = partial(center_crop, crop=Crop(side, side))
    return Extractor(name, DESCRIPTOR_DIM, compute_descriptors, prepare)


def pretrained_extractor(network: Pretrained) -> Extractor:
    """The features of pictures of a pretrained network.

    Raises:
        InputError: if it has none, or cannot be used.
    """
    network.require("image")
    width = network.picture_width
    return Extractor(network.name, width, network.pictures, network.prepare)


def vgg19_extractor(path: Path) -> Extractor:
    """VGG19 up to fc7, with the weights of a file.

    Raises:
        InputError: if the file is not exactly such a network.
    """
    return extractor_of(read_vgg19(path), _name_of(path))


def has_weights(name: str) -> bool:
    """Whether the network of a recorded name has weights in a file or folder."""
    return name.startswith(VGG19) or is_pretrained(name)


def extractor_named(name: str, weights: Path | None = None) -> Extractor:
    """The extractor of a name that a store or a run has recorded.

    Args:
        name: as `Extractor.name`.
        weights: file of its weights or folder of the network, if it has any.

    Raises:
        InputError: if this version has no such network, or the weights are missing or
            others.
    """
    if found := _DESCRIPTOR_NAME.fullmatch(name):
        return descriptor_extractor(int(found[1]) if found[1] else None)
    if is_pretrained(name):
        return pretrained_extractor(pretrained_named(name, weights))
    known = name.startswith(VGG19)
    require(known, "network", name, f"{DESCRIPTOR}, or {VGG19} and their SHA-256")
    wanted = f"--weights FILE, as {name}"
    require(weights is not None, "weights", "none", wanted)
    assert weights is not None
    require(weights.is_file(), "weights", f"{weights}, which is not a file", wanted)
    found = _name_of(weights)
    require(found == name, "weights", f"{weights}: {found}", name)
    return vgg19_extractor(weights)


def _name_of(weights: Path) -> str:
    return f"{VGG19} {checksum(weights)}"


def extractor_of(weights: VGG19Weights, name: str) -> Extractor:
    """VGG19 up to fc7 with these weights; compiled once for each batch size."""
    import jax

    from scbch_jax import networks

    params = jax.device_put(weights.params)
    compiled = jax.jit(lambda p, x: networks.vgg19_fc7(p, x, weights.levels))

    def apply(pictures: np.ndarray) -> np.ndarray:
        with jax.default_matmul_precision("highest"):
            return np.asarray(compiled(params, pictures))

    return Extractor(name, len(weights.params["fc7"]["bias"]), apply)


def read_vgg19(path: Path, *, width_divisor: int = 1) -> VGG19Weights:
    """Reads the weights of VGG19 up to fc7; nothing in the file can run code.

    Args:
        path: torchvision's state dict in a `.pt`, `.pth` or `.safetensors` file, or
            the weights of keras.applications in an `.h5` file.
        width_divisor: what all layer widths are divided by; 1 is VGG19 itself.

    Raises:
        InputError: if the file is missing, damaged, or not exactly such a network.
    """
    from scbch_jax import networks
    from scbch_jax.networks import weight_files

    endings = (*weight_files.PYTORCH, weight_files.SAFETENSORS, *KERAS)
    require(path.is_file(), "weights", path, "a file of VGG19's weights")
    wanted = f"one ending in {', '.join(endings)}"
    require(path.suffix in endings, "weights", path, wanted)
    try:
        if path.suffix in KERAS:
            state = networks.keras_names(_read_keras(path))
            params = networks.vgg19_from_keras(state, width_divisor=width_divisor)
            return VGG19Weights(params, networks.CAFFE)
        state = {k: _array(x) for k, x in weight_files.read_named(path).items()}
        params = networks.vgg19_from_torch(state, width_divisor=width_divisor)
        return VGG19Weights(params, networks.TORCHVISION)
    except InputError:
        raise
    except ValueError as error:
        wanted = "VGG19 with every name once and its own shapes"
        raise InputError(f"weights: got {path}, {error}; wanted {wanted}") from error


def _array(tensor: Any) -> np.ndarray:
    """A PyTorch tensor of any float precision as float32; anything else as it is."""
    floats = hasattr(tensor, "is_floating_point") and tensor.is_floating_point()
    return np.asarray(tensor.detach().float().numpy() if floats else tensor)


def _read_keras(path: Path) -> dict[str, np.ndarray]:
    """Every array of the file by its path, without those of an optimizer."""
    import h5py

    found: dict[str, np.ndarray] = {}

    def visit(name: str, node: Any) -> None:
        if isinstance(node, h5py.Dataset) and not name.startswith("optimizer_weights"):
            found[name] = np.asarray(node[()])

    try:
        with h5py.File(path, "r") as file:
            file.visititems(visit)
    except (OSError, RuntimeError) as error:
        got = f"{path}, which cannot be read ({first_line(error)})"
        raise InputError(f"weights: got {got}, wanted a complete .h5 file") from error
    return found
