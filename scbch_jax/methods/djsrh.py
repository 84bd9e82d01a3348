"""DJSRH: deep joint-semantics reconstructing hashing (Su, Zhong and Zhang, ICCV 2019).

Unsupervised: the cosines of the codes of a batch follow a joint similarity of its
features, within each modality and between both. Labels are not used.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from scbch_jax import losses
from scbch_jax.arrays import Batch, Metrics, Params, Scalar, ScalarLike
from scbch_jax.config.djsrh import HParams, Options
from scbch_jax.losses import Terms
from scbch_jax.methods.base import Method, Sizes, Step, record_epoch
from scbch_jax.methods.two_towers import two_towers
from scbch_jax.optim.pytorch import torch_sgd

__all__ = [
    "DjsrhState",
    "HParams",
    "Options",
    "TermInputs",
    "build",
    "term_inputs",
    "terms",
]


class TermInputs(NamedTuple):
    """What every loss term is a function of, for one batch."""

    image_codes: Float[Array, "n bits"]
    """Relaxed codes u of the images."""
    text_codes: Float[Array, "n bits"]
    """Relaxed codes v of the texts."""
    target: Float[Array, "n n"]
    """S, the joint similarity of the samples; it has no gradient."""


class DjsrhState(NamedTuple):
    """The state of DJSRH."""

    epoch: Int[Array, ""]


def term_inputs(
    image_codes: Float[Array, "n bits"],
    text_codes: Float[Array, "n bits"],
    image: Float[Array, "n image_dim"],
    text: Float[Array, "n text_dim"],
    hp: HParams,
) -> TermInputs:
    """Computes the inputs of the terms from codes and features."""
    target = losses.joint_semantics(
        image,
        text,
        image_weight=hp.image_weight,
        second_order=hp.second_order,
        scale=hp.scale,
    )
    return TermInputs(image_codes, text_codes, target)


def terms(hp: HParams) -> Terms:
    """The terms of DJSRH by name; inputs may have more than `TermInputs` has."""

    def reconstruct(left: str, right: str) -> Callable[[Any], Scalar]:
        def term(v: Any) -> Scalar:
            cosines = losses.cosine_matrix(getattr(v, left), getattr(v, right))
            return losses.reconstruction_loss(cosines, v.target)

        return term

    return {
        "image": (hp.image_term_weight, reconstruct("image_codes", "image_codes")),
        "cross": (1.0, reconstruct("image_codes", "text_codes")),
        "text": (hp.text_term_weight, reconstruct("text_codes", "text_codes")),
    }


def build(
    sizes: Sizes,
    options: Options,
    hp: HParams,
    extra_terms: Terms | None = None,
) -> Method:
    """Makes DJSRH for data of the given sizes.

    Args:
        sizes: of the data and the codes.
        options: choices fixed at compilation.
        hp: hyperparameters; may be traced.
        extra_terms: terms to add to the method's own, or to replace by name.
    """
    towers = two_towers(sizes, options, unit_length=False)
    objective = losses.weighted_sum({**terms(hp), **(extra_terms or {})})

    def init(key: Key[Array, ""]) -> tuple[Params, DjsrhState]:
        keys = jax.random.split(key)
        params = {
            "image": {"network": towers.init_image(keys[0])},
            "text": {"network": towers.init_text(keys[1])},
        }
        return params, DjsrhState(jnp.int32(0))

    def loss(
        params: Params, state: DjsrhState, batch: Batch, key: Key[Array, ""]
    ) -> tuple[ScalarLike, tuple[DjsrhState, Metrics]]:
        steepness = jnp.sqrt(state.epoch + 1.0) if options.continuation else 1.0
        image, text = (jnp.asarray(x, jnp.float32) for x in (batch.image, batch.text))
        inputs = term_inputs(
            jnp.tanh(steepness * towers.image_logits(params, image)),
            jnp.tanh(steepness * towers.text_logits(params, text)),
            image,
            text,
            hp,
        )
        total, values = objective(inputs)
        return total, (state, values)

    rates = {"image": hp.image_learning_rate, "text": hp.text_learning_rate}
    descent = {"momentum": hp.momentum, "weight_decay": hp.weight_decay}
    return Method(
        init=init,
        optimizers={m: torch_sgd(rate, **descent) for m, rate in rates.items()},
        epoch_update=record_epoch,
        passes=((Step(loss, trains=("image", "text")),),),
        encode_image=towers.encode_image,
        encode_text=towers.encode_text,
        drop_remainder=True,
    )
