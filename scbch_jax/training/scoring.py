"""Retrieval score of a state: encodes query set and database, computes MAP."""

from functools import partial
from typing import Any

import jax

from scbch_jax import retrieval, sharding
from scbch_jax.arrays import Params
from scbch_jax.methods import Recipe
from scbch_jax.retrieval import DistanceCounts, PairedCodes
from scbch_jax.training.encoding import encode_split
from scbch_jax.training.streaming import encode_streamed
from scbch_jax.types import Split


def score(
    params: Params,
    hparams: Any,
    scored: tuple[Split, Split],
    *,
    recipe: Recipe,
    streamed: bool = False,
) -> dict[str, float]:
    """MAP of both directions and their mean, as from `retrieval.score`.

    On accelerators encoding and counting are one program, and only counts are
    transferred to the host. On a CPU, counting in small chunks on threads is faster.

    Args:
        params: the run's params.
        hparams: the method's hyperparameters.
        scored: query set and database.
        recipe: the run's recipe.
        streamed: both are in host memory and transferred block by block.
    """
    if streamed or jax.default_backend() == "cpu":
        query, database = (
            codes_of(params, hparams, x, recipe=recipe, streamed=streamed)
            for x in scored
        )
        return retrieval.score(query, database)
    counts = _count(params, hparams, scored, recipe=recipe)
    return retrieval.score_counts(sharding.to_host(counts))


def codes_of(
    params: Params,
    hparams: Any,
    split: Split,
    *,
    recipe: Recipe,
    streamed: bool = False,
) -> PairedCodes:
    """Packed codes of a split; in host memory if streamed or sharded over devices."""
    if streamed:
        return encode_streamed(params, hparams, split, recipe=recipe)
    codes = encode_split(params, hparams, split, recipe=recipe)
    return codes if sharding.current_mesh() is None else sharding.to_host(codes)


@partial(jax.jit, static_argnames="recipe")
def _count(
    params: Params, hparams: Any, scored: tuple[Split, Split], *, recipe: Recipe
) -> dict[str, DistanceCounts]:
    query, database = (encode_split(params, hparams, x, recipe=recipe) for x in scored)
    labels = (query.labels, database.labels)
    return {
        "i2t": retrieval.distance_counts(query.image, database.text, *labels),
        "t2i": retrieval.distance_counts(query.text, database.image, *labels),
    }
