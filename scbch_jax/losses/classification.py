"""Classification losses for labels that may be wrong.

References:
    Peng et al., Semantic-Consistent Bidirectional Contrastive Hashing for Noisy
    Multi-Label Cross-Modal Retrieval, arXiv 2511.07780: Eq. 3.
    Zhang and Sabuncu, Generalized Cross Entropy Loss for Training Deep Neural Networks
    with Noisy Labels, NeurIPS 2018.
    Pu et al., Robust Self-Paced Hashing for Cross-Modal Retrieval with Noisy Labels,
    AAAI 2025 (RSHNL).
    Shu et al., Deep Cross-Modal Hashing With Ranking Learning for Noisy Labels, IEEE
    Transactions on Big Data 11(2), 2025 (DHRL).
"""

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float

from scbch_jax.arrays import Scalar, ScalarLike
from scbch_jax.errors import check_rank, check_same_rows, check_same_shape


@jax.jit
def classification_loss(
    image_logits: Float[Array, "n classes"],
    text_logits: Float[Array, "n classes"],
    labels: Float[Array, "n classes"],
    confidence: Float[Array, " n"],
) -> Scalar:
    """Confidence-weighted binary cross-entropy of both modalities, L_cscc of Eq. 3.

        L_cscc = 1/n Σ_i w_i (BCE(z_i^image, y_i) + BCE(z_i^text, y_i)) / 2
        BCE(z, y) = -mean_c [y_c log z_c + (1 - y_c) log(1 - z_c)]

    Eq. 3 has z log y, which is infinite for hard labels; both readings use y log z,
    as the released code does. All w are 1 until the warm-up ends.

    Args:
        image_logits: class scores of the images, before the sigmoid.
        text_logits: class scores of the texts, before the sigmoid.
        labels: y, multi-hot.
        confidence: w of Eq. 2, in [0, 1].

    Raises:
        ValueError: if shapes or numbers of rows differ.

    Example:
        >>> logits, labels = jnp.zeros((1, 2)), jnp.array([[1.0, 0.0]])
        >>> classification_loss(logits, logits, labels, jnp.ones(1)).round(4)
        Array(0.6931, dtype=float32)
    """
    check_rank(2, labels=labels)
    check_same_shape(labels=labels, image_logits=image_logits, text_logits=text_logits)
    check_same_rows(labels=labels, confidence=confidence)
    image = optax.sigmoid_binary_cross_entropy(image_logits, labels).mean(axis=1)
    text = optax.sigmoid_binary_cross_entropy(text_logits, labels).mean(axis=1)
    return (confidence * (image + text) / 2).mean()


@jax.jit
def generalized_cross_entropy(
    log_probability: Float[Array, "*shape"], *, exponent: ScalarLike
) -> Float[Array, "*shape"]:
    """Generalized cross-entropy and absolute error of a probability, mixed as in RSHNL.

        φ(p) = (1 - q) (1 - p^q) / q + q (1 - p)

    For a small q it is near -log p, but bounded: φ(0) = (1 - q) / q + q. At q = 1 it is
    1 - p, which wrong labels affect least.

    Args:
        log_probability: log p; minus infinity is allowed and has no gradient.
        exponent: q, above 0 and at most 1.

    Example:
        >>> generalized_cross_entropy(jnp.log(jnp.array([0.25])), exponent=0.5)
        Array([0.875], dtype=float32)
    """
    # expm1 keeps the digits that 1 - p^q would lose for a small q.
    power_term = -jnp.expm1(exponent * log_probability) / exponent
    return (1 - exponent) * power_term - exponent * jnp.expm1(log_probability)


@jax.jit
def summed_classification_loss(
    logits: Float[Array, "n classes"],
    labels: Float[Array, "n classes"],
    where: Bool[Array, " n"],
) -> Scalar:
    """Binary cross-entropy, summed over classes, mean of the selected rows, of DHRL.

        mean over i of Σ_c softplus(-z_ic) + (1 - y_ic) z_ic

    Args:
        logits: z, class scores before the sigmoid.
        labels: y, multi-hot.
        where: the selected rows, at least one.

    Raises:
        ValueError: if shapes or numbers of rows differ.

    Example:
        >>> import jax.numpy as jnp
        >>> logits, labels = jnp.zeros((1, 2)), jnp.array([[1.0, 0.0]])
        >>> summed_classification_loss(logits, labels, jnp.array([True])).round(4)
        Array(1.3863, dtype=float32)
    """
    check_rank(2, labels=labels)
    check_same_shape(labels=labels, logits=logits)
    check_same_rows(labels=labels, where=where)
    rows = optax.sigmoid_binary_cross_entropy(logits, labels).sum(axis=1)
    return rows.mean(where=where)
