"""Features to relaxed and packed codes, in blocks of rows."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, UInt8

from scbch_jax import sharding
from scbch_jax.arrays import Params, TrainingCodes
from scbch_jax.methods import Method, Recipe
from scbch_jax.retrieval import PairedCodes, pack
from scbch_jax.types import Split

BLOCK = 2048
"""Rows encoded at once, which bounds the memory of activations."""


@partial(jax.jit, static_argnames="recipe")
def encode_split(
    params: Params, hparams: Any, split: Split, *, recipe: Recipe
) -> PairedCodes:
    """Packed codes of both modalities, with the labels."""
    codes = relaxed_pair(recipe.build(hparams), params, split)
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
        hparams: the method's hyperparameters.
        features: one row per sample.
        modality: "image" or "text".
        recipe: the run's recipe.
    """
    return pack(_modality_codes(params, hparams, features, modality, recipe))


@partial(jax.jit, static_argnames=("modality", "recipe"))
def relaxed_codes(
    params: Params,
    hparams: Any,
    features: Float[Array, "n features"],
    *,
    modality: str,
    recipe: Recipe,
) -> Float[Array, "n bits"]:
    """Relaxed codes of one modality's features; arguments as of `encode_features`."""
    return _modality_codes(params, hparams, features, modality, recipe)


@partial(jax.jit, static_argnames="recipe")
def relaxed_split_codes(
    params: Params, hparams: Any, split: Split, *, recipe: Recipe
) -> tuple[Float[Array, "n bits"], Float[Array, "n bits"]]:
    """Relaxed codes of images and of texts."""
    return relaxed_pair(recipe.build(hparams), params, split)


def training_codes(
    method: Method, params: Params, train: Split, epoch: Int[Array, ""]
) -> TrainingCodes:
    """Relaxed codes of the training set; zeros if the epoch's update needs no codes."""
    compute = partial(relaxed_pair, method, params, train)
    skip = partial(zeros_like_output, compute)
    if method.needs_codes is None:
        image, text = skip()
    else:
        image, text = jax.lax.cond(method.needs_codes(epoch), compute, skip)
    return TrainingCodes(image, text, train.labels)


def zeros_like_output(function: Callable[[], Any]) -> Any:
    """Zeros with the shapes of a function's output; the function is not executed."""
    shapes = jax.eval_shape(function)
    return jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shapes)


def relaxed_pair(
    method: Method, params: Params, rows: Split
) -> tuple[Float[Array, "n bits"], Float[Array, "n bits"]]:
    """Relaxed codes of images and of texts."""
    return (
        _row_codes(method.encode_image, params, rows.image),
        _row_codes(method.encode_text, params, rows.text),
    )


def _modality_codes(
    params: Params, hparams: Any, features: Any, modality: str, recipe: Recipe
) -> Any:
    method = recipe.build(hparams)
    encode = {"image": method.encode_image, "text": method.encode_text}[modality]
    return _row_codes(encode, params, features)


def _row_codes(
    encode: Callable[[Params, Any], Any], params: Params, features: Any
) -> Any:
    size = min(BLOCK, len(features))
    blocks, rest = divmod(len(features), size)
    full = features[: blocks * size].reshape(blocks, size, -1)
    codes = jax.lax.map(lambda x: encode(params, sharding.shard_batch(x)), full)
    codes = codes.reshape(blocks * size, -1)
    if not rest:
        return codes
    return jnp.concatenate([codes, encode(params, features[blocks * size :])])
