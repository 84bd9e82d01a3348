"""Names for the JAX arrays and records that modules pass to each other."""

from typing import Any, NamedTuple

from jaxtyping import Array, Float, Int, Num

Scalar = Float[Array, ""]
"""One real number on the device."""

ScalarLike = float | Float[Array, ""]
"""A number that may be traced: a Python float or a scalar array."""

Params = dict[str, Any]
"""Parameter groups by name; an optimizer belongs to each group."""

Metrics = dict[str, Any]
"""Named scalars, or one array of them per step."""


class TrainingCodes(NamedTuple):
    """The relaxed codes and labels of the training set."""

    image: Float[Array, "samples bits"]
    """Relaxed codes of the images."""
    text: Float[Array, "samples bits"]
    """Relaxed codes of the texts."""
    labels: Float[Array, "samples classes"]
    """Multi-hot labels to learn from, possibly noisy."""


class Batch(NamedTuple):
    """Some rows of the training set."""

    image: Num[Array, "n image_dim"]
    text: Num[Array, "n text_dim"]
    labels: Float[Array, "n classes"]
    index: Int[Array, " n"]
    """Position of each row in the training set."""
