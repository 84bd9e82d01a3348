"""Classification weighted by each row's confidence."""

import jax
import optax
from jaxtyping import Array, Float

from scbch_jax.arrays import Scalar
from scbch_jax.errors import check_rank, check_same_rows, check_same_shape


@jax.jit
def classification_loss(
    image_logits: Float[Array, "n classes"],
    text_logits: Float[Array, "n classes"],
    labels: Float[Array, "n classes"],
    confidence: Float[Array, " n"],
) -> Scalar:
    """Binary cross entropy of both modalities, weighted by row: L_cscc, Eq. 3.

    Eq. 3 prints z log y, which hard labels make infinite; both readings use the usual
    y log z, as the released code does. Before the warm-up ends all weights are one.

    Args:
        image_logits: before the sigmoid.
        text_logits: before the sigmoid.
        labels: multi-hot.
        confidence: w of Eq. 2, in [0, 1].

    Raises:
        ValueError: if shapes or numbers of rows differ.
    """
    check_rank(2, labels=labels)
    check_same_shape(labels=labels, image_logits=image_logits, text_logits=text_logits)
    check_same_rows(labels=labels, confidence=confidence)
    image = optax.sigmoid_binary_cross_entropy(image_logits, labels).mean(axis=1)
    text = optax.sigmoid_binary_cross_entropy(text_logits, labels).mean(axis=1)
    return (confidence * (image + text) / 2).mean()
