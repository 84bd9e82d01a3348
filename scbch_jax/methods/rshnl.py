"""RSHNL: robust self-paced hashing with noisy labels (Pu et al., AAAI 2025).

Codes gather about the center of each class, and are contrasted within the batch. After
a warm-up the weight of a row falls with its own loss, so that rows that are hard to
learn, as those with wrong labels are, count less or not at all.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from scbch_jax import losses
from scbch_jax.arrays import Batch, Metrics, Params, Scalar, ScalarLike
from scbch_jax.config.rshnl import HParams, Options
from scbch_jax.losses import Terms
from scbch_jax.methods.base import Method, Sizes, Step, record_epoch
from scbch_jax.methods.two_towers import two_towers
from scbch_jax.networks import hash_network
from scbch_jax.optim.pytorch import torch_adam

__all__ = [
    "HParams",
    "Options",
    "RshnlState",
    "TermInputs",
    "build",
    "terms",
    "term_inputs",
]


class TermInputs(NamedTuple):
    """What every loss term is a function of, for one batch."""

    image_codes: Float[Array, "n bits"]
    """Relaxed codes h of the images."""
    text_codes: Float[Array, "n bits"]
    """Relaxed codes g of the texts."""
    centers: Float[Array, "classes bits"]
    """One unit row for each class."""
    row_losses: Float[Array, " n"]
    """ℓ: how improbable the classes of each row are, by both codes."""
    weights: Float[Array, " n"]
    """w of each row, in [0, 1]; 1 for all rows during the warm-up."""
    paced: Bool[Array, ""]
    """Whether the warm-up is over."""


class RshnlState(NamedTuple):
    """The state of RSHNL."""

    epoch: Int[Array, ""]
    confidence: Float[Array, " samples"]
    """w of each row in the last batch that had it; for reports only."""


def term_inputs(
    image_codes: Float[Array, "n bits"],
    text_codes: Float[Array, "n bits"],
    centers: Float[Array, "classes bits"],
    labels: Float[Array, "n classes"],
    paced: Bool[Array, ""],
    hp: HParams,
    options: Options,
) -> TermInputs:
    """Computes the inputs of the terms from a batch's codes and labels."""

    def row_losses(codes: Float[Array, "n bits"]) -> Float[Array, " n"]:
        log_probability = losses.log_class_probability(codes, centers, labels)
        return losses.generalized_cross_entropy(log_probability, exponent=hp.exponent)

    both = row_losses(image_codes) + row_losses(text_codes)
    weights = jnp.ones_like(both)
    if options.pacing != "none":
        linear = options.pacing == "linear"
        pace = losses.linear_pace if linear else losses.hard_pace
        weights = jnp.where(paced, pace(both, threshold=hp.pace_threshold), weights)
    return TermInputs(image_codes, text_codes, centers, both, weights, paced)


def terms(hp: HParams, options: Options) -> Terms:
    """The terms of RSHNL by name."""

    def aggregation(v: TermInputs) -> Scalar:
        return (v.weights * v.row_losses).mean()

    def pacing(v: TermInputs) -> Scalar:
        linear = options.pacing == "linear"
        value = losses.pace_regularizer(
            v.weights, threshold=hp.pace_threshold, linear=linear
        )
        return jnp.where(v.paced, value, 0.0)

    def contrast(v: TermInputs) -> Scalar:
        return losses.noise_robust_contrastive_loss(
            v.image_codes,
            v.text_codes,
            temperature=hp.temperature,
            exponent=hp.exponent,
        )

    aggregated = {"aggregation": (hp.aggregation_weight, aggregation)}
    if options.pacing != "none":
        aggregated["pacing"] = (hp.aggregation_weight, pacing)
    return {**aggregated, "contrast": (hp.contrast_weight, contrast)}


def build(
    sizes: Sizes,
    options: Options,
    hp: HParams,
    extra_terms: Terms | None = None,
) -> Method:
    """Makes RSHNL for data of the given sizes.

    Args:
        sizes: of the data and the codes.
        options: choices fixed at compilation.
        hp: hyperparameters; may be traced.
        extra_terms: terms to add to the method's own, or to replace by name.
    """
    towers = two_towers(sizes, options, last_as_first=True, last_bias=False)
    # A center is what this network makes of its class, as a one-hot row.
    generator = hash_network(
        features=sizes.classes,
        widths=(options.hidden, options.hidden, sizes.bits),
        unit_length=True,
        last_as_first=True,
    )
    objective = losses.weighted_sum({**terms(hp, options), **(extra_terms or {})})

    def init(key: Key[Array, ""]) -> tuple[Params, RshnlState]:
        keys = jax.random.split(key, 3)
        params = {
            "image": {"network": towers.init_image(keys[0])},
            "text": {"network": towers.init_text(keys[1])},
            "centers": {"network": generator.init(keys[2])},
        }
        return params, RshnlState(jnp.int32(0), jnp.ones(sizes.samples))

    def loss(
        params: Params, state: RshnlState, batch: Batch, key: Key[Array, ""]
    ) -> tuple[ScalarLike, tuple[RshnlState, Metrics]]:
        inputs = term_inputs(
            towers.encode_image(params, batch.image),
            towers.encode_text(params, batch.text),
            generator.apply(params["centers"]["network"], jnp.eye(sizes.classes)),
            batch.labels,
            state.epoch >= options.warmup_epochs,
            hp,
            options,
        )
        total, values = objective(inputs)
        confidence = state.confidence.at[batch.index].set(inputs.weights)
        return total, (state._replace(confidence=confidence), values)

    groups = ("image", "text", "centers")
    adam = torch_adam(hp.learning_rate, weight_decay=0.0)
    return Method(
        init=init,
        optimizers=dict.fromkeys(groups, adam),
        epoch_update=record_epoch,
        passes=((Step(loss, trains=groups),),),
        encode_image=towers.encode_image,
        encode_text=towers.encode_text,
    )
