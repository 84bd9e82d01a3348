"""Contrast with a memory of binary codes: UCCH."""

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
    times: Float[Array, "n rows"],
    *,
    temperature: ScalarLike,
) -> Scalar:
    """How far each code is from picking its own key among those drawn: L_c of UCCH.

    Args:
        codes: relaxed codes of one modality.
        keys: constant codes, rows of -1, 0 and 1.
        own: row of each code's own key.
        times: how often each row was drawn for each code, its own once more.
        temperature: divides the products.

    Raises:
        ValueError: if rows do not align.
    """
    check_rank(2, codes=codes, keys=keys, times=times)
    check_same_rows(codes=codes, own=own, times=times)
    logits = codes @ jax.lax.stop_gradient(keys).T / temperature
    mine = jnp.take_along_axis(logits, own[:, None], axis=1)[:, 0]
    return (jax.nn.logsumexp(logits, axis=1, b=times) - mine).mean()


@partial(jax.jit, static_argnames=("negatives", "samples"))
def drawn_negatives(
    key: Key[Array, ""], own: Int[Array, " n"], *, negatives: int, samples: int
) -> Int[Array, "n negatives"]:
    """Rows of the memory, each as likely as any other, the own one among them.

    Args:
        key: decides the draw.
        own: rows of the samples that they are drawn for; only their number counts.
        negatives: K, drawn for each sample with replacement.
        samples: rows of the memory.
    """
    return jax.random.randint(key, (len(own), negatives), 0, samples)


@partial(jax.jit, static_argnames="samples")
def negative_counts(
    own: Int[Array, " n"], drawn: Int[Array, "n negatives"], *, samples: int
) -> Float[Array, "n samples"]:
    """How often each row of the memory was drawn, each sample's own once more.

    Counts in place of a gathered row for each draw: 4,096 draws for each of 256 codes
    of 128 bits would be half a gigabyte.
    """
    rows = jnp.arange(len(own))[:, None]
    everything = jnp.concatenate([own[:, None], drawn], axis=1)
    return jnp.zeros((len(own), samples)).at[rows, everything].add(1.0)


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
    """The memory with a batch's rows moved to the codes' average; without gradient.

    Args:
        memory: V.
        index: row of each sample of the batch, none of them twice.
        image_codes: relaxed codes.
        text_codes: relaxed codes.
        momentum: δ, what a row keeps.
        unit_length: gives the average unit length before, and the row after, as the
            released code does and the paper does not.

    Raises:
        ValueError: if shapes or rows differ.
    """
    check_same_shape(image_codes=image_codes, text_codes=text_codes)
    check_same_rows(image_codes=image_codes, index=index)
    average = jax.lax.stop_gradient(image_codes + text_codes) / 2
    if unit_length:
        average = unit_rows(average)
    moved = momentum * memory[index] + (1.0 - momentum) * average
    return memory.at[index].set(unit_rows(moved) if unit_length else moved)
