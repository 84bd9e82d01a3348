"""Soft labels from a sample's neighbors, and confidence in its own label.

References:
    Peng et al., Semantic-Consistent Bidirectional Contrastive Hashing for Noisy
    Multi-Label Cross-Modal Retrieval, arXiv 2511.07780: Eq. 1 and 2.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jax.sharding import AbstractMesh, Mesh
from jaxtyping import Array, Float, Int

from scbch_jax.arrays import ScalarLike
from scbch_jax.errors import check_rank, check_same_rows, check_same_shape
from scbch_jax.neighbors.search import EPSILON, nearest_rows, normalize
from scbch_jax.neighbors.topk import TopK


@partial(
    jax.jit,
    static_argnames=("neighbors", "reading", "search", "mesh", "block", "column_block"),
)
def neighbor_soft_labels(
    image_codes: Float[Array, "samples bits"],
    text_codes: Float[Array, "samples bits"],
    labels: Float[Array, "samples classes"],
    *,
    neighbors: int,
    reading: str = "official",
    search: str = "exact",
    mesh: Mesh | AbstractMesh | None = None,
    block: int = 512,
    column_block: int = 16384,
) -> Float[Array, "samples classes"]:
    """Similarity-weighted mean of the neighbors' labels, p of Eq. 1.

        p_i = Σ_{j in N(i)} s_ij y_j / Σ_{j in N(i)} s_ij

    N(i) are the k samples with the largest cosine, averaged over both modalities; the
    sample itself has similarity 0. Memory is that of `nearest_rows`, never samples².

    Args:
        image_codes: relaxed codes, or any features.
        text_codes: the same samples in the other modality.
        labels: multi-hot, possibly noisy.
        neighbors: k, below the number of samples.
        reading: "official" weighs by the similarity averaged over modalities, as the
            released code; "paper" normalizes each modality by its own sum and then
            averages, as Eq. 1.
        search: "exact", "approximate" or "tree", as in `nearest_rows`.
        mesh: devices whose axis "data" shards the search.
        block: query samples searched at once.
        column_block: samples compared at once.

    Raises:
        ValueError: if the rows do not align or k is not below the number of samples.
    """
    check_rank(2, labels=labels)
    check_same_rows(labels=labels, image_codes=image_codes)
    found = nearest_rows(
        image_codes,
        text_codes,
        neighbors=neighbors,
        search=search,
        mesh=mesh,
        row_block=block,
        column_block=column_block,
    )
    modalities = jnp.stack([normalize(image_codes), normalize(text_codes)])

    def soft_label(
        row: tuple[Int[Array, ""], TopK],
    ) -> Float[Array, " classes"]:
        own, nearest = row
        if reading == "official":
            weights = _normalized(nearest.similarity)
        else:
            others = modalities[:, nearest.index]
            similarity = jnp.einsum("mb,mkb->mk", modalities[:, own], others)
            similarity = jnp.where(nearest.index == own, 0.0, similarity)
            weights = jax.vmap(_normalized)(similarity).mean(axis=0)
        return weights @ labels[nearest.index]

    rows = jnp.arange(len(labels), dtype=jnp.int32)
    return jax.lax.map(soft_label, (rows, found), batch_size=min(block, len(labels)))


@jax.jit
def confidence_weights(
    labels: Float[Array, "samples classes"],
    soft_labels: Float[Array, "samples classes"],
    *,
    floor: ScalarLike,
) -> Float[Array, " samples"]:
    """Confidence in each row's label, by its cosine with the soft label: w of Eq. 2.

        w_i = γ + (1 - γ) cos(y_i, p_i)

    Args:
        labels: y, multi-hot; a row without labels gets the floor.
        soft_labels: p, from `neighbor_soft_labels`.
        floor: γ, the weight where they share no class, in [0, 1].

    Raises:
        ValueError: if the shapes differ.

    Example:
        >>> labels = jnp.array([[1.0, 0.0], [1.0, 0.0]])
        >>> soft_labels = jnp.array([[1.0, 0.0], [0.0, 1.0]])
        >>> confidence_weights(labels, soft_labels, floor=0.5)
        Array([1. , 0.5], dtype=float32)
    """
    check_same_shape(labels=labels, soft_labels=soft_labels)
    agreement = (normalize(labels) * normalize(soft_labels)).sum(axis=1)
    return floor + (1.0 - floor) * agreement


def _normalized(similarity: Float[Array, " k"]) -> Float[Array, " k"]:
    return similarity / (similarity.sum() + EPSILON)
