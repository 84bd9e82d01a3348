"""Binary class proxies from a Hadamard matrix, and the codes that labels ask for.

References:
    Yuan et al., Central Similarity Quantization for Efficient Image and Video
    Retrieval, CVPR 2020.
    Yang et al., Mutual Quantization for Cross-Modal Search with Noisy Labels, CVPR 2022
    (CMMQ).
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from scbch_jax.errors import check_same_rows, check_same_shape

TRIALS = 20
"""Draws of the rows that a Hadamard matrix cannot give; the last one stands."""


def hadamard(order: int) -> Float[np.ndarray, "order order"]:
    """Sylvester's matrix of -1 and 1, whose rows are orthogonal.

        H_1 = [1], H_2n = [[H_n, H_n], [H_n, -H_n]]

    Args:
        order: a power of 2.

    Raises:
        ValueError: for another order.

    Example:
        >>> hadamard(2).tolist()
        [[1.0, 1.0], [1.0, -1.0]]
    """
    if order < 1 or order & (order - 1):
        raise ValueError(f"order: got {order}, wanted a power of 2")
    matrix = np.ones((1, 1), np.float32)
    while len(matrix) < order:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix


@partial(jax.jit, static_argnames=("classes", "bits"))
def hadamard_proxies(
    key: Key[Array, ""], *, classes: int, bits: int
) -> Float[Array, "classes bits"]:
    """A binary code for each class: the first rows of [H; -H].

    If there are more than 2L classes, the others get random rows with L/2 entries of
    -1. Of up to 20 draws the first is taken where all codes differ in more than L/4
    bits, and in L/2 or more on average; else the last.

    Args:
        key: of the random rows.
        classes: number of codes.
        bits: L, a power of 2.

    Raises:
        ValueError: if L is not a power of 2.

    Example:
        >>> hadamard_proxies(jax.random.key(0), classes=3, bits=2).tolist()
        [[1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]]
    """
    half = hadamard(bits)
    fixed = jnp.asarray(np.concatenate([half, -half])[:classes])
    missing = classes - len(fixed)
    if not missing:
        return fixed
    balanced = jnp.where(jnp.arange(bits) < bits // 2, -1.0, 1.0).astype(fixed.dtype)
    rows = jnp.broadcast_to(balanced[None, None], (TRIALS, missing, bits))
    drawn = jax.random.permutation(key, rows, axis=2, independent=True)
    repeated = jnp.broadcast_to(fixed[None], (TRIALS, *fixed.shape))
    candidates = jnp.concatenate([repeated, drawn], axis=1)
    good = jax.vmap(_well_separated)(candidates).at[-1].set(True)
    return candidates[jnp.argmax(good)]


def _well_separated(codes: Float[Array, "classes bits"]) -> Array:
    classes, bits = codes.shape
    upper = np.triu_indices(classes, k=1)
    distances = ((bits - codes @ codes.T) / 2)[upper]
    return (distances.min() > bits / 4) & (distances.mean() >= bits / 2)


@jax.jit
def majority_codes(
    labels: Float[Array, "n classes"],
    proxies: Float[Array, "classes bits"],
    tie: Float[Array, " bits"],
) -> Float[Array, "n bits"]:
    """The majority of the proxies of a row's classes, bit by bit.

        c_il = sign Σ_c y_ic G_cl, and tie_l where the sum is 0

    Args:
        labels: y, multi-hot.
        proxies: G, of -1 and 1.
        tie: of -1 and 1; all of it is the code of a row without labels.

    Raises:
        ValueError: if numbers of classes differ.

    Example:
        >>> proxies = jnp.array([[1.0, 1.0], [1.0, -1.0]])
        >>> majority_codes(jnp.ones((1, 2)), proxies, -jnp.ones(2)).tolist()
        [[1.0, -1.0]]
    """
    check_same_rows(proxies=proxies, classes=labels.T)
    votes = labels @ proxies
    return jnp.where(votes == 0, tie[None], jnp.sign(votes))


@jax.jit
def proxy_cross_entropy(
    logits: Float[Array, "n bits"], targets: Float[Array, "n bits"]
) -> Float[Array, " n"]:
    """Binary cross-entropy of the bits of each row.

        mean_l of -log σ(2 c_l z_l)

    (1 + tanh z) / 2 = σ(2z) is the probability that a bit is 1, so that this is the
    cross-entropy of a relaxed code tanh z.

    Args:
        logits: z, relaxed codes before tanh.
        targets: c, of -1 and 1.

    Raises:
        ValueError: if shapes differ.

    Example:
        >>> proxy_cross_entropy(jnp.zeros((1, 2)), jnp.ones((1, 2))).round(4)
        Array([0.6931], dtype=float32)
    """
    check_same_shape(logits=logits, targets=targets)
    return jax.nn.softplus(-2 * targets * logits).mean(axis=1)
