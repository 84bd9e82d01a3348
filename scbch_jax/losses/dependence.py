"""Dependence of the features of two modalities.

References:
    Gretton et al., Measuring Statistical Dependence with Hilbert-Schmidt Norms, ALT
    2005.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from scbch_jax.arrays import Scalar
from scbch_jax.errors import check_rank


@jax.jit
def linear_dependence(
    first: Float[Array, "n width"], second: Float[Array, "n other_width"]
) -> Scalar:
    """Hilbert-Schmidt independence criterion with linear kernels.

        tr(K Z L Z) / (n - 1)²,  K = P Pᵀ,  L = Q Qᵀ,  Z = I - 1/n

    It is the sum of the squared covariances of all pairs of columns, and is computed as
    that. Only linear dependence counts.

    Args:
        first: P.
        second: Q, of the same samples.

    Raises:
        ValueError: if they are not matrices.

    Example:
        >>> rows = jnp.array([[1.0], [-1.0]])
        >>> print(linear_dependence(rows, 3 * rows))
        36.0
    """
    check_rank(2, first=first, second=second)
    first = first - first.mean(axis=0, keepdims=True)
    products = first.T @ second
    return jnp.square(products).sum() / max(len(first) - 1, 1) ** 2
