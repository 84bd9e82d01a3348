"""Cross-modal semantic consistency: neighbors vote, agreement gives trust."""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from scbch_jax.checks import check_rank, check_same_rows, check_same_shape
from scbch_jax.types import ScalarLike

EPSILON = 1e-8
"""Keeps divisions finite, at the size that the released code uses."""


@partial(jax.jit, static_argnames=("neighbors", "reading", "block"))
def neighbor_soft_labels(
    image_codes: Float[Array, "samples bits"],
    text_codes: Float[Array, "samples bits"],
    labels: Float[Array, "samples classes"],
    *,
    neighbors: int,
    reading: str = "official",
    block: int = 512,
) -> Float[Array, "samples classes"]:
    """Labels that the most similar samples vote for each sample: p of Eq. 1.

    Neighbors are the k samples with the largest cosine similarity, averaged over both
    modalities; the sample itself counts as similarity 0. Memory is block · samples,
    never samples².

    Args:
        image_codes: relaxed codes, or any features.
        text_codes: the same samples in the other modality.
        labels: multi-hot, possibly noisy.
        neighbors: k, below the number of samples.
        reading: how a vote weighs. "official": the average similarity over its sum
            (released code); "paper": each modality's similarity over its own sum, then
            averaged (Eq. 1).
        block: rows that are searched at once.

    Raises:
        ValueError: if the rows do not align or k is not below the number of samples.
    """
    check_rank(2, image_codes=image_codes, labels=labels)
    check_same_shape(image_codes=image_codes, text_codes=text_codes)
    check_same_rows(labels=labels, image_codes=image_codes)
    if not 0 < neighbors < len(labels):
        raise ValueError(f"neighbors: got {neighbors}, wanted 1 to {len(labels) - 1}")
    weigh = {"official": _averaged_votes, "paper": _votes_by_modality}[reading]
    modalities = jnp.stack([_unit_rows(image_codes), _unit_rows(text_codes)])

    def soft_label(row: Int[Array, ""]) -> Float[Array, " classes"]:
        similarity = jnp.einsum("mb,msb->ms", modalities[:, row], modalities)
        itself = jnp.arange(len(labels)) == row
        similarity = jnp.where(itself, 0.0, similarity)
        _, nearest = jax.lax.top_k(similarity.mean(axis=0), neighbors)
        return weigh(similarity[:, nearest]) @ labels[nearest]

    rows = jnp.arange(len(labels))
    return jax.lax.map(soft_label, rows, batch_size=min(block, len(labels)))


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
    agreement = (_unit_rows(labels) * _unit_rows(soft_labels)).sum(axis=1)
    return floor + (1.0 - floor) * agreement


def _averaged_votes(similarity: Float[Array, "2 k"]) -> Float[Array, " k"]:
    votes = similarity.mean(axis=0)
    return votes / (votes.sum() + EPSILON)


def _votes_by_modality(similarity: Float[Array, "2 k"]) -> Float[Array, " k"]:
    sums = similarity.sum(axis=1, keepdims=True)
    return (similarity / (sums + EPSILON)).mean(axis=0)


def _unit_rows(rows: Float[Array, "n width"]) -> Float[Array, "n width"]:
    lengths = jnp.linalg.norm(rows, axis=1, keepdims=True)
    return rows / jnp.maximum(lengths, EPSILON)
