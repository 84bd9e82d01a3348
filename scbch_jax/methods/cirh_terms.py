"""The terms of CIRH, and the inputs of its networks."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from scbch_jax import losses
from scbch_jax.arrays import Scalar
from scbch_jax.config.cirh import HParams
from scbch_jax.losses import Terms
from scbch_jax.networks import JointOutputs

MIXED = 4
"""The most similar rows of a batch that mixing sorts, the row itself included."""


class TermInputs(NamedTuple):
    """What every loss term is a function of, for one batch."""

    image_codes: Float[Array, "n bits"]
    """Relaxed codes h of the images, by their hash function."""
    text_codes: Float[Array, "n bits"]
    """Relaxed codes g of the texts, by their hash function."""
    target: Float[Array, "n n"]
    """S', which the cosines of h and g follow."""
    joint: JointOutputs
    """What the joint network computes of the mixed features."""
    image: Float[Array, "n image_dim"]
    """Mixed features X of the images."""
    text: Float[Array, "n text_dim"]
    """Mixed features Y of the texts."""
    graph: Float[Array, "n n"]
    """S among the batch's samples."""


def terms(hp: HParams) -> Terms:
    """The terms by name: three of the joint network, then two of the hash functions."""

    def identity(v: TermInputs) -> Scalar:
        return _squared(v.joint.image, v.image) + _squared(v.joint.text, v.text)

    def correlation(v: TermInputs) -> Scalar:
        parts = (v.joint.image_part, v.joint.text_part, v.joint.codes)
        return _reconstruction(v.graph, *((x, x) for x in parts))

    def discretization(v: TermInputs) -> Scalar:
        return _squared(v.joint.codes, losses.binary_codes(v.joint.codes))

    def regression(v: TermInputs) -> Scalar:
        joint = losses.binary_codes(v.joint.codes)
        both = _squared(v.image_codes, joint) + _squared(v.text_codes, joint)
        return both + _squared(v.image_codes, v.text_codes)

    def similarity(v: TermInputs) -> Scalar:
        h, g = v.image_codes, v.text_codes
        return _reconstruction(v.target, (h, g), (h, h), (g, g))

    return {
        "identity": (hp.identity_weight, identity),
        "correlation": (hp.correlation_weight, correlation),
        "discretization": (1.0, discretization),
        "regression": (1.0, regression),
        "similarity": (hp.similarity_weight, similarity),
    }


def mixed_rows(
    rows: Float[Array, "n width"], graph: Float[Array, "n n"]
) -> Float[Array, "n width"]:
    """Rows with a part of two similar ones, those of the 3rd and 4th largest entries.

    0.7 x + 0.2 x_(3) + 0.1 x_(4)
    """
    _, order = jax.lax.top_k(graph, MIXED)
    return 0.7 * rows + 0.2 * rows[order[:, 2]] + 0.1 * rows[order[:, 3]]


def _squared(one: Array, other: Array) -> Scalar:
    """Mean squared difference."""
    return jnp.square(one - other).mean()


def _reconstruction(target: Array, *pairs: tuple[Array, Array]) -> Scalar:
    """Sum of the mean squared differences of the pairs' cosines and the target."""
    found = (
        losses.reconstruction_loss(losses.cosine_matrix(*pair), target)
        for pair in pairs
    )
    return sum(found, start=jnp.zeros(()))
