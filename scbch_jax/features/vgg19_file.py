"""VGG19's weights from a file that the user has; nothing read can run code."""

from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from scbch_jax import networks
from scbch_jax.errors import InputError, require
from scbch_jax.networks import weight_files

KERAS = (".h5", ".hdf5")


class Weights(NamedTuple):
    """A network's weights, and what they expect of a picture."""

    params: Any
    levels: networks.Levels


def read_vgg19(path: Path, *, narrow: int = 1) -> Weights:
    """Reads VGG19 up to fc7.

    Args:
        path: torchvision's state dict in a `.pt`, `.pth` or `.safetensors` file, or
            the weights of keras.applications in an `.h5` file.
        narrow: what all widths of the network are divided by.

    Raises:
        InputError: if the file is missing, damaged, or not exactly such a network.
    """
    endings = (*weight_files.PYTORCH, weight_files.SAFETENSORS, *KERAS)
    require(path.is_file(), "weights", path, "a file of VGG19's weights")
    wanted = f"one ending in {', '.join(endings)}"
    require(path.suffix in endings, "weights", path, wanted)
    try:
        if path.suffix in KERAS:
            state = networks.keras_names(_read_keras(path))
            params = networks.vgg19_from_keras(state, narrow=narrow)
            return Weights(params, networks.CAFFE)
        state = {k: _array(x) for k, x in weight_files.read_named(path).items()}
        params = networks.vgg19_from_torch(state, narrow=narrow)
        return Weights(params, networks.TORCHVISION)
    except InputError:
        raise
    except ValueError as error:
        wanted = "VGG19 with every name once and its own shapes"
        raise InputError(f"weights: got {path}, {error}; wanted {wanted}") from error


def _array(tensor: Any) -> np.ndarray:
    """A PyTorch tensor of any precision as float32; what is no tensor as it is."""
    floats = hasattr(tensor, "is_floating_point") and tensor.is_floating_point()
    return np.asarray(tensor.detach().float().numpy() if floats else tensor)


def _read_keras(path: Path) -> dict[str, np.ndarray]:
    """Every array of the file by its path, an optimizer's left out."""
    found: dict[str, np.ndarray] = {}

    def visit(name: str, node: Any) -> None:
        if isinstance(node, h5py.Dataset) and not name.startswith("optimizer_weights"):
            found[name] = np.asarray(node[()])

    try:
        with h5py.File(path, "r") as file:
            file.visititems(visit)
    except (OSError, RuntimeError) as error:
        got = f"{path}, which cannot be read ({str(error).splitlines()[0]})"
        raise InputError(f"weights: got {got}, wanted a whole .h5 file") from error
    return found
