"""From trained params to packed codes of whole splits, one compiled program a split."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
from jaxtyping import Array, Float, UInt8

from scbch_jax.methods import Recipe
from scbch_jax.retrieval import PairedCodes, pack
from scbch_jax.types import Params, Split


@partial(jax.jit, static_argnames="recipe")
def encode_split(
    params: Params, hparams: Any, split: Split, *, recipe: Recipe
) -> PairedCodes:
    """Packed codes of both modalities, and the labels beside them."""
    method = recipe.build(hparams)
    return PairedCodes(
        image=_encode_rows(method.encode_image, params, split.image),
        text=_encode_rows(method.encode_text, params, split.text),
        labels=split.labels,
    )


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
    return _encode_rows(encode, params, features)


def _encode_rows(
    encode: Callable[[Params, Any], Any], params: Params, features: Any
) -> Any:
    """Encodes in blocks: hidden activations are held for 2,048 rows only."""

    def one(row: Any) -> Any:
        return encode(params, row[None])[0]

    return pack(jax.lax.map(one, features, batch_size=min(2048, len(features))))
