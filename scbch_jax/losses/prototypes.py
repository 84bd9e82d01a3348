"""Distances of codes from class prototypes, and class probabilities by them.

References:
    Wang et al., Robust Contrastive Cross-modal Hashing with Noisy Labels, ACM
    Multimedia 2024 (NRCH).
    Pu et al., Robust Self-Paced Hashing for Cross-Modal Retrieval with Noisy Labels,
    AAAI 2025 (RSHNL).
"""

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
    *,
    where: Bool[Array, " n"] | None = None,
) -> Scalar:
    """Fit of the prototypes to the codes of their classes, L_w of NRCH.

        mean_ic [(t_ic - u_i · p_c)² + (t_ic - v_i · p_c)²], t = 2y - 1

    It moves the prototypes only: the codes have no gradient.

    Args:
        image_codes: u.
        text_codes: v.
        prototypes: p = tanh W, one row a class.
        labels: y, multi-hot.
        where: rows to include, at least one; all if omitted.

    Raises:
        ValueError: if rows or shapes do not align.

    Example:
        >>> codes, labels = jnp.array([[1.0, 0.0]]), jnp.array([[1.0, 0.0]])
        >>> prototype_loss(codes, codes, jnp.eye(2), labels)
        Array(1., dtype=float32)
    """
    check_same_rows(labels=labels, image_codes=image_codes)
    if where is not None:
        check_same_rows(labels=labels, where=where)
    codes = jax.lax.stop_gradient((image_codes, text_codes))
    image, text = _squared_errors(*codes, prototypes, labels)
    return jnp.mean(image + text, where=None if where is None else where[:, None])


@jax.jit
def max_own_prototype_distance(
    image_codes: Float[Array, "n bits"],
    text_codes: Float[Array, "n bits"],
    prototypes: Float[Array, "classes bits"],
    labels: Float[Array, "n classes"],
) -> Float[Array, " n"]:
    """Largest distance of each row from a prototype of its own classes, e of NRCH.

        e_i = max_c y_ic [(1 - u_i · p_c)² + (1 - v_i · p_c)²]

    Args:
        image_codes: u.
        text_codes: v.
        prototypes: p = tanh W, one row a class.
        labels: y, multi-hot; a row without labels gets 0.

    Raises:
        ValueError: if rows or shapes do not align.

    Example:
        >>> codes, labels = jnp.array([[1.0, 0.0]]), jnp.array([[1.0, 1.0]])
        >>> max_own_prototype_distance(codes, codes, jnp.eye(2), labels)
        Array([2.], dtype=float32)
    """
    image, text = _squared_errors(image_codes, text_codes, prototypes, labels)
    return ((image + text) * labels).max(axis=1)


@jax.jit
def log_class_probability(
    codes: Float[Array, "n bits"],
    prototypes: Float[Array, "classes bits"],
    labels: Float[Array, "n classes"],
) -> Float[Array, " n"]:
    """Log-probability of the own classes, p of RSHNL for one modality.

        p_i = Σ_c y_ic softmax_c(h_i · p_c)

    Args:
        codes: h.
        prototypes: p, one row a class.
        labels: y, multi-hot; a row without labels gets minus infinity, which has no
            gradient.

    Raises:
        ValueError: if rows or ranks do not align.

    Example:
        >>> codes, labels = jnp.zeros((1, 2)), jnp.array([[1.0, 1.0, 0.0, 0.0]])
        >>> jnp.exp(log_class_probability(codes, jnp.ones((4, 2)), labels))
        Array([0.5], dtype=float32)
    """
    check_rank(2, codes=codes, prototypes=prototypes)
    check_same_rows(labels=labels, codes=codes)
    shares = jax.nn.softmax(codes @ prototypes.T, axis=1)
    probability = (labels * shares).sum(axis=1)
    positive = probability > 0
    return jnp.where(positive, jnp.log(jnp.where(positive, probability, 1)), -jnp.inf)


def _squared_errors(
    image_codes: Float[Array, "n bits"],
    text_codes: Float[Array, "n bits"],
    prototypes: Float[Array, "classes bits"],
    labels: Float[Array, "n classes"],
) -> tuple[Float[Array, "n classes"], Float[Array, "n classes"]]:
    """Squared differences of ±1 targets and inner products, by modality."""
    check_rank(2, prototypes=prototypes)
    check_same_shape(image_codes=image_codes, text_codes=text_codes)
    check_same_rows(labels=labels, image_codes=image_codes)
    targets = 2.0 * labels - 1.0
    image, text = (
        jnp.square(targets - codes @ prototypes.T)
        for codes in (image_codes, text_codes)
    )
    return image, text
