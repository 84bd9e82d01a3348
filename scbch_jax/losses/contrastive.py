"""Bidirectional soft contrastive hashing: partners attract, the rest repel."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from scbch_jax.arrays import Scalar, ScalarLike
from scbch_jax.errors import check_square
from scbch_jax.losses.pairwise import margin_shifted_similarity, partner_matrix


@jax.jit
def attraction_loss(
    similarity: Float[Array, "n n"], overlap: Float[Array, "n n"], *, shift: ScalarLike
) -> Scalar:
    """Draws together image-text pairs whose samples share a label: L_att, Eq. 5.

    Paper and released code agree.

    Args:
        similarity: S, products of relaxed codes; row = image, column = text.
        overlap: R, Jaccard overlap of the label sets, in [0, 1] (Eq. 4).
        shift: ξ, the similarity at which a partner pulls with unit force.

    Raises:
        ValueError: if the matrices are not square and of one shape.
    """
    check_square(similarity=similarity, overlap=overlap)
    pull = jnp.where(partner_matrix(overlap), jnp.exp(shift - similarity), 0.0)
    return pull.mean() - jnp.diagonal(similarity).mean()


@jax.jit
def stepped_repulsion_loss(
    similarity: Float[Array, "n n"],
    overlap: Float[Array, "n n"],
    *,
    margin: ScalarLike,
    shift: ScalarLike,
) -> Scalar:
    """Pushes apart pairs that look alike but are labelled apart: L_rep as released.

    A pair further than the margin below its anchor's own similarity is lowered by the
    whole shift, a step where Eq. 6 has a ramp. The mean runs over all pairs, the
    diagonal (never below 0) included, and both directions are added. Where every row
    has a label this is twice Eq. 7's average of such steps, plus 2/n.

    Args:
        similarity: S; row = image, column = text.
        overlap: R, in [0, 1]; a full overlap switches a pair's repulsion off.
        margin: m of Eq. 6.
        shift: ξ of Eq. 6.

    Raises:
        ValueError: if the matrices are not square and of one shape.
    """
    check_square(similarity=similarity, overlap=overlap)
    diagonal = jnp.eye(len(similarity), dtype=bool)

    def one_direction(own: Float[Array, "..."]) -> Scalar:
        lowered = margin_shifted_similarity(similarity, own, margin=margin, shift=shift)
        lowered = jnp.where(diagonal, jnp.maximum(lowered, 0.0), lowered)
        return jnp.exp(lowered * (1.0 - overlap)).mean()

    own = jnp.diagonal(similarity)
    return one_direction(own[:, None]) + one_direction(own[None, :])


@jax.jit
def decaying_repulsion_loss(
    similarity: Float[Array, "n n"],
    overlap: Float[Array, "n n"],
    *,
    margin: ScalarLike,
    shift: ScalarLike,
) -> Scalar:
    """Pushes apart pairs that look alike but are labelled apart: L_rep, Eq. 6 and 7.

    The paper's reading: a pair further than the margin below its anchor's own
    similarity is lowered in proportion to the distance. Only pairs of different samples
    count, with half the sum of both directions.

    Args:
        similarity: S; row = image, column = text.
        overlap: R, in [0, 1]; a full overlap switches a pair's repulsion off.
        margin: m of Eq. 6.
        shift: ξ of Eq. 6.

    Raises:
        ValueError: if the matrices are not square and of one shape.
    """
    check_square(similarity=similarity, overlap=overlap)
    others = ~jnp.eye(len(similarity), dtype=bool)

    def one_direction(own: Float[Array, "..."]) -> Scalar:
        lowered = similarity - shift * jnp.maximum(own - margin - similarity, 0.0)
        return jnp.where(others, jnp.exp(lowered * (1.0 - overlap)), 0.0).mean()

    own = jnp.diagonal(similarity)
    return (one_direction(own[:, None]) + one_direction(own[None, :])) / 2
