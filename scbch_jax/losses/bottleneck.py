"""Terms of an information bottleneck between the features of two modalities.

References:
    Zhang et al., Modality-Invariant Asymmetric Networks for Cross-Modal Hashing, IEEE
    TKDE 35(5), 2023 (MIAN).
"""

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from scbch_jax.arrays import Scalar
from scbch_jax.errors import check_same_shape


@jax.jit
def normal_divergence(
    mean: Float[Array, "n width"], log_variance: Float[Array, "n width"]
) -> Scalar:
    """Kullback-Leibler divergence of normal distributions from the standard one.

        1/2 Σ μ² + exp(s) - s - 1

    Args:
        mean: μ.
        log_variance: s.

    Raises:
        ValueError: if the shapes differ.

    Example:
        >>> normal_divergence(jnp.ones((1, 2)), jnp.zeros((1, 2)))
        Array(1., dtype=float32)
    """
    check_same_shape(mean=mean, log_variance=log_variance)
    return (jnp.square(mean) + jnp.exp(log_variance) - log_variance - 1).sum() / 2


@jax.jit
def feature_prediction_loss(
    predicted: Float[Array, "n width"], features: Float[Array, "n width"]
) -> Scalar:
    """Cross-entropy of predicted features, both squashed to (0, 1).

        Σ -z log σ(t) - (1 - z) log(1 - σ(t)),  z = σ(f)

    Args:
        predicted: t.
        features: f; constant.

    Raises:
        ValueError: if the shapes differ.

    Example:
        >>> feature_prediction_loss(jnp.zeros((1, 2)), jnp.ones((1, 2))).round(4)
        Array(1.3863, dtype=float32)
    """
    check_same_shape(predicted=predicted, features=features)
    target = jax.nn.sigmoid(jax.lax.stop_gradient(features))
    return optax.sigmoid_binary_cross_entropy(predicted, target).sum()
