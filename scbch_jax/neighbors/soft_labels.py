"""Cross-modal semantic consistency: neighbors vote, agreement gives trust."""

from functools import partial

import jax
import jax.numpy as jnp
from jax.sharding import AbstractMesh, Mesh
from jaxtyping import Array, Float, Int

from scbch_jax.arrays import ScalarLike
from scbch_jax.errors import check_rank, check_same_rows, check_same_shape
from scbch_jax.neighbors.search import EPSILON, nearest_rows, unit_rows
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
    """Labels that the most similar samples vote for each sample: p of Eq. 1.

    Neighbors are the k samples with the largest cosine similarity, averaged over both
    modalities; the sample itself counts as similarity 0. Memory is that of
    `nearest_rows`: never samples², nor a block of whole rows of it.

    Args:
        image_codes: relaxed codes, or any features.
        text_codes: the same samples in the other modality.
        labels: multi-hot, possibly noisy.
        neighbors: k, below the number of samples.
        reading: how a vote weighs. "official": the average similarity over its sum
            (released code); "paper": each modality's similarity over its own sum, then
            averaged (Eq. 1).
        search: "exact" or "approximate", as in `nearest_rows`.
        mesh: devices with an axis "data" to share the search among.
        block: rows that search at once.
        column_block: rows that are searched at once.

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
    modalities = jnp.stack([unit_rows(image_codes), unit_rows(text_codes)])

    def soft_label(
        row: tuple[Int[Array, ""], TopK],
    ) -> Float[Array, " classes"]:
        own, nearest = row
        if reading == "official":
            votes = _share(nearest.similarity)
        else:
            theirs = modalities[:, nearest.index]
            similarity = jnp.einsum("mb,mkb->mk", modalities[:, own], theirs)
            similarity = jnp.where(nearest.index == own, 0.0, similarity)
            votes = jax.vmap(_share)(similarity).mean(axis=0)
        return votes @ labels[nearest.index]

    rows = jnp.arange(len(labels), dtype=jnp.int32)
    return jax.lax.map(soft_label, (rows, found), batch_size=min(block, len(labels)))


@jax.jit
def confidence_weights(
    labels: Float[Array, "samples classes"],
    soft_labels: Float[Array, "samples classes"],
    *,
    floor: ScalarLike,
) -> Float[Array, " samples"]:
    """Trust in each row, by the cosine of its label and its soft label: w of Eq. 2.

    Args:
        labels: y, multi-hot; a row without labels gets the floor.
        soft_labels: p, from `neighbor_soft_labels`.
        floor: γ, the weight where they have nothing in common, in [0, 1].

    Raises:
        ValueError: if the shapes differ.
    """
    check_same_shape(labels=labels, soft_labels=soft_labels)
    agreement = (unit_rows(labels) * unit_rows(soft_labels)).sum(axis=1)
    return floor + (1.0 - floor) * agreement


def _share(similarity: Float[Array, " k"]) -> Float[Array, " k"]:
    return similarity / (similarity.sum() + EPSILON)
