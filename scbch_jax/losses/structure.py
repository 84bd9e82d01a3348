"""Losses that make the codes' cosines follow a similarity graph.

References:
    Yu et al., Deep Graph-neighbor Coherence Preserving Network for Unsupervised
    Cross-modal Hashing, AAAI 2021 (DGCPN).
    Su, Zhong and Zhang, Deep Joint-Semantics Reconstructing Hashing for Large-Scale
    Unsupervised Cross-Modal Retrieval, ICCV 2019 (DJSRH).
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from scbch_jax.arrays import Scalar, ScalarLike
from scbch_jax.errors import check_same_rows, check_square
from scbch_jax.losses.pairwise import cosine_matrix


@jax.jit
def joint_semantics(
    image: Float[Array, "n image_dim"],
    text: Float[Array, "n text_dim"],
    *,
    image_weight: ScalarLike,
    second_order: ScalarLike,
    scale: ScalarLike,
) -> Float[Array, "n n"]:
    """Joint similarity of the samples of a batch, S of DJSRH, from their features.

        T = β (2 cos(x, x) - 1) + (1 - β) (2 cos(y, y) - 1)
        S = μ ((1 - η) T + η T T / n)

    T T / n compares how two samples are related to all others. S may exceed 1, which no
    cosine reaches; a row of zeros has cosine 0 with all, itself included.

    Args:
        image: features x, not negative where they come after a ReLU.
        text: features y.
        image_weight: β, in [0, 1].
        second_order: η, in [0, 1].
        scale: μ.

    Raises:
        ValueError: if rows do not align.

    Example:
        >>> x = jnp.array([[1.0, 0.0], [0.0, 1.0]])
        >>> joint_semantics(x, x, image_weight=0.5, second_order=0.5, scale=1.0)
        Array([[ 1., -1.],
               [-1.,  1.]], dtype=float32)
    """
    check_same_rows(image=image, text=text)
    images, texts = (2.0 * cosine_matrix(x, x) - 1.0 for x in (image, text))
    joint = image_weight * images + (1.0 - image_weight) * texts
    diffused = joint @ joint / len(joint)
    return scale * ((1.0 - second_order) * joint + second_order * diffused)


@jax.jit
def reconstruction_loss(
    cosines: Float[Array, "n n"], target: Float[Array, "n n"]
) -> Scalar:
    """Mean squared difference of the codes' cosines and a target, a term of DJSRH.

        1/n² Σ_ij (C_ij - S_ij)², the diagonal included

    Args:
        cosines: C, within one modality or between both.
        target: S.

    Raises:
        ValueError: if the matrices are not square and of one shape.

    Example:
        >>> reconstruction_loss(jnp.ones((2, 2)), jnp.eye(2))
        Array(0.5, dtype=float32)
    """
    check_square(cosines=cosines, target=target)
    return jnp.square(cosines - target).mean()


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
