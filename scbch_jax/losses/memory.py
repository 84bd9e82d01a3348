"""Contrastive loss against a memory bank of binary codes, and the bank's updates.

References:
    Hu et al., Unsupervised Contrastive Cross-modal Hashing, IEEE TPAMI 45(3), 2023
    (UCCH).
"""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from scbch_jax.arrays import Scalar, ScalarLike
from scbch_jax.errors import check_rank, check_same_rows, check_same_shape
from scbch_jax.losses.pairwise import unit_rows


@jax.jit
def memory_contrast_loss(
    codes: Float[Array, "n bits"],
    keys: Float[Array, "rows bits"],
    own: Int[Array, " n"],
    counts: Float[Array, "n rows"],
    *,
    temperature: ScalarLike,
) -> Scalar:
    """Cross-entropy of picking the own key among the drawn ones, L_c of UCCH.

        1/n Σ_i [log Σ_r c_ir exp(h_i · k_r / τ) - h_i · k_own(i) / τ]

    Args:
        codes: h, relaxed codes of one modality.
        keys: k, rows of -1, 0 and 1; they have no gradient.
        own: row of each code's own key.
        counts: c, how often each key was drawn for each code, the own one once more.
        temperature: τ.

    Raises:
        ValueError: if rows do not align.

    Example:
        >>> codes, keys = jnp.zeros((1, 2)), jnp.ones((2, 2))
        >>> options = {"own": jnp.array([0]), "counts": jnp.ones((1, 2))}
        >>> memory_contrast_loss(codes, keys, **options, temperature=1.0).round(4)
        Array(0.6931, dtype=float32)
    """
    check_rank(2, codes=codes, keys=keys, counts=counts)
    check_same_rows(codes=codes, own=own, counts=counts)
    logits = codes @ jax.lax.stop_gradient(keys).T / temperature
    own_logits = jnp.take_along_axis(logits, own[:, None], axis=1)[:, 0]
    return (jax.nn.logsumexp(logits, axis=1, b=counts) - own_logits).mean()


@partial(jax.jit, static_argnames=("negatives", "samples"))
def drawn_negatives(
    key: Key[Array, ""], own: Int[Array, " n"], *, negatives: int, samples: int
) -> Int[Array, "n negatives"]:
    """Uniform draws of memory rows for each sample, with replacement.

    The own row can be among them, as in the released code.

    Args:
        key: of the draws.
        own: rows of the samples that they are drawn for; only their number counts.
        negatives: K, draws for each sample.
        samples: rows of the memory.

    Example:
        >>> own = jnp.array([0, 1])
        >>> drawn_negatives(jax.random.key(0), own, negatives=3, samples=5).shape
        (2, 3)
    """
    return jax.random.randint(key, (len(own), negatives), 0, samples)


@partial(jax.jit, static_argnames="samples")
def negative_counts(
    own: Int[Array, " n"], drawn: Int[Array, "n negatives"], *, samples: int
) -> Float[Array, "n samples"]:
    """How often each memory row was drawn for each sample, its own once more.

        c_ir = [own(i) = r] + Σ_k [drawn_ik = r]

    Counts need less memory than a gathered row for each draw: 4,096 draws for each of
    256 codes of 128 bits would be half a gigabyte.

    Example:
        >>> negative_counts(jnp.array([0]), jnp.array([[2, 2]]), samples=3)
        Array([[1., 0., 2.]], dtype=float32)
    """
    rows = jnp.arange(len(own))[:, None]
    columns = jnp.concatenate([own[:, None], drawn], axis=1)
    return jnp.zeros((len(own), samples)).at[rows, columns].add(1.0)


@partial(jax.jit, static_argnames="unit_length")
def update_memory_bank(
    memory: Float[Array, "samples bits"],
    index: Int[Array, " n"],
    image_codes: Float[Array, "n bits"],
    text_codes: Float[Array, "n bits"],
    *,
    momentum: ScalarLike,
    unit_length: bool,
) -> Float[Array, "samples bits"]:
    """Moving average of a batch's codes in the memory bank, V of UCCH.

        V_i <- δ V_i + (1 - δ) (h_i + g_i) / 2, without gradient

    Args:
        memory: V.
        index: row of each sample of the batch, without repetition.
        image_codes: h, relaxed codes.
        text_codes: g, relaxed codes.
        momentum: δ.
        unit_length: normalize the average before and the row after, as the released
            code does and the paper does not.

    Raises:
        ValueError: if shapes or rows differ.

    Example:
        >>> memory, codes = jnp.zeros((2, 2)), jnp.ones((1, 2))
        >>> options = {"momentum": 0.5, "unit_length": False}
        >>> update_memory_bank(memory, jnp.array([1]), codes, codes, **options).tolist()
        [[0.0, 0.0], [0.5, 0.5]]
    """
    check_same_shape(image_codes=image_codes, text_codes=text_codes)
    check_same_rows(image_codes=image_codes, index=index)
    average = jax.lax.stop_gradient(image_codes + text_codes) / 2
    if unit_length:
        average = unit_rows(average)
    moved = momentum * memory[index] + (1.0 - momentum) * average
    return memory.at[index].set(unit_rows(moved) if unit_length else moved)
