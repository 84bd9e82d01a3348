"""DGCPN: hashing that preserves graph-neighbor coherence (Yu et al., AAAI 2021).

It does not use labels. The codes' cosines follow a similarity graph over the training
set: in a first step relaxed codes, in a second with one modality at a time binarized.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from scbch_jax import losses, neighbors
from scbch_jax.arrays import Batch, Metrics, Params, Scalar, ScalarLike
from scbch_jax.config.dgcpn import HParams, Options
from scbch_jax.config.two_towers import TwoTowerOptions
from scbch_jax.errors import require
from scbch_jax.losses import Terms
from scbch_jax.methods.base import Method, Sizes, Step, record_epoch
from scbch_jax.methods.two_towers import two_towers
from scbch_jax.optim.pytorch import torch_sgd
from scbch_jax.types import Split

__all__ = [
    "DgcpnState",
    "HParams",
    "Options",
    "TermInputs",
    "build",
    "check",
    "context",
    "terms",
    "term_inputs",
]

TEXT_LAST_STD = 0.3
"""Standard deviation of the initial weights of the text network's last layer."""


class TermInputs(NamedTuple):
    """What every loss term is a function of, for one batch."""

    image_codes: Float[Array, "n bits"]
    """Codes of the images, relaxed or binary."""
    text_codes: Float[Array, "n bits"]
    """Codes of the texts, relaxed or binary."""
    graph: Float[Array, "n n"]
    """S among the batch's samples."""
    between: Float[Array, "n n"]
    """Cosines of image codes (rows) and text codes (columns)."""
    images: Float[Array, "n n"]
    """Cosines among image codes."""
    texts: Float[Array, "n n"]
    """Cosines among text codes."""


class DgcpnState(NamedTuple):
    """The state of DGCPN: only the epoch."""

    epoch: Int[Array, ""]


def term_inputs(
    image_codes: Float[Array, "n bits"],
    text_codes: Float[Array, "n bits"],
    graph: Float[Array, "n n"],
) -> TermInputs:
    """Computes the inputs of the terms from a batch's codes and its graph."""
    return TermInputs(
        image_codes=image_codes,
        text_codes=text_codes,
        graph=graph,
        between=losses.cosine_matrix(image_codes, text_codes),
        images=losses.cosine_matrix(image_codes, image_codes),
        texts=losses.cosine_matrix(text_codes, text_codes),
    )


def terms(hp: HParams) -> Terms:
    """The terms of J by name."""

    def pair(v: TermInputs) -> Scalar:
        return losses.pair_loss(v.between, target=hp.pair_target)

    def coherence(v: TermInputs) -> Scalar:
        matrices = (v.texts, v.between, v.images)
        parts = (losses.coherence_loss(cosines, v.graph) for cosines in matrices)
        return sum(parts, start=jnp.zeros(()))

    def consistency(v: TermInputs) -> Scalar:
        return losses.consistency_loss(v.between, v.images, v.texts)

    return {
        "pair": (1.0, pair),
        "coherence": (hp.coherence_weight, coherence),
        "consistency": (hp.consistency_weight, consistency),
    }


def check(sizes: Sizes, options: Options, batch_size: int) -> None:
    """Raises `InputError` unless there are at least as many rows as neighbors."""
    wanted = f"at most the {sizes.samples} training rows"
    fits = options.neighbors <= sizes.samples
    require(fits, "options.neighbors", options.neighbors, wanted)


def context(options: Options, train: Split) -> Float[Array, "samples samples"]:
    """The graph over the training set; 4 bytes for each pair of samples."""
    return neighbors.similarity_graph(
        train.image,
        train.text,
        text_weight=options.text_weight,
        coherence_share=options.coherence_share,
        neighbors=options.neighbors,
        scale=options.scale,
    )


def build(
    sizes: Sizes,
    options: Options,
    hp: HParams,
    extra_terms: Terms | None = None,
    graph: Float[Array, "samples samples"] | None = None,
) -> Method:
    """Makes DGCPN for data of the given sizes.

    Args:
        sizes: of the data and the codes.
        options: choices fixed at compilation.
        hp: hyperparameters; may be traced.
        extra_terms: terms to add to the method's own, or to replace by name.
        graph: the result of `context`; needed to train.
    """
    towers = two_towers(
        sizes,
        TwoTowerOptions(options.hidden, image_layers=2, text_layers=2),
        unit_length=False,
        dropout=options.dropout,
        text_last_std=TEXT_LAST_STD,
        weights_of=lambda params, modality: params[modality],
    )
    objective = losses.weighted_sum({**terms(hp), **(extra_terms or {})})

    def init(key: Key[Array, ""]) -> tuple[Params, DgcpnState]:
        keys = jax.random.split(key)
        params = {
            "image": towers.init_image(keys[0]),
            "text": towers.init_text(keys[1]),
        }
        return params, DgcpnState(jnp.int32(0))

    def codes_of(params: Params, batch: Batch, key: Key[Array, ""]) -> tuple[Any, Any]:
        keys = jax.random.split(key)
        return (
            towers.train_image(params, batch.image, keys[0]),
            towers.train_text(params, batch.text, keys[1]),
        )

    def block_of(batch: Batch) -> Float[Array, "n n"]:
        assert graph is not None
        return neighbors.graph_block(graph, batch.index)

    def relaxed(
        params: Params, state: DgcpnState, batch: Batch, key: Key[Array, ""]
    ) -> tuple[ScalarLike, tuple[DgcpnState, Metrics]]:
        inputs = term_inputs(*codes_of(params, batch, key), block_of(batch))
        total, values = objective(inputs)
        return total, (state, values)

    def half_binary(
        params: Params, state: DgcpnState, batch: Batch, key: Key[Array, ""]
    ) -> tuple[ScalarLike, tuple[DgcpnState, Metrics]]:
        # Signs have no gradient, so the sum moves each network by its own loss only:
        # the released code's last two steps, from one forward pass.
        image, text = codes_of(params, batch, key)
        block = block_of(batch)
        sides = {
            "binary_text": term_inputs(image, jnp.sign(text), block),
            "binary_image": term_inputs(jnp.sign(image), text, block),
        }
        values = {name: objective(inputs)[0] for name, inputs in sides.items()}
        return values["binary_text"] + values["binary_image"], (state, values)

    both = ("image", "text")
    optimizer = torch_sgd(
        hp.learning_rate, momentum=hp.momentum, weight_decay=hp.weight_decay
    )
    return Method(
        init=init,
        optimizers=dict.fromkeys(both, optimizer),
        epoch_update=record_epoch,
        passes=((Step(relaxed, trains=both), Step(half_binary, trains=both)),),
        encode_image=towers.encode_image,
        encode_text=towers.encode_text,
    )
