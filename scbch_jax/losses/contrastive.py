"""Bidirectional soft contrastive losses: attraction and repulsion.

References:
    Peng et al., Semantic-Consistent Bidirectional Contrastive Hashing for Noisy
    Multi-Label Cross-Modal Retrieval, arXiv 2511.07780: Eq. 5 to 7. Where the released
    code (GitHub Plke/SCBCH) differs from the equations, both forms are here.
    Pu et al., Robust Self-Paced Hashing for Cross-Modal Retrieval with Noisy Labels,
    AAAI 2025 (RSHNL).
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from scbch_jax.arrays import Scalar, ScalarLike
from scbch_jax.errors import check_same_shape, check_square
from scbch_jax.losses.classification import generalized_cross_entropy
from scbch_jax.losses.pairwise import margin_shifted_similarity, positive_pairs


@jax.jit
def attraction_loss(
    similarity: Float[Array, "n n"], overlap: Float[Array, "n n"], *, shift: ScalarLike
) -> Scalar:
    """Attraction of image-text pairs whose samples share a label, L_att of Eq. 5.

        L_att = 1/n² Σ_ij M_ij exp(ξ - S_ij) - 1/n Σ_i S_ii
        M_ij = [R_ij > 0 and i ≠ j]

    Paper and released code agree.

    Args:
        similarity: S, inner products of relaxed codes; row = image, column = text.
        overlap: R, Jaccard overlap of the label sets, in [0, 1].
        shift: ξ, the similarity at which the attraction of a positive is 1.

    Raises:
        ValueError: if the matrices are not square and of one shape.

    Example:
        >>> similarity = jnp.array([[1.0, 0.8], [0.8, 1.0]])
        >>> attraction_loss(similarity, jnp.ones((2, 2)), shift=0.8)
        Array(-0.5, dtype=float32)
    """
    check_square(similarity=similarity, overlap=overlap)
    attraction = jnp.where(positive_pairs(overlap), jnp.exp(shift - similarity), 0.0)
    return attraction.mean() - jnp.diagonal(similarity).mean()


@jax.jit
def soft_attraction_loss(
    similarity: Float[Array, "n n"], weights: Float[Array, "n n"], *, shift: ScalarLike
) -> Scalar:
    """Attraction of image-text pairs in proportion to their weight.

        L_att = 1/n² Σ_ij M_ij exp(ξ - S_ij) - 1/n Σ_i S_ii

    With weights 0 and 1 it is `attraction_loss`.

    Args:
        similarity: S, inner products of relaxed codes; row = image, column = text.
        weights: M, for example the probability that the samples share a label.
        shift: ξ, the similarity at which the attraction of a pair of weight 1 is 1.

    Raises:
        ValueError: if the matrices are not square and of one shape.

    Example:
        >>> similarity = jnp.array([[1.0, 0.8], [0.8, 1.0]])
        >>> soft_attraction_loss(similarity, 0.5 - 0.5 * jnp.eye(2), shift=0.8)
        Array(-0.75, dtype=float32)
    """
    check_square(similarity=similarity, weights=weights)
    attraction = weights * jnp.exp(shift - similarity)
    return attraction.mean() - jnp.diagonal(similarity).mean()


@jax.jit
def pairwise_likelihood_loss(
    similarity: Float[Array, "n n"],
    probability: Float[Array, "n n"],
    *,
    scale: ScalarLike,
) -> Scalar:
    """Negative log-likelihood of image-text pairs that do or do not share a label.

        L = 1/n² Σ_ij log(1 + exp(κ S_ij)) - M_ij κ S_ij

    σ(κ S_ij) is the model of the probability that image i and text j share a label, and
    M_ij the probability by their labels. At the minimum, ranking by similarity is
    ranking by this probability, which is the best ranking for average precision.

    Args:
        similarity: S, inner products of relaxed codes; row = image, column = text.
        probability: M, in [0, 1]; 0 and 1 for labels that are certain.
        scale: κ, how steeply the probability rises with the similarity.

    References:
        Jiang and Li, Deep Cross-Modal Hashing, CVPR 2017: Eq. 1, for M of 0 and 1.

    Raises:
        ValueError: if the matrices are not square and of one shape.

    Example:
        >>> similarity, probability = jnp.zeros((2, 2)), jnp.eye(2)
        >>> pairwise_likelihood_loss(similarity, probability, scale=6.0).round(4)
        Array(0.6931, dtype=float32)
    """
    check_square(similarity=similarity, probability=probability)
    logits = scale * similarity
    return (jax.nn.softplus(logits) - probability * logits).mean()


@jax.jit
def stepped_repulsion_loss(
    similarity: Float[Array, "n n"],
    overlap: Float[Array, "n n"],
    *,
    margin: ScalarLike,
    shift: ScalarLike,
) -> Scalar:
    """Repulsion of similar pairs with different labels, L_rep of the released code.

        L_rep = 1/n² Σ_ij exp((1 - R_ij) D_ij), summed over both directions
        D_ij = S_ij if S_ij >= S_ii - m, else S_ij - ξ; and max(D_ii, 0)

    A pair that is more than the margin below its anchor's own similarity is lowered by
    the whole shift: a step where Eq. 6 has a ramp. The mean includes the diagonal.
    Where every row has a label, this is twice Eq. 7's mean of such steps, plus 2/n.

    Args:
        similarity: S; row = image, column = text.
        overlap: R, in [0, 1]; a pair of overlap 1 does not repel.
        margin: m of Eq. 6.
        shift: ξ of Eq. 6.

    Raises:
        ValueError: if the matrices are not square and of one shape.

    Example:
        >>> similarity, overlap = jnp.zeros((2, 2)), jnp.eye(2)
        >>> stepped_repulsion_loss(similarity, overlap, margin=0.1, shift=1.0)
        Array(2., dtype=float32)
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
    """Repulsion of similar pairs with different labels, L_rep of the paper (Eq. 6, 7).

        L_rep = 1/(2n²) Σ_{i≠j} exp((1 - R_ij) D_ij), summed over both directions
        D_ij = S_ij - ξ max(S_ii - m - S_ij, 0)

    Args:
        similarity: S; row = image, column = text.
        overlap: R, in [0, 1]; a pair of overlap 1 does not repel.
        margin: m of Eq. 6.
        shift: ξ of Eq. 6.

    Raises:
        ValueError: if the matrices are not square and of one shape.

    Example:
        >>> similarity, overlap = jnp.zeros((2, 2)), jnp.eye(2)
        >>> decaying_repulsion_loss(similarity, overlap, margin=0.1, shift=1.0)
        Array(0.5, dtype=float32)
    """
    check_square(similarity=similarity, overlap=overlap)
    others = ~jnp.eye(len(similarity), dtype=bool)

    def one_direction(own: Float[Array, "..."]) -> Scalar:
        lowered = similarity - shift * jnp.maximum(own - margin - similarity, 0.0)
        return jnp.where(others, jnp.exp(lowered * (1.0 - overlap)), 0.0).mean()

    own = jnp.diagonal(similarity)
    return (one_direction(own[:, None]) + one_direction(own[None, :])) / 2


