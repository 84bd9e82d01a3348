"""A similarity graph over the training set, and codes that follow it: DGCPN."""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from scbch_jax.arrays import Scalar, ScalarLike
from scbch_jax.errors import check_same_rows, check_square
from scbch_jax.losses.pairwise import cosine_matrix


@partial(jax.jit, static_argnames=("neighbors", "block"))
def knn_affinity(
    similarity: Float[Array, "n n"], *, neighbors: int, block: int = 512
) -> Float[Array, "n n"]:
    """Each row's similarities to its neighbors, divided by their sum; 0 elsewhere.

    Neighbors are the most similar rows but the first of them, which is normally the row
    itself; of equal ones the earlier row is more similar.

    Args:
        similarity: any.
        neighbors: how many are taken, the first included; 2 to n.
        block: rows that are searched at once.

    Raises:
        ValueError: if the matrix is not square, or neighbors are too few or many.
    """
    check_square(similarity=similarity)
    if not 1 < neighbors <= len(similarity):
        wanted = f"2 to {len(similarity)}"
        raise ValueError(f"neighbors: got {neighbors}, wanted {wanted}")

    def shares(row: Float[Array, " n"]) -> Float[Array, " n"]:
        values, nearest = jax.lax.top_k(row, neighbors)
        kept = jnp.zeros_like(row).at[nearest[1:]].set(values[1:])
        return kept / kept.sum()

    return jax.lax.map(shares, similarity, batch_size=min(block, len(similarity)))


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
    """Similarity of every two samples by features and by shared neighbors: S of DGCPN.

    Args:
        image: features.
        text: features.
        text_weight: a1, share of the texts' cosine.
        coherence_share: a2, share of the overlap of neighborhoods.
        neighbors: see `neighbor_shares`.
        scale: factor of the overlap.
        block: rows that are searched at once.

    Raises:
        ValueError: if rows do not align, or neighbors are too few or many.
    """
    check_same_rows(image=image, text=text)
    texts, pictures = cosine_matrix(text, text), cosine_matrix(image, image)
    pair = text_weight * texts + (1.0 - text_weight) * pictures
    shares = knn_affinity(pair, neighbors=neighbors, block=block)
    overlap = scale * (shares @ shares.T)
    return 2.0 * ((1.0 - coherence_share) * pair + coherence_share * overlap) - 1.0


@jax.jit
def gathered_block(
    graph: Float[Array, "samples samples"], index: Int[Array, " n"]
) -> Float[Array, "n n"]:
    """The similarities of a batch's samples among themselves."""
    check_square(graph=graph)
    return graph[index[:, None], index[None, :]]


@jax.jit
def coherence_loss(cosines: Float[Array, "n n"], graph: Float[Array, "n n"]) -> Scalar:
    """Mean squared difference of cosines and graph, the diagonal counting as equal.

    Raises:
        ValueError: if the matrices are not square and of one shape.
    """
    check_square(cosines=cosines, graph=graph)
    others = ~jnp.eye(len(graph), dtype=bool)
    return jnp.where(others, jnp.square(cosines - graph), 0.0).mean()


@jax.jit
def consistency_loss(
    across: Float[Array, "n n"], images: Float[Array, "n n"], texts: Float[Array, "n n"]
) -> Scalar:
    """Mean squared differences of the three matrices, and of the first to its mirror.

    Args:
        across: image codes with text codes; row = image, column = text.
        images: image codes with image codes.
        texts: text codes with text codes.

    Raises:
        ValueError: if the matrices are not square and of one shape.
    """
    check_square(across=across, images=images, texts=texts)
    pairs = ((across, images), (across, texts), (images, texts), (across, across.T))
    return sum((jnp.square(a - b).mean() for a, b in pairs), start=jnp.zeros(()))


@jax.jit
def pair_loss(across: Float[Array, "n n"], *, target: ScalarLike) -> Scalar:
    """Mean squared difference of each sample's own cosine and the target.

    Raises:
        ValueError: if the matrix is not square.
    """
    check_square(across=across)
    return jnp.square(jnp.diagonal(across) - target).mean()
