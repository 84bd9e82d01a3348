"""Losses that make the codes' cosines follow a similarity graph.

References:
    Yu et al., Deep Graph-neighbor Coherence Preserving Network for Unsupervised
    Cross-modal Hashing, AAAI 2021 (DGCPN).
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from scbch_jax.arrays import Scalar, ScalarLike
from scbch_jax.errors import check_square


@jax.jit
def coherence_loss(cosines: Float[Array, "n n"], graph: Float[Array, "n n"]) -> Scalar:
    """Squared difference of the codes' cosines and the graph, one term of DGCPN's J.

        1/n² Σ_{i≠j} (C_ij - S_ij)²

    Args:
        cosines: C, within one modality or between both.
        graph: S, similarities of the batch's samples.

    Raises:
        ValueError: if the matrices are not square and of one shape.

    Example:
        >>> coherence_loss(jnp.ones((2, 2)), jnp.zeros((2, 2)))
        Array(0.5, dtype=float32)
    """
    check_square(cosines=cosines, graph=graph)
    others = ~jnp.eye(len(graph), dtype=bool)
    return jnp.where(others, jnp.square(cosines - graph), 0.0).mean()


@jax.jit
def consistency_loss(
    between: Float[Array, "n n"],
    images: Float[Array, "n n"],
    texts: Float[Array, "n n"],
) -> Scalar:
    """Squared differences between the cosine matrices themselves, a term of DGCPN's J.

        mean (B - I)² + mean (B - T)² + mean (I - T)² + mean (B - Bᵀ)²

    Args:
        between: B, cosines of image codes (rows) and text codes (columns).
        images: I, cosines among image codes.
        texts: T, cosines among text codes.

    Raises:
        ValueError: if the matrices are not square and of one shape.

    Example:
        >>> consistency_loss(jnp.ones((2, 2)), jnp.ones((2, 2)), jnp.zeros((2, 2)))
        Array(2., dtype=float32)
    """
    check_square(between=between, images=images, texts=texts)
    pairs = ((between, images), (between, texts), (images, texts), (between, between.T))
    return sum((jnp.square(a - b).mean() for a, b in pairs), start=jnp.zeros(()))


@jax.jit
def pair_loss(between: Float[Array, "n n"], *, target: ScalarLike) -> Scalar:
    """Squared difference of each sample's image-text cosine and a target, in DGCPN's J.

        1/n Σ_i (B_ii - K)²

    Args:
        between: B, cosines of image codes (rows) and text codes (columns).
        target: K; the released code takes 1.5, above any cosine.

    Raises:
        ValueError: if the matrix is not square.

    Example:
        >>> pair_loss(jnp.eye(2), target=1.5)
        Array(0.25, dtype=float32)
    """
    check_square(between=between)
    return jnp.square(jnp.diagonal(between) - target).mean()
