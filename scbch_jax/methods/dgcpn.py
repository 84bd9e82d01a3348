"""DGCPN: hashing that preserves graph-neighbor coherence (Yu et al., AAAI 2021).

Labels are not looked at. A graph over the training set says how similar every two
samples are; codes follow it, first relaxed, then with one side at a time made binary.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from scbch_jax import losses, networks
from scbch_jax.arrays import Batch, Metrics, Params, Scalar, ScalarLike
from scbch_jax.config.dgcpn import HParams, Options
from scbch_jax.errors import require
from scbch_jax.losses import Terms
from scbch_jax.methods.base import Method, Step, note_epoch
from scbch_jax.methods.sizes import Sizes
from scbch_jax.optim.pytorch import torch_sgd
from scbch_jax.types import Split

__all__ = [
    "DgcpnState",
    "HParams",
    "Options",
    "View",
    "build",
    "check",
    "context",
    "terms",
    "view_of",
]

TEXT_SPREAD = 0.3
"""Standard deviation of the initial weights of the text network's last layer."""


class View(NamedTuple):
    """All that a term may look at, for one batch."""

    image_codes: Float[Array, "n bits"]
    """Codes of the images, relaxed or binary."""
    text_codes: Float[Array, "n bits"]
    """Codes of the texts, relaxed or binary."""
    graph: Float[Array, "n n"]
    """S among the batch's samples."""
    across: Float[Array, "n n"]
    """Cosines of image codes (rows) and text codes (columns)."""
    images: Float[Array, "n n"]
    """Cosines among image codes."""
    texts: Float[Array, "n n"]
    """Cosines among text codes."""


class DgcpnState(NamedTuple):
    """What DGCPN remembers: nothing but the time."""

    epoch: Int[Array, ""]


def view_of(
    image_codes: Float[Array, "n bits"],
    text_codes: Float[Array, "n bits"],
    graph: Float[Array, "n n"],
) -> View:
    """Everything that the terms look at, from a batch's codes and its graph."""
    return View(
        image_codes=image_codes,
        text_codes=text_codes,
        graph=graph,
        across=losses.cosine_matrix(image_codes, text_codes),
        images=losses.cosine_matrix(image_codes, image_codes),
        texts=losses.cosine_matrix(text_codes, text_codes),
    )


def terms(hp: HParams) -> Terms:
    """The terms of J by name."""

    def pair(v: View) -> Scalar:
        return losses.pair_loss(v.across, target=hp.pair_target)

    def coherence(v: View) -> Scalar:
        every = (v.texts, v.across, v.images)
        parts = (losses.coherence_loss(cosines, v.graph) for cosines in every)
        return sum(parts, start=jnp.zeros(()))

    def consistency(v: View) -> Scalar:
        return losses.consistency_loss(v.across, v.images, v.texts)

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
    """The graph over the training set; four bytes for every two samples."""
    return losses.similarity_graph(
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
        sizes: widths and numbers of the data.
        options: choices fixed at compilation.
        hp: numbers; may be traced.
        extra_terms: terms to add to the method's own, or to replace by name.
        graph: what `context` gave; needed to train.
    """
    image_net, text_net = (
        networks.hash_network(
            features=features,
            widths=(options.hidden, sizes.bits),
            unit_length=False,
            dropout=options.dropout,
            last_spread=spread,
        )
        for features, spread in (
            (sizes.image_dim, None),
            (sizes.text_dim, TEXT_SPREAD),
        )
    )
    objective = losses.weighted_sum({**terms(hp), **(extra_terms or {})})

    def init(key: Key[Array, ""]) -> tuple[Params, DgcpnState]:
        keys = jax.random.split(key)
        params = {"image": image_net.init(keys[0]), "text": text_net.init(keys[1])}
        return params, DgcpnState(jnp.int32(0))

    def encode_image(params: Params, features: Any) -> Any:
        return image_net.apply(params["image"], features)

    def encode_text(params: Params, features: Any) -> Any:
        return text_net.apply(params["text"], features)

    def codes_of(params: Params, batch: Batch, key: Key[Array, ""]) -> tuple[Any, Any]:
        keys = jax.random.split(key)
        return (
            image_net.train(params["image"], batch.image, keys[0]),
            text_net.train(params["text"], batch.text, keys[1]),
        )

    def block_of(batch: Batch) -> Float[Array, "n n"]:
        assert graph is not None
        return losses.gathered_block(graph, batch.index)

    def relaxed(
        params: Params, state: DgcpnState, batch: Batch, key: Key[Array, ""]
    ) -> tuple[ScalarLike, tuple[DgcpnState, Metrics]]:
        view = view_of(*codes_of(params, batch, key), block_of(batch))
        total, values = objective(view)
        return total, (state, values)

    def half_binary(
        params: Params, state: DgcpnState, batch: Batch, key: Key[Array, ""]
    ) -> tuple[ScalarLike, tuple[DgcpnState, Metrics]]:
        # Signs have no gradient, so the sum moves each network by its own loss alone,
        # from one forward pass: the released code's last two steps.
        image, text = codes_of(params, batch, key)
        block = block_of(batch)
        sides = {
            "binary_text": view_of(image, jnp.sign(text), block),
            "binary_image": view_of(jnp.sign(image), text, block),
        }
        values = {name: objective(view)[0] for name, view in sides.items()}
        return values["binary_text"] + values["binary_image"], (state, values)

    both = ("image", "text")
    optimizer = torch_sgd(
        hp.learning_rate, momentum=hp.momentum, weight_decay=hp.weight_decay
    )
    return Method(
        init=init,
        optimizers=dict.fromkeys(both, optimizer),
        epoch_update=note_epoch,
        passes=((Step(relaxed, trains=both), Step(half_binary, trains=both)),),
        encode_image=encode_image,
        encode_text=encode_text,
    )
