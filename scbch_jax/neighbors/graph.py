"""Similarity graphs over the training set, from features and their neighbors.

References:
    Yu et al., Deep Graph-neighbor Coherence Preserving Network for Unsupervised
    Cross-modal Hashing, AAAI 2021 (DGCPN).
    Zhu et al., Work Together: Correlation-Identity Reconstruction Hashing for
    Unsupervised Cross-Modal Retrieval, IEEE TKDE 35(9), 2023 (CIRH).
"""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from scbch_jax.arrays import ScalarLike
from scbch_jax.errors import check_same_rows, check_square
from scbch_jax.losses import cosine_matrix


@partial(jax.jit, static_argnames=("neighbors", "block"))
def knn_affinity(
    similarity: Float[Array, "n n"], *, neighbors: int, block: int = 512
) -> Float[Array, "n n"]:
    """Similarities of each row to its neighbors, normalized to sum to 1; 0 elsewhere.

        A_ij = S_ij / Σ_{k in N(i)} S_ik for j in N(i)

    N(i) are the most similar rows without the first of them, which normally is the row
    itself. Among equal similarities the earlier row comes first.

    Args:
        similarity: S.
        neighbors: size of the neighborhood with the first row included; 2 to n.
        block: rows that are searched at once, which bounds memory.

    Raises:
        ValueError: if the matrix is not square, or neighbors is out of range.

    Example:
        >>> similarity = jnp.array([[1.0, 0.5, 0.1], [0.5, 1.0, 0.5], [0.1, 0.5, 1.0]])
        >>> knn_affinity(similarity, neighbors=2).tolist()
        [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    check_square(similarity=similarity)
    if not 1 < neighbors <= len(similarity):
        wanted = f"2 to {len(similarity)}"
        raise ValueError(f"neighbors: got {neighbors}, wanted {wanted}")

    def affinity(row: Float[Array, " n"]) -> Float[Array, " n"]:
        values, nearest = jax.lax.top_k(row, neighbors)
        kept = jnp.zeros_like(row).at[nearest[1:]].set(values[1:])
        return kept / kept.sum()

    return jax.lax.map(affinity, similarity, batch_size=min(block, len(similarity)))


@partial(jax.jit, static_argnames=("neighbors", "block"))
def similarity_graph(
    image: Float[Array, "n image_dim"],
    text: Float[Array, "n text_dim"],
    *,
    text_weight: ScalarLike,
    coherence_share: ScalarLike,
    neighbors: int,
    scale: ScalarLike,
    block: int = 512,
) -> Float[Array, "n n"]:
    """Graph of all pairs of samples by features and shared neighbors, S of DGCPN.

        S = 2 [(1 - a2) P + a2 · scale · A Aᵀ] - 1
        P = a1 cos(text) + (1 - a1) cos(image), A = knn_affinity(P)

    Args:
        image: features.
        text: features.
        text_weight: a1.
        coherence_share: a2.
        neighbors: see `knn_affinity`.
        scale: factor of the overlap of neighborhoods.
        block: rows that are searched at once.

    Raises:
        ValueError: if rows do not align, or neighbors is out of range.
    """
    check_same_rows(image=image, text=text)
    texts, images = cosine_matrix(text, text), cosine_matrix(image, image)
    pair = text_weight * texts + (1.0 - text_weight) * images
    affinity = knn_affinity(pair, neighbors=neighbors, block=block)
    overlap = scale * (affinity @ affinity.T)
    return 2.0 * ((1.0 - coherence_share) * pair + coherence_share * overlap) - 1.0


@partial(jax.jit, static_argnames=("dropped", "block"))
def pruned_graph(
    image: Float[Array, "n image_dim"],
    text: Float[Array, "n text_dim"],
    *,
    image_weight: ScalarLike,
    cosine_weight: ScalarLike,
    dropped: int,
    block: int = 512,
) -> Float[Array, "n n"]:
    """Graph of all pairs of samples by their larger similarities, S of CIRH.

        S = a2 P + (1 - a2) (T + Tᵀ) / 2,  T = tanh(P / 2) + I
        P = a1 cos(image) + (1 - a1) cos(text), with the smallest of each row set to 0

    It is not symmetric, and its diagonal is above 1 where both features have a length.

    Args:
        image: features.
        text: features.
        image_weight: a1.
        cosine_weight: a2.
        dropped: entries of each row that are set to 0, from 0 to n - 1; fewer if some
            of them equal the smallest one that is kept.
        block: rows that are sorted at once, which bounds memory.

    Raises:
        ValueError: if rows do not align, or dropped is out of range.

    Example:
        >>> rows = jnp.array([[1.0, 0.0], [4.0, 3.0], [0.0, 1.0]])
        >>> (10 * pruned_graph(
        ...     rows, rows, image_weight=0.5, cosine_weight=1.0, dropped=1
        ... )).round().tolist()
        [[10.0, 8.0, 0.0], [8.0, 10.0, 0.0], [0.0, 6.0, 10.0]]
    """
    check_same_rows(image=image, text=text)
    if not 0 <= dropped < len(image):
        wanted = f"0 to {len(image) - 1}"
        raise ValueError(f"dropped: got {dropped}, wanted {wanted}")
    images, texts = cosine_matrix(image, image), cosine_matrix(text, text)
    pair = image_weight * images + (1.0 - image_weight) * texts

    def prune(row: Float[Array, " n"]) -> Float[Array, " n"]:
        return jnp.where(row < jnp.sort(row)[dropped], 0.0, row)

    pair = jax.lax.map(prune, pair, batch_size=min(block, len(pair)))
    squashed = jnp.tanh(pair / 2.0) + jnp.eye(len(pair))
    symmetric = (squashed + squashed.T) / 2.0
    return cosine_weight * pair + (1.0 - cosine_weight) * symmetric


@jax.jit
def graph_block(
    graph: Float[Array, "samples samples"], index: Int[Array, " n"]
) -> Float[Array, "n n"]:
    """The part of a graph among a batch's samples.

    Example:
        >>> graph_block(jnp.arange(9.0).reshape(3, 3), jnp.array([0, 2])).tolist()
        [[0.0, 2.0], [6.0, 8.0]]
    """
    check_square(graph=graph)
    return graph[index[:, None], index[None, :]]
