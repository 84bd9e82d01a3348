"""CPAH: consistency-preserving adversarial hashing (Xie et al., IEEE TIP 29, 2020).

A mask splits the features of each modality into a common and a private part. Codes come
from the common parts, which a discriminator should not be able to tell apart.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, Key

from scbch_jax import losses, networks
from scbch_jax.arrays import Batch, Metrics, Params, Scalar, ScalarLike, TrainingCodes
from scbch_jax.config.cpah import HParams, Options
from scbch_jax.losses import Terms
from scbch_jax.methods.base import Method, Sizes, Step
from scbch_jax.optim.pytorch import scale_by_state, torch_adam

__all__ = ["CpahState", "HParams", "Options", "TermInputs", "build", "terms"]

LOWEST_RATE = 1e-6
"""Below this the learning rate does not fall."""

KINDS = (1, 1, 0, 2)
"""Kinds of the parts: common of images and of texts, private of images, of texts."""


class TermInputs(NamedTuple):
    """What every loss term of the hash networks is a function of, for one batch."""

    image_codes: Float[Array, "n bits"]
    """Relaxed codes H of the images."""
    text_codes: Float[Array, "n bits"]
    """Relaxed codes H of the texts."""
    memory: Float[Array, "n bits"]
    """B: signs of the rows' codes in the epoch before."""
    text_realness: Float[Array, " n"]
    """D of the texts' common part: the score of being an image's."""
    kind_logits: Float[Array, "parts kinds"]
    """Scores of the kinds of 4 n parts: common of images, common of texts, private of
    images, private of texts."""
    image_logits: Float[Array, "n classes"]
    """Class scores of the images' common part."""
    text_logits: Float[Array, "n classes"]
    """Class scores of the texts' common part."""
    labels: Float[Array, "n classes"]
    """Multi-hot labels Y, noisy."""


class CpahState(NamedTuple):
    """The state of CPAH."""

    epoch: Int[Array, ""]
    codes: Float[Array, "samples bits"]
    """Sum of both modalities' relaxed codes, when the row was last trained on."""
    memory: Float[Array, "samples bits"]
    """B: signs of `codes` before the epoch."""
    statistics: Any
    """Running statistics of batch normalization, for `Method.after_step`."""


def terms(hp: HParams) -> Terms:
    """The terms of the hash networks' loss by name; sums but for the first."""

    def adversarial(v: TermInputs) -> Scalar:
        return losses.real_loss(v.text_realness)

    def consistency(v: TermInputs) -> Scalar:
        kinds = jnp.repeat(jnp.array(KINDS), len(v.labels))
        entropies = optax.softmax_cross_entropy_with_integer_labels
        return entropies(v.kind_logits, kinds).sum()

    def classification(v: TermInputs) -> Scalar:
        entropies = optax.sigmoid_binary_cross_entropy
        both = entropies(v.image_logits, v.labels) + entropies(v.text_logits, v.labels)
        return both.sum()

    def pairwise(v: TermInputs) -> Scalar:
        similarity = losses.similarity_matrix(v.image_codes, v.text_codes)
        related = (v.labels @ v.labels.T > 0).astype(similarity.dtype)
        mean = losses.pairwise_likelihood_loss(similarity, related, scale=0.5)
        return mean * similarity.size

    def quantization(v: TermInputs) -> Scalar:
        both = (v.memory - v.image_codes, v.memory - v.text_codes)
        return sum((jnp.square(x).sum() for x in both), start=jnp.zeros(()))

    return {
        "adversarial": (hp.adversarial_weight, adversarial),
        "consistency": (hp.classification_weight, consistency),
        "classification": (hp.classification_weight, classification),
        "pairwise": (1.0, pairwise),
        "quantization": (hp.quantization_weight, quantization),
    }


def rate_factor(rule: str, hp: HParams, state: CpahState) -> ScalarLike:
    """The learning rate of the state's epoch over that of the first."""
    drops = (state.epoch + 29 * (rule == "official")) // 30
    lowest = jnp.minimum(LOWEST_RATE / hp.learning_rate, 1.0)
    return jnp.maximum(0.2**drops, lowest)


