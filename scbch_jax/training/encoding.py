"""From features to relaxed and to packed codes, a block of rows after the other."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, UInt8

from scbch_jax import sharding
from scbch_jax.arrays import Coded, Params
from scbch_jax.methods import Method, Recipe
from scbch_jax.retrieval import PairedCodes, pack
from scbch_jax.types import Split

BLOCK = 2048
"""Rows whose hidden activations are held at once."""


@partial(jax.jit, static_argnames="recipe")
def encode_split(
    params: Params, hparams: Any, split: Split, *, recipe: Recipe
) -> PairedCodes:
    """Packed codes of both modalities, and the labels beside them."""
    codes = relax(recipe.build(hparams), params, split)
    return PairedCodes(*map(pack, codes), labels=split.labels)


@partial(jax.jit, static_argnames=("modality", "recipe"))
def encode_features(
    params: Params,
    hparams: Any,
    features: Float[Array, "n features"],
    *,
    modality: str,
    recipe: Recipe,
) -> UInt8[Array, "n bytes"]:
    """Packed codes of one modality's features.

    Args:
        params: the run's params.
        hparams: the method's numbers.
        features: one row a sample.
        modality: "image" or "text".
        recipe: what the run was compiled from.
    """
    method = recipe.build(hparams)
    encode = {"image": method.encode_image, "text": method.encode_text}[modality]
    return pack(_relax_rows(encode, params, features))


@partial(jax.jit, static_argnames="recipe")
def relax_split(
    params: Params, hparams: Any, split: Split, *, recipe: Recipe
) -> tuple[Float[Array, "n bits"], Float[Array, "n bits"]]:
    """Relaxed codes of images and of texts."""
    return relax(recipe.build(hparams), params, split)


def coded(method: Method, params: Params, train: Split, epoch: Int[Array, ""]) -> Coded:
    """The training set as an epoch's update looks at it; zeros where it does not."""
    everyone = partial(relax, method, params, train)
    nobody = partial(zeros_like_output, everyone)
    if method.looks is None:
        image, text = nobody()
    else:
        image, text = jax.lax.cond(method.looks(epoch), everyone, nobody)
    return Coded(image, text, train.labels)


def zeros_like_output(function: Callable[[], Any]) -> Any:
    """Zeros of the shapes that a function returns, which is not run."""
    shapes = jax.eval_shape(function)
    return jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shapes)


def relax(
    method: Method, params: Params, rows: Split
) -> tuple[Float[Array, "n bits"], Float[Array, "n bits"]]:
    """Relaxed codes of images and of texts."""
    return (
        _relax_rows(method.encode_image, params, rows.image),
        _relax_rows(method.encode_text, params, rows.text),
    )


def _relax_rows(
    encode: Callable[[Params, Any], Any], params: Params, features: Any
) -> Any:
    size = min(BLOCK, len(features))
    blocks, rest = divmod(len(features), size)
    whole = features[: blocks * size].reshape(blocks, size, -1)
    codes = jax.lax.map(lambda x: encode(params, sharding.shard_batch(x)), whole)
    codes = codes.reshape(blocks * size, -1)
    if not rest:
        return codes
    return jnp.concatenate([codes, encode(params, features[blocks * size :])])
