"""CIRH: correlation-identity reconstruction hashing (Zhu et al., IEEE TKDE, 2023).

It does not use labels. A joint network of images and texts follows a similarity graph
over the training set and gives binary codes, which two hash functions learn to predict.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from scbch_jax import losses, neighbors, networks
from scbch_jax.arrays import Batch, Metrics, Params, ScalarLike, TrainingCodes
from scbch_jax.config.cirh import HParams, Options
from scbch_jax.errors import require
from scbch_jax.losses import Terms
from scbch_jax.methods.base import Method, Sizes, Step
from scbch_jax.methods.cirh_terms import MIXED, TermInputs, mixed_rows, terms
from scbch_jax.optim.pytorch import torch_adam
from scbch_jax.types import Split

__all__ = [
    "CirhState",
    "HParams",
    "Options",
    "TermInputs",
    "build",
    "check",
    "context",
    "mixed_rows",
    "terms",
]


class CirhState(NamedTuple):
    """The state of CIRH."""

    epoch: Int[Array, ""]
    rows: Int[Array, ""]
    """Rows of the batches before this one in the epoch."""


def check(sizes: Sizes, options: Options, batch_size: int) -> None:
    """Raises `InputError` if a batch has too few rows to mix."""
    smallest = sizes.samples % batch_size or batch_size
    wanted = f"a size that leaves {MIXED} or more of {sizes.samples} rows to each batch"
    require(smallest >= MIXED, "training.batch_size", batch_size, wanted)


def context(options: Options, train: Split) -> Float[Array, "samples samples"]:
    """The graph over the training set; 4 bytes for each pair of samples."""
    return neighbors.pruned_graph(
        train.image,
        train.text,
        image_weight=options.image_weight,
        cosine_weight=options.cosine_weight,
        dropped=int(options.dropped * len(train.image)),
    )


def build(
    sizes: Sizes,
    options: Options,
    hp: HParams,
    extra_terms: Terms | None = None,
    graph: Float[Array, "samples samples"] | None = None,
) -> Method:
    """Makes CIRH for data of the given sizes.

    Args:
        sizes: of the data and the codes.
        options: choices fixed at compilation.
        hp: hyperparameters; may be traced.
        extra_terms: terms to add to the method's own, or to replace by name.
        graph: the result of `context`; needed to train.
    """
    joint = networks.joint_network(
        image_dim=sizes.image_dim,
        text_dim=sizes.text_dim,
        hidden=options.joint_hidden,
        bits=sizes.bits,
    )
    layers = {
        "image": (sizes.image_dim, options.hidden),
        "text": (sizes.text_dim, sizes.text_dim),
    }
    functions = {
        modality: networks.hash_network(
            features=features,
            widths=(hidden, sizes.bits),
            unit_length=False,
            dropout=options.dropout,
            last_std=1.0,
        )
        for modality, (features, hidden) in layers.items()
    }
    objective = losses.weighted_sum({**terms(hp), **(extra_terms or {})})

    def init(key: Key[Array, ""]) -> tuple[Params, CirhState]:
        parts = {"joint": joint, **functions}
        keys = jax.random.split(key, len(parts))
        params = {
            k: x.init(own) for own, (k, x) in zip(keys, parts.items(), strict=True)
        }
        return params, CirhState(jnp.int32(0), jnp.int32(0))

    def loss(
        params: Params, state: CirhState, batch: Batch, key: Key[Array, ""]
    ) -> tuple[ScalarLike, tuple[CirhState, Metrics]]:
        # The released code trains the joint network in a whole pass, then the hash
        # functions in another on the same batches and the codes that it stored. Those
        # codes are of the weights before each step and have no gradient, so one step
        # on the sum of both losses is the same.
        assert graph is not None
        place = state.rows + jnp.arange(len(batch.index))
        targets = batch.index if options.similarity_rows == "item" else place
        block = neighbors.graph_block(graph, batch.index)
        image, text = mixed_rows(batch.image, block), mixed_rows(batch.text, block)
        keys = jax.random.split(key)
        inputs = TermInputs(
            train("image", params, batch.image, keys[0]),
            train("text", params, batch.text, keys[1]),
            target=neighbors.graph_block(graph, targets),
            joint=joint.apply(params["joint"], image, text, block),
            image=image,
            text=text,
            graph=block,
        )
        total, values = objective(inputs)
        return total, (state._replace(rows=state.rows + len(batch.index)), values)

    def train(modality: str, params: Params, rows: Any, key: Key[Array, ""]) -> Any:
        return functions[modality].train(params[modality], losses.unit_rows(rows), key)

    def encode(modality: str, params: Params, rows: Any) -> Any:
        return functions[modality].apply(params[modality], losses.unit_rows(rows))

    def epoch_update(
        params: Params,
        state: CirhState,
        train: TrainingCodes,
        epoch: Int[Array, ""],
        key: Key[Array, ""],
    ) -> CirhState:
        return CirhState(epoch, rows=jnp.int32(0))

    rates = {
        "joint": hp.joint_learning_rate,
        "image": hp.image_learning_rate,
        "text": hp.text_learning_rate,
    }
    return Method(
        init=init,
        optimizers={k: torch_adam(r, weight_decay=0.0) for k, r in rates.items()},
        epoch_update=epoch_update,
        passes=((Step(loss, trains=tuple(rates)),),),
        encode_image=lambda params, features: encode("image", params, features),
        encode_text=lambda params, features: encode("text", params, features),
    )
