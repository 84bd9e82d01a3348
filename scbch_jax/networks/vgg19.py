"""VGG19 up to fc7 as a pure function, for feature extraction, and its weights.

Configuration E of Simonyan and Zisserman (ICLR 2015, Table 1): sixteen 3 × 3
convolutions in five stages with 2 × 2 max pooling after each, then two fully connected
layers of 4,096 units. Weights of torchvision and keras.applications become its params;
every name and shape in a file must be known, or else the file is refused.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, UInt8

STAGES = ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512))
"""Convolutions of each stage, and their channels."""

FULL = 4096
"""Width of fc6 and fc7."""

SIDE = 224
"""Side of the input pictures, in pixels."""


class Levels(NamedTuple):
    """Normalization of the channels that weights expect: (value / 255 - mean) / std."""

    mean: tuple[float, float, float]
    """Means of red, green and blue."""
    std: tuple[float, float, float]


TORCHVISION = Levels((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""For weights trained with torchvision's recipe: mean and std of ImageNet."""

CAFFE = Levels(
    (123.68 / 255, 116.779 / 255, 103.939 / 255), (1 / 255, 1 / 255, 1 / 255)
)
"""For the weights that Keras distributes, converted from Caffe: mean only."""


def vgg19_fc7(
    params: Any, pictures: UInt8[Array, "n 224 224 3"], levels: Levels = TORCHVISION
) -> Float[Array, "n width"]:
    """Output of the second fully connected layer, after its ReLU.

    The feature files of this field are taken there: none of their entries is negative,
    and in the VGG19 features of Pascal Sentences 60 % are zero.

    Args:
        params: from `vgg19_from_torch` or `vgg19_from_keras`; their shapes determine
            the widths of the layers.
        pictures: red, green and blue from 0 to 255.
        levels: normalization that the weights expect.
    """
    mean, std = (jnp.asarray(x, jnp.float32)[None, None, None] for x in levels)
    rows = (pictures.astype(jnp.float32) / 255 - mean) / std
    widths = tuple(layer["bias"].shape[0] for _, layer in sorted(params.items()))
    return _Vgg19(widths).apply({"params": params}, rows)  # type: ignore[return-value]


def layer_names() -> tuple[str, ...]:
    """Names of all layers in params, from input to fc7, in alphabetical order."""
    convolutions = sum(count for count, _ in STAGES)
    return (*(f"conv_{i:02d}" for i in range(convolutions)), "fc6", "fc7")