@jax.jit
def noise_robust_contrastive_loss(
    image_codes: Float[Array, "n bits"],
    text_codes: Float[Array, "n bits"],
    *,
    temperature: ScalarLike,
    exponent: ScalarLike,
) -> Scalar:
    """Contrast of each code with the batch's codes of both modalities, L_chl of RSHNL.

        L = 1/n Σ_r φ(ρ_r), over the 2n rows of Z = [h; g]
        ρ_r = exp(z_r · z_p(r) / τ) / Σ_{k≠r} exp(z_r · z_k / τ)

    p(r) is the other modality's row of the same sample. The mean over rows counts
    twice, as in the released code, whose sums over rows and over columns are equal.

    Args:
        image_codes: h, relaxed codes.
        text_codes: g, relaxed codes.
        temperature: τ.
        exponent: q of φ, see `generalized_cross_entropy`.

    Raises:
        ValueError: if the shapes differ.

    Example:
        >>> codes, options = jnp.zeros((2, 4)), {"temperature": 1.0, "exponent": 1.0}
        >>> noise_robust_contrastive_loss(codes, codes, **options).round(4)
        Array(1.3333, dtype=float32)
    """
    check_same_shape(image_codes=image_codes, text_codes=text_codes)
    rows = jnp.concatenate([image_codes, text_codes])
    others = ~jnp.eye(len(rows), dtype=bool)
    logits = jnp.where(others, rows @ rows.T / temperature, -jnp.inf)
    partner = jnp.roll(jnp.arange(len(rows)), len(image_codes))
    picked = jnp.take_along_axis(logits, partner[:, None], axis=1)[:, 0]
    log_share = picked - jax.nn.logsumexp(logits, axis=1)
    return 2 * generalized_cross_entropy(log_share, exponent=exponent).mean()
