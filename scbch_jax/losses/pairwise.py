"""Matrices over all pairs of a batch: similarity, label overlap, partners."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from scbch_jax.arrays import ScalarLike
from scbch_jax.errors import check_rank, check_same_shape, check_square


@jax.jit
def similarity_matrix(
    image_codes: Float[Array, "n bits"], text_codes: Float[Array, "n bits"]
) -> Float[Array, "n n"]:
    """Products of relaxed codes, S_ij = h_i · h_j (Eq. 5); row = image, column = text.

    Raises:
        ValueError: if the codes are not two matrices of one shape.
    """
    check_rank(2, image_codes=image_codes)
    check_same_shape(image_codes=image_codes, text_codes=text_codes)
    return image_codes @ text_codes.T


@jax.jit
def cosine_matrix(
    rows: Float[Array, "n width"], columns: Float[Array, "m width"]
) -> Float[Array, "n m"]:
    """Cosine of every row of the one with every row of the other; 0 for a row of 0.

    Raises:
        ValueError: if they are not matrices.
    """
    check_rank(2, rows=rows, columns=columns)
    return unit_rows(rows) @ unit_rows(columns).T


@jax.jit
def unit_rows(rows: Float[Array, "n width"]) -> Float[Array, "n width"]:
    """Rows of length one; a row of zeros stays zero, with zero gradient."""
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
    """Similarities, those beyond the margin lowered by the whole shift.

    Args:
        similarity: S.
        own: each anchor's similarity to its own partner: [n, 1] if the rows are the
            anchors, [1, n] if the columns are.
        margin: m; a pair is near if it is not more than this below its anchor's own.
        shift: what the others lose.
    """
    near = similarity >= own - margin
    return jnp.where(near, similarity, similarity - shift)


@jax.jit
def jaccard_matrix(labels: Float[Array, "n classes"]) -> Float[Array, "n n"]:
    """Shared labels over all labels of each pair, R in [0, 1] (Eq. 4).

    The released code's 1e-8 in the denominator is kept: it makes the overlap of two
    samples without labels 0, and is below float32's resolution everywhere else.

    Args:
        labels: multi-hot.

    Raises:
        ValueError: if the labels are not a matrix.

    >>> jaccard_matrix(jnp.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]]))[0, 1].round(4)
    Array(0.3333, dtype=float32)
    """
    check_rank(2, labels=labels)
    shared = labels @ labels.T
    sizes = labels.sum(axis=1)
    return shared / (sizes[:, None] + sizes[None, :] - shared + 1e-8)


@jax.jit
def partner_matrix(overlap: Float[Array, "n n"]) -> Bool[Array, "n n"]:
    """Pairs that share a label, the sample itself excluded: M of Eq. 5.

    Raises:
        ValueError: if the overlap is not a square matrix.
    """
    check_square(overlap=overlap)
    return (overlap > 0) & ~jnp.eye(len(overlap), dtype=bool)
