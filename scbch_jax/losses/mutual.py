"""Agreement of the codes of both modalities of a row.

References:
    Yang et al., Mutual Quantization for Cross-Modal Search with Noisy Labels, CVPR 2022
    (CMMQ).
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from scbch_jax.errors import check_same_shape


@jax.jit
def text_to_image_contrast(
    image_codes: Float[Array, "n bits"], text_codes: Float[Array, "n bits"]
) -> Float[Array, " n"]:
    """Cross-entropy of picking each text's own image in the batch.

        -log softmax_i(a_i · b_j) at i = j, for each text j

    This is what the released code of CMMQ computes as mutual quantization. It takes the
    logarithm after the softmax, which underflows where inner products differ by 100.

    Args:
        image_codes: a, in [-1, 1].
        text_codes: b, in [-1, 1].

    Raises:
        ValueError: if shapes differ.

    Example:
        >>> text_to_image_contrast(jnp.zeros((2, 4)), jnp.zeros((2, 4))).round(4)
        Array([0.6931, 0.6931], dtype=float32)
    """
    check_same_shape(image_codes=image_codes, text_codes=text_codes)
    return -jnp.diagonal(jax.nn.log_softmax(image_codes @ text_codes.T, axis=0))


@jax.jit
def bernoulli_divergence(
    image_logits: Float[Array, "n bits"], text_logits: Float[Array, "n bits"]
) -> Float[Array, " n"]:
    """Symmetric Kullback-Leibler divergence of the bits of both codes.

        mean_l KL(P_l, Q_l) + KL(Q_l, P_l) = mean_l (P_l - Q_l) (2u_l - 2v_l)

    P = σ(2u) and Q = σ(2v) are the probabilities that a bit is 1; their logarithms
    cancel but for the difference of the logits.

    Args:
        image_logits: u, relaxed codes before tanh.
        text_logits: v, relaxed codes before tanh.

    Raises:
        ValueError: if shapes differ.

    Example:
        >>> bernoulli_divergence(jnp.zeros((1, 2)), jnp.zeros((1, 2)))
        Array([0.], dtype=float32)
    """
    check_same_shape(image_logits=image_logits, text_logits=text_logits)
    image, text = 2 * image_logits, 2 * text_logits
    difference = jax.nn.sigmoid(image) - jax.nn.sigmoid(text)
    return (difference * (image - text)).mean(axis=1)