def build(
    sizes: Sizes,
    options: Options,
    hp: HParams,
    extra_terms: Terms | None = None,
    *,
    draw: Any = jax.random.uniform,
) -> Method:
    """Makes CPAH for data of the given sizes.

    Args:
        sizes: of the data and the codes.
        options: choices fixed at compilation.
        hp: hyperparameters; may be traced.
        extra_terms: terms to add to those of the hash networks, or to replace by name.
        draw: (key, shape) -> shares of images in the points of the gradient penalty.
    """
    nets = networks.common_private_networks(
        image_dim=sizes.image_dim,
        text_dim=sizes.text_dim,
        hidden=options.hidden,
        bits=sizes.bits,
        classes=sizes.classes,
        classify_kinds=options.consistency == "classifier",
        masked=options.test_mask == "on",
    )
    objective = losses.weighted_sum({**terms(hp), **(extra_terms or {})})

    def init(key: Key[Array, ""]) -> tuple[Params, CpahState]:
        keys = jax.random.split(key)
        params = nets.init(keys[0])
        codes = jax.random.normal(keys[1], (sizes.samples, sizes.bits))
        memory, statistics = losses.binary_codes(codes), params["statistics"]
        return params, CpahState(jnp.int32(0), codes, memory, statistics)

    def discriminator_loss(
        params: Params, state: CpahState, batch: Batch, key: Key[Array, ""]
    ) -> tuple[ScalarLike, tuple[CpahState, Metrics]]:
        outputs, _ = nets.train(params, batch.image, batch.text)
        image, text = outputs.image.common, outputs.text.common
        share = draw(key, image.shape)
        discriminate = partial(nets.discriminate, params)
        values = {
            "real": losses.real_loss(discriminate(image)),
            "fake": losses.fake_loss(discriminate(text)),
            "penalty": losses.gradient_penalty(
                discriminate, share * image + (1.0 - share) * text
            ),
        }
        total = values["real"] + values["fake"] + hp.penalty_weight * values["penalty"]
        return total, (state, values)

    def hashing_loss(
        params: Params, state: CpahState, batch: Batch, key: Key[Array, ""]
    ) -> tuple[ScalarLike, tuple[CpahState, Metrics]]:
        outputs, statistics = nets.train(params, batch.image, batch.text)
        image, text = outputs.image, outputs.text
        inputs = TermInputs(
            image_codes=image.codes,
            text_codes=text.codes,
            memory=state.memory[batch.index],
            text_realness=nets.discriminate(params, text.common),
            kind_logits=outputs.kind_logits,
            image_logits=image.label_logits,
            text_logits=text.label_logits,
            labels=batch.labels,
        )
        total, values = objective(inputs)
        codes = jax.lax.stop_gradient(image.codes + text.codes)
        codes = state.codes.at[batch.index].set(codes)
        return total, (state._replace(codes=codes, statistics=statistics), values)

    def epoch_update(
        params: Params,
        state: CpahState,
        train: TrainingCodes,
        epoch: Int[Array, ""],
        key: Key[Array, ""],
    ) -> CpahState:
        return state._replace(epoch=epoch, memory=losses.binary_codes(state.codes))

    steps = (
        Step(discriminator_loss, trains=("discriminator",)),
        Step(hashing_loss, trains=("hashing",)),
    )
    adam = torch_adam(hp.learning_rate, weight_decay=hp.weight_decay)
    schedule = scale_by_state(partial(rate_factor, options.learning_rate_rule, hp))
    return Method(
        init=init,
        optimizers={
            "hashing": optax.chain(adam, schedule),
            "discriminator": torch_adam(
                hp.discriminator_learning_rate,
                weight_decay=hp.discriminator_weight_decay,
                b1=0.5,
                b2=0.9,
            ),
        },
        epoch_update=epoch_update,
        passes=(steps,),
        encode_image=lambda params, features: nets.encode("image", params, features),
        encode_text=lambda params, features: nets.encode("text", params, features),
        after_step=lambda params, state: {**params, "statistics": state.statistics},
    )
