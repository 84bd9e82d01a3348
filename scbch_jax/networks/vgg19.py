"""VGG19 up to fc7 as a pure function, for feature extraction.

Configuration E of Simonyan and Zisserman (ICLR 2015, Table 1): sixteen 3 × 3
convolutions in five stages with 2 × 2 max pooling after each, then two fully connected
layers of 4,096 units.
"""

from typing import Any, NamedTuple

import flax.linen as nn
import jax.numpy as jnp
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
