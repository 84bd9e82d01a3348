"""Ranking with a margin: a sample's own partner above all others of the batch."""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from scbch_jax.arrays import Scalar, ScalarLike
from scbch_jax.errors import check_same_rows, check_square
from scbch_jax.losses.pairwise import margin_shifted_similarity


@jax.jit
def ranking_loss(
    similarity: Float[Array, "n n"], *, margin: ScalarLike, shift: ScalarLike
) -> Scalar:
    """Margin, less own similarity, plus the log sum of all: L_r of UCCH, both ways.

    Others beyond the margin are lowered by the whole shift, so they pull less.

    Args:
        similarity: S; row = image, column = text.
        margin: m, how far below the own similarity others count fully.
        shift: what the others lose.

    Raises:
        ValueError: if the matrix is not square.
    """
    check_square(similarity=similarity)
    own = jnp.diagonal(similarity)

    def one_direction(similarity: Float[Array, "n n"]) -> Scalar:
        lowered = margin_shifted_similarity(
            similarity, own[:, None], margin=margin, shift=shift
        )
        return (margin - own + jax.nn.logsumexp(lowered, axis=1)).mean()

    return one_direction(similarity) + one_direction(similarity.T)


@partial(jax.jit, static_argnames="both_ways")
def kept_ranking_loss(
    similarity: Float[Array, "n n"],
    partners: Bool[Array, "n n"],
    kept: Bool[Array, " n"],
    *,
    margin: ScalarLike,
    shift: ScalarLike,
    both_ways: bool,
) -> Scalar:
    """The same where labels tell partners and some rows are left out: NRCH, r.

    A partner counts as similarity 0: one unit in the sum, without a pull. The own
    similarity counts as 0 in the sum where it is negative.

    Args:
        similarity: S; row = image, column = text.
        partners: which pairs of different samples share a label.
        kept: which rows count, one at least; the loss is that of a batch of these.
        margin: m, how far below the own similarity others count fully.
        shift: what the others lose.
        both_ways: lets texts rank images too; the released code means to, and counts
            the images' ranking of texts twice.

    Raises:
        ValueError: if matrices are not square and of one size, or rows differ.
    """
    check_square(similarity=similarity, partners=partners)
    check_same_rows(similarity=similarity, kept=kept)
    own, diagonal = jnp.diagonal(similarity), jnp.eye(len(kept), dtype=bool)

    def one_direction(similarity: Float[Array, "n n"]) -> Float[Array, " n"]:
        lowered = margin_shifted_similarity(
            similarity, own[:, None], margin=margin, shift=shift
        )
        lowered = jnp.where(diagonal, jnp.maximum(lowered, 0.0), lowered)
        lowered = jnp.where(partners, 0.0, lowered)
        return margin - own + jax.nn.logsumexp(lowered, axis=1, where=kept[None, :])

    rows = one_direction(similarity)
    columns = one_direction(similarity.T) if both_ways else rows
    return jnp.mean(rows + columns, where=kept)
