"""pip_like: a reconstruction of PIP (Zhang, Li, Huang and Yin, SIGIR 2021).

DJSRH, whose codes also follow the joint similarity where images are perturbed by a
generator that learns the opposite. Neither the original's code nor its text could be
had: the parts are those of files by the same authors, the losses an assumption, and no
original was compared. Unsupervised: labels are not used.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Key

from scbch_jax import losses, networks
from scbch_jax.arrays import Batch, Metrics, Params, Scalar, ScalarLike
from scbch_jax.config.pip_like import HParams, Options
from scbch_jax.losses import Terms
from scbch_jax.methods import djsrh
from scbch_jax.methods.base import Method, Sizes, Step, record_epoch
from scbch_jax.methods.djsrh import DjsrhState
from scbch_jax.methods.two_towers import two_towers
from scbch_jax.optim.pytorch import torch_adam, torch_sgd

__all__ = [
    "HParams",
    "Options",
    "TermInputs",
    "build",
    "perturbed",
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
    perturbed_codes: Float[Array, "n bits"]
    """Relaxed codes u' of the perturbed images."""
    clean_logits: Float[Array, "n 2"]
    """Scores of the images: of being perturbed, and of being clean."""
    perturbed_logits: Float[Array, "n 2"]
    """The same scores of the perturbed images."""


def perturbed(
    image: Float[Array, "n image_dim"],
    perturbation: Float[Array, "n image_dim"],
    *,
    strength: ScalarLike,
) -> Float[Array, "n image_dim"]:
    """Adds perturbations to features, whose gradient is reversed.

        max(x + ε s G(x), min x),  s = mean |x|

    s and min x are of the whole batch; min x is 0 for features after a ReLU.

    Args:
        image: features x.
        perturbation: G(x), in [-1, 1].
        strength: ε.
    """
    moved = image + strength * jnp.abs(image).mean() * perturbation
    return losses.reverse_gradient(jnp.maximum(moved, image.min()))


def terms(hp: HParams) -> Terms:
    """The terms of pip_like by name: those of DJSRH, and two with perturbed images."""
    clean = djsrh.terms(_djsrh_part(hp))
    reconstruction = losses.weighted_sum(clean)
    entropies = optax.softmax_cross_entropy_with_integer_labels

    def adversarial(v: TermInputs) -> Scalar:
        total, _ = reconstruction(v._replace(image_codes=v.perturbed_codes))
        return jnp.asarray(total)

    def domain(v: TermInputs) -> Scalar:
        false = jnp.zeros(len(v.target), jnp.int32)
        missed = entropies(v.clean_logits, false + 1).mean()
        return missed + entropies(v.perturbed_logits, false).mean()

    return {
        **clean,
        "adversarial": (hp.adversarial_weight, adversarial),
        "domain": (hp.domain_weight, domain),
    }


def build(
    sizes: Sizes,
    options: Options,
    hp: HParams,
    extra_terms: Terms | None = None,
) -> Method:
    """Makes pip_like for data of the given sizes.

    Args:
        sizes: of the data and the codes.
        options: choices fixed at compilation.
        hp: hyperparameters; may be traced.
        extra_terms: terms to add to the method's own, or to replace by name.
    """
    towers = two_towers(sizes, options, unit_length=False)
    nets = networks.perturbation_networks(
        features=sizes.image_dim,
        hidden=options.generator_hidden,
        classifier_hidden=options.classifier_hidden,
    )
    objective = losses.weighted_sum({**terms(hp), **(extra_terms or {})})

    def init(key: Key[Array, ""]) -> tuple[Params, DjsrhState]:
        keys = jax.random.split(key, 4)
        params = {
            "image": {"network": towers.init_image(keys[0])},
            "text": {"network": towers.init_text(keys[1])},
            "generator": nets.init_generator(keys[2]),
            "classifier": nets.init_classifier(keys[3]),
        }
        return params, DjsrhState(jnp.int32(0))

    def loss(
        params: Params, state: DjsrhState, batch: Batch, key: Key[Array, ""]
    ) -> tuple[ScalarLike, tuple[DjsrhState, Metrics]]:
        steepness = jnp.sqrt(state.epoch + 1.0) if options.continuation else 1.0
        image, text = (jnp.asarray(x, jnp.float32) for x in (batch.image, batch.text))
        perturbation = nets.perturbation(params["generator"], image)
        other = perturbed(image, perturbation, strength=hp.strength)
        image_codes, perturbed_codes = (
            jnp.tanh(steepness * towers.image_logits(params, x)) for x in (image, other)
        )
        text_codes = jnp.tanh(steepness * towers.text_logits(params, text))
        keys = jax.random.split(key)
        inputs = TermInputs(
            *djsrh.term_inputs(image_codes, text_codes, image, text, _djsrh_part(hp)),
            perturbed_codes,
            nets.domain_logits(params["classifier"], image, keys[0]),
            nets.domain_logits(params["classifier"], other, keys[1]),
        )
        total, values = objective(inputs)
        return total, (state, values)

    descent = {"momentum": hp.momentum, "weight_decay": hp.weight_decay}
    by_image, by_text = (
        torch_sgd(rate, **descent)
        for rate in (hp.image_learning_rate, hp.text_learning_rate)
    )
    return Method(
        init=init,
        optimizers={
            "image": by_image,
            "text": by_text,
            "generator": torch_adam(hp.generator_learning_rate, weight_decay=0.0),
            "classifier": by_image,
        },
        epoch_update=record_epoch,
        passes=((Step(loss, trains=("image", "text", "generator", "classifier")),),),
        encode_image=towers.encode_image,
        encode_text=towers.encode_text,
        drop_remainder=True,
    )


def _djsrh_part(hp: HParams) -> djsrh.HParams:
    """Those of the hyperparameters that DJSRH has."""
    return djsrh.HParams(*(getattr(hp, name) for name in djsrh.HParams._fields))