def layer_shapes(*, width_divisor: int = 1) -> dict[str, tuple[int, ...]]:
    """Shape of each layer's kernel: [height, width, in, out] or [in, out].

    Args:
        width_divisor: what all widths are divided by; 1 is VGG19 itself.
    """
    outs = [out // width_divisor for count, out in STAGES for _ in range(count)]
    ins = [3, *outs[:-1]]
    shapes = [(3, 3, i, o) for i, o in zip(ins, outs, strict=True)]
    flat, full = (SIDE >> len(STAGES)) ** 2 * outs[-1], FULL // width_divisor
    shapes += [(flat, full), (full, full)]
    return dict(zip(layer_names(), shapes, strict=True))


class _Vgg19(nn.Module):
    widths: tuple[int, ...]

    @nn.compact
    def __call__(self, rows: Any) -> Any:
        names = iter(zip(layer_names(), self.widths, strict=True))
        for count, _ in STAGES:
            for _ in range(count):
                name, width = next(names)
                rows = nn.relu(nn.Conv(width, (3, 3), name=name)(rows))
            rows = nn.max_pool(rows, (2, 2), strides=(2, 2))
        rows = rows.reshape(len(rows), -1)
        for name, width in names:
            rows = nn.relu(nn.Dense(width, name=name)(rows))
        return rows


Params = dict[str, dict[str, np.ndarray]]


def vgg19_from_torch(state: Mapping[str, Any], *, width_divisor: int = 1) -> Params:
    """Turns torchvision's state dict into params up to fc7.

    Args:
        state: arrays by name, `features.N.weight` [out, in, 3, 3] of each convolution,
            `classifier.0` and `classifier.3` [out, in]; `classifier.6`, the layer of
            the 1,000 classes, may be left out.
        width_divisor: what all widths of the network are divided by.

    Raises:
        ValueError: if names are missing or left over, or shapes or types are others;
            the message lists them all.
    """
    names = dict(zip(_torch_layers(), layer_names(), strict=True))
    wanted = {
        f"{torch}.{part}": shape
        for torch, layer in names.items()
        for part, shape in _torch_shapes(
            layer_shapes(width_divisor=width_divisor)[layer]
        ).items()
    }
    _check_names(state, wanted, optional=("classifier.6.weight", "classifier.6.bias"))
    params = {
        layer: {
            "kernel": _torch_kernel(state[f"{torch}.weight"]),
            "bias": _float32(state[f"{torch}.bias"]),
        }
        for torch, layer in names.items()
    }
    # PyTorch unfolds the last stage channel by channel, Flax pixel by pixel.
    channels = len(params["conv_15"]["bias"])
    kernel = params["fc6"]["kernel"]
    pixels = kernel.reshape(channels, -1, kernel.shape[1]).swapaxes(0, 1)
    params["fc6"]["kernel"] = np.ascontiguousarray(pixels).reshape(kernel.shape)
    return params


def vgg19_from_keras(state: Mapping[str, Any], *, width_divisor: int = 1) -> Params:
    """Turns the weights of a Keras file into params up to fc7.

    Those weights expect blue before green before red; the first kernel is turned about,
    so that the network still takes red, green and blue.

    Args:
        state: arrays by LAYER/PART: `block1_conv1/kernel` [3, 3, in, out] and so on,
            `fc1` and `fc2` [in, out], each with its `bias`; `predictions` may be left
            out.
        width_divisor: what all widths of the network are divided by.

    Raises:
        ValueError: as `vgg19_from_torch`.
    """
    names = dict(zip(_keras_layers(), layer_names(), strict=True))
    shapes = layer_shapes(width_divisor=width_divisor)
    wanted = {f"{keras}/kernel": shapes[layer] for keras, layer in names.items()}
    wanted |= {f"{keras}/bias": shapes[layer][-1:] for keras, layer in names.items()}
    _check_names(state, wanted, optional=("predictions/kernel", "predictions/bias"))
    params = {
        layer: {part: _float32(state[f"{keras}/{part}"]) for part in ("kernel", "bias")}
        for keras, layer in names.items()
    }
    first = params[layer_names()[0]]
    first["kernel"] = np.ascontiguousarray(first["kernel"][:, :, ::-1])
    return params


def keras_names(paths: Mapping[str, Any]) -> dict[str, Any]:
    """Arrays of a Keras file by LAYER/PART, whatever version of Keras wrote it.

    Args:
        paths: arrays by their whole path in the file; the path holds the layer's name,
            and a kernel has more than one axis.
    """
    found = {}
    for path, array in paths.items():
        layers = [p for p in path.split("/") if re.fullmatch(_KERAS_LAYER, p)]
        part = "kernel" if np.ndim(array) > 1 else "bias"
        found[f"{layers[0]}/{part}" if layers else path] = array
    return found


_KERAS_LAYER = r"block\d_conv\d|fc\d|predictions"


def _check_names(
    state: Mapping[str, Any],
    wanted: Mapping[str, tuple[int, ...]],
    *,
    optional: tuple[str, ...],
) -> None:
    missing = sorted(wanted.keys() - state.keys())
    extra = sorted(state.keys() - wanted.keys() - set(optional))
    wrong = [
        f"{name} {array.dtype} {array.shape} for float {wanted[name]}"
        for name, array in ((n, np.asarray(state[n])) for n in wanted if n in state)
        if array.shape != wanted[name] or array.dtype.kind != "f"
    ]
    if missing or extra or wrong:
        lists = {"missing": missing, "left over": extra, "of another shape": wrong}
        raise ValueError(
            "; ".join(f"{k} {', '.join(v)}" for k, v in lists.items() if v)
        )


def _torch_shapes(kernel: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    *window, wide, out = kernel
    return {"weight": (out, wide, *window), "bias": (out,)}


def _torch_kernel(weight: Any) -> np.ndarray:
    order = (2, 3, 1, 0) if weight.ndim == 4 else (1, 0)
    return np.ascontiguousarray(_float32(weight).transpose(order))


def _float32(array: Any) -> np.ndarray:
    return np.asarray(array).astype(np.float32)


def _torch_layers() -> list[str]:
    """Torchvision counts ReLU and pooling layers too, among its `features`."""
    names, position = [], 0
    for count, _ in STAGES:
        names += [f"features.{position + 2 * i}" for i in range(count)]
        position += 2 * count + 1
    return [*names, "classifier.0", "classifier.3"]


def _keras_layers() -> list[str]:
    convolutions = [
        f"block{stage + 1}_conv{i + 1}"
        for stage, (count, _) in enumerate(STAGES)
        for i in range(count)
    ]
    return [*convolutions, "fc1", "fc2"]
