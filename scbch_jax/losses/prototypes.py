"""Class prototypes that codes are compared with: NRCH."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from scbch_jax.arrays import Scalar
from scbch_jax.errors import check_rank, check_same_rows, check_same_shape


@jax.jit
def prototype_loss(
    image_codes: Float[Array, "n bits"],
    text_codes: Float[Array, "n bits"],
    prototypes: Float[Array, "classes bits"],
    labels: Float[Array, "n classes"],
    kept: Bool[Array, " n"],
) -> Scalar:
    """Draws products with prototypes to 1 for own classes, to -1 for others: L_w.

    It moves the prototypes alone; the codes have no gradient.

    Args:
        image_codes: u.
        text_codes: v.
        prototypes: tanh W.
        labels: multi-hot.
        kept: which rows count, one at least.

    Raises:
        ValueError: if rows or shapes do not align.
    """
    check_same_rows(labels=labels, image_codes=image_codes, kept=kept)
    codes = jax.lax.stop_gradient((image_codes, text_codes))
    image, text = _misses(*codes, prototypes, labels)
    return jnp.mean(image + text, where=kept[:, None])


@jax.jit
def max_own_prototype_distance(
    image_codes: Float[Array, "n bits"],
    text_codes: Float[Array, "n bits"],
    prototypes: Float[Array, "classes bits"],
    labels: Float[Array, "n classes"],
) -> Float[Array, " n"]:
    """Each row's largest distance from the prototypes of its own classes: NRCH, e.

    Args:
        image_codes: u.
        text_codes: v.
        prototypes: tanh W.
        labels: multi-hot; a row without labels gets 0.

    Raises:
        ValueError: if rows or shapes do not align.
    """
    image, text = _misses(image_codes, text_codes, prototypes, labels)
    return ((image + text) * labels).max(axis=1)


def _misses(
    image_codes: Float[Array, "n bits"],
    text_codes: Float[Array, "n bits"],
    prototypes: Float[Array, "classes bits"],
    labels: Float[Array, "n classes"],
) -> tuple[Float[Array, "n classes"], Float[Array, "n classes"]]:
    """Squared misses of ±1 by each modality's products."""
    check_rank(2, prototypes=prototypes)
    check_same_shape(image_codes=image_codes, text_codes=text_codes)
    check_same_rows(labels=labels, image_codes=image_codes)
    wanted = 2.0 * labels - 1.0
    image, text = (
        jnp.square(wanted - codes @ prototypes.T) for codes in (image_codes, text_codes)
    )
    return image, text
