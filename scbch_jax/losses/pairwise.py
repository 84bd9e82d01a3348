"""Matrices over all pairs of a batch: similarity, label overlap, positives.

References:
    Peng et al., Semantic-Consistent Bidirectional Contrastive Hashing for Noisy
    Multi-Label Cross-Modal Retrieval, arXiv 2511.07780: Eq. 4 to 6.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from scbch_jax.arrays import ScalarLike
from scbch_jax.errors import check_rank, check_same_shape, check_square


@jax.jit
def similarity_matrix(
    image_codes: Float[Array, "n bits"], text_codes: Float[Array, "n bits"]
) -> Float[Array, "n n"]:
    """Inner products of relaxed codes, S of Eq. 5.

        S_ij = h_i^image · h_j^text

    Args:
        image_codes: relaxed codes of the images, the rows of S.
        text_codes: relaxed codes of the texts, the columns of S.

    Raises:
        ValueError: if the codes are not two matrices of one shape.

    Example:
        >>> codes = jnp.array([[1.0, -1.0], [1.0, 1.0]])
        >>> similarity_matrix(codes, -codes).tolist()
        [[-2.0, 0.0], [0.0, -2.0]]
    """
    check_rank(2, image_codes=image_codes)
    check_same_shape(image_codes=image_codes, text_codes=text_codes)
    return image_codes @ text_codes.T


@jax.jit
def cosine_matrix(
    rows: Float[Array, "n width"], columns: Float[Array, "m width"]
) -> Float[Array, "n m"]:
    """Cosine similarity of every row of `rows` with every row of `columns`.

        C_ij = x_i · y_j / (|x_i| |y_j|), and 0 where a row is zero

    Raises:
        ValueError: if they are not matrices.

    Example:
        >>> cosine_matrix(jnp.array([[3.0, 0.0]]), jnp.array([[2.0, 0.0], [0.0, 1.0]]))
        Array([[1., 0.]], dtype=float32)
    """
    check_rank(2, rows=rows, columns=columns)
    return unit_rows(rows) @ unit_rows(columns).T


@jax.jit
def unit_rows(rows: Float[Array, "n width"]) -> Float[Array, "n width"]:
    """Rows divided by their Euclidean length.

        x_i / |x_i|; a zero row stays zero and has a zero gradient

    Example:
        >>> unit_rows(jnp.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
        [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    squares = jnp.sum(rows * rows, axis=1, keepdims=True)
    return rows / jnp.sqrt(jnp.where(squares > 0, squares, 1.0))


@jax.jit
def margin_shifted_similarity(
    similarity: Float[Array, "n n"],
    own: Float[Array, "..."],
    *,
    margin: ScalarLike,
    shift: ScalarLike,
) -> Float[Array, "n n"]:
    """Similarities, lowered by a shift where they are more than a margin below own.

        S_ij if S_ij >= own_i - m, else S_ij - ξ

    Args:
        similarity: S.
        own: similarity of each anchor to its paired sample: [n, 1] if the anchors are
            the rows, [1, n] if they are the columns.
        margin: m, in the units of S.
        shift: ξ, what is subtracted.

    Example:
        >>> similarity = jnp.array([[1.0, 0.9], [0.0, 1.0]])
        >>> own = jnp.array([[1.0], [1.0]])
        >>> margin_shifted_similarity(similarity, own, margin=0.25, shift=0.5).tolist()
        [[1.0, 0.8999999761581421], [-0.5, 1.0]]
    """
    near = similarity >= own - margin
    return jnp.where(near, similarity, similarity - shift)


@jax.jit
def jaccard_matrix(labels: Float[Array, "n classes"]) -> Float[Array, "n n"]:
    """Jaccard overlap of every two label sets, R of Eq. 4.

        R_ij = y_i · y_j / (|y_i| + |y_j| - y_i · y_j + 1e-8)

    The released code's 1e-8 makes the overlap of two samples without labels 0; it is
    below the resolution of float32 everywhere else.

    Of soft labels, in [0, 1], each part is its expectation: shared labels over all.

    Args:
        labels: multi-hot, or soft.

    Returns:
        Overlaps in [0, 1].

    Raises:
        ValueError: if the labels are not a matrix.

    Example:
        >>> jaccard_matrix(jnp.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]]))[0, 1].round(4)
        Array(0.3333, dtype=float32)
    """
    check_rank(2, labels=labels)
    shared = labels @ labels.T
    sizes = labels.sum(axis=1)
    return shared / (sizes[:, None] + sizes[None, :] - shared + 1e-8)


@jax.jit
def positive_pairs(overlap: Float[Array, "n n"]) -> Bool[Array, "n n"]:
    """Pairs of different samples that share a label, M of Eq. 5.

        M_ij = [R_ij > 0 and i ≠ j]

    Raises:
        ValueError: if the overlap is not a square matrix.

    Example:
        >>> positive_pairs(jnp.array([[1.0, 0.5], [0.5, 1.0]])).tolist()
        [[False, True], [True, False]]
    """
    check_square(overlap=overlap)
    return (overlap > 0) & ~jnp.eye(len(overlap), dtype=bool)


@jax.jit
def positive_pair_probability(labels: Float[Array, "n classes"]) -> Float[Array, "n n"]:
    """Probability that two different samples share a label, from soft labels.

        M_ij = 1 - Π_c (1 - q_ic q_jc) for i ≠ j, and 0 for i = j

    Of labels 0 and 1 it is M of Eq. 5, `positive_pairs`.

    Args:
        labels: q, the probability of each label, independent of the others.

    Raises:
        ValueError: if the labels are not a matrix.

    Example:
        >>> positive_pair_probability(jnp.array([[0.5, 0.5], [1.0, 1.0]])).tolist()
        [[0.0, 0.75], [0.75, 0.0]]
    """
    check_rank(2, labels=labels)
    neither = 1.0 - labels[:, None, :] * labels[None, :, :]
    return (1.0 - neither.prod(axis=2)) * (1.0 - jnp.eye(len(labels)))
