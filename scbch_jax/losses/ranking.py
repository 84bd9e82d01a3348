"""Ranking losses with a margin: a sample's own pair above the rest of the batch.

References:
    Hu et al., Unsupervised Contrastive Cross-modal Hashing, IEEE TPAMI 45(3), 2023
    (UCCH).
    Wang et al., Robust Contrastive Cross-modal Hashing with Noisy Labels, ACM
    Multimedia 2024 (NRCH).
    Shu et al., Deep Cross-Modal Hashing With Ranking Learning for Noisy Labels, IEEE
    Transactions on Big Data 11(2), 2025 (DHRL).
"""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from scbch_jax.arrays import Scalar, ScalarLike
from scbch_jax.errors import (
    check_rank,
    check_same_rows,
    check_same_shape,
    check_square,
)
from scbch_jax.losses.pairwise import margin_shifted_similarity


@jax.jit
def ranking_loss(
    similarity: Float[Array, "n n"], *, margin: ScalarLike, shift: ScalarLike
) -> Scalar:
    """Margin ranking loss over both directions, L_r of UCCH.

        1/n Σ_i [m - S_ii + log Σ_j exp D_ij], summed over both directions
        D_ij = S_ij if S_ij >= S_ii - m, else S_ij - shift

    Args:
        similarity: S; row = image, column = text.
        margin: m, how far below the own similarity others count fully.
        shift: what is subtracted from the others.

    Raises:
        ValueError: if the matrix is not square.

    Example:
        >>> ranking_loss(jnp.zeros((2, 2)), margin=0.2, shift=1.0).round(4)
        Array(1.7863, dtype=float32)
    """
    check_square(similarity=similarity)
    own = jnp.diagonal(similarity)

    def one_direction(similarity: Float[Array, "n n"]) -> Scalar:
        lowered = margin_shifted_similarity(
            similarity, own[:, None], margin=margin, shift=shift
        )
        return (margin - own + jax.nn.logsumexp(lowered, axis=1)).mean()

    return one_direction(similarity) + one_direction(similarity.T)


@partial(jax.jit, static_argnames="both_directions")
def supervised_ranking_loss(
    similarity: Float[Array, "n n"],
    positives: Bool[Array, "n n"],
    *,
    margin: ScalarLike,
    shift: ScalarLike,
    both_directions: bool,
    where: Bool[Array, " n"] | None = None,
) -> Scalar:
    """Margin ranking loss in which labels determine positives, r of NRCH.

        1/n Σ_i [m - S_ii + log Σ_j exp D_ij], twice or in both directions
        D_ij = 0 for positives, max(S_ii, 0) for i = j, else as in `ranking_loss`

    A positive enters the sum as a constant, so it is neither attracted nor repelled.

    Args:
        similarity: S; row = image, column = text.
        positives: pairs of different samples that share a label.
        margin: m, how far below the own similarity others count fully.
        shift: what is subtracted from the others.
        both_directions: texts rank images, too; the released code, presumably by
            mistake, counts the images' ranking of texts twice instead.
        where: rows to include, at least one; the loss is that of a batch of these.

    Raises:
        ValueError: if matrices are not square and of one size, or rows differ.

    Example:
        >>> similarity, positives = jnp.zeros((2, 2)), jnp.zeros((2, 2), bool)
        >>> options = {"margin": 0.2, "shift": 1.0, "both_directions": True}
        >>> supervised_ranking_loss(similarity, positives, **options).round(4)
        Array(1.7863, dtype=float32)
    """
    check_square(similarity=similarity, positives=positives)
    columns = None
    if where is not None:
        check_same_rows(similarity=similarity, where=where)
        columns = where[None, :]
    own, diagonal = jnp.diagonal(similarity), jnp.eye(len(similarity), dtype=bool)

    def one_direction(similarity: Float[Array, "n n"]) -> Float[Array, " n"]:
        lowered = margin_shifted_similarity(
            similarity, own[:, None], margin=margin, shift=shift
        )
        lowered = jnp.where(diagonal, jnp.maximum(lowered, 0.0), lowered)
        lowered = jnp.where(positives, 0.0, lowered)
        return margin - own + jax.nn.logsumexp(lowered, axis=1, where=columns)

    first = one_direction(similarity)
    second = one_direction(similarity.T) if both_directions else first
    return jnp.mean(first + second, where=where)


@jax.jit
def label_ranking_score(
    logits: Float[Array, "n classes"],
    labels: Float[Array, "n classes"],
    *,
    absent_weight: ScalarLike,
    given_weight: ScalarLike,
) -> Float[Array, " n"]:
    """How badly class scores rank given above absent labels, for each row, of DHRL.

        e_ij = max(0, 2 (z_i - z_j) + 1)² if y_i = 0 and y_j = 1, else 0
        a Σ_i √(Σ_j e_ij + 1e-10) + b Σ_j √(Σ_i e_ij + 1e-10)

    The first sum is large if absent classes look present (labels that are missing), the
    second if given classes look absent (labels that are wrong). Sums run over all
    classes, so that a class of the other side adds the constant 1e-5.

    Args:
        logits: z, class scores before the sigmoid.
        labels: y, multi-hot.
        absent_weight: a.
        given_weight: b.

    Raises:
        ValueError: if they are not two matrices of one shape.

    Example:
        >>> logits, labels = jnp.zeros((1, 2)), jnp.array([[1.0, 0.0]])
        >>> label_ranking_score(logits, labels, absent_weight=0.2, given_weight=0.8)
        Array([1.00001], dtype=float32)
    """
    check_rank(2, logits=logits)
    check_same_shape(logits=logits, labels=labels)
    difference = logits[:, :, None] - logits[:, None, :]
    pairs = (1.0 - labels)[:, :, None] * labels[:, None, :]
    errors = jnp.square(jnp.maximum(2.0 * difference + 1.0, 0.0)) * pairs
    absent, given = (
        jnp.sqrt(errors.sum(axis=axis) + 1e-10).sum(axis=1) for axis in (2, 1)
    )
    return absent_weight * absent + given_weight * given


@partial(jax.jit, static_argnames="count")
def lowest(scores: Float[Array, " n"], *, count: int) -> Bool[Array, " n"]:
    """Marks the rows of the lowest scores; the first of equal ones.

    Args:
        scores: one for each row.
        count: how many rows to mark; all if there are no more.

    Example:
        >>> lowest(jnp.array([3.0, 1.0, 2.0]), count=2).tolist()
        [False, True, True]
    """
    return jnp.argsort(jnp.argsort(scores)) < count
