"""Robust hashing from noisy multi-labels: label posteriors and a pairwise likelihood.

SCBCH weighs rows by how far their neighbors agree with their labels, in its
classification term alone. Wrong labels do most of their harm elsewhere, as the overlaps
that attract and repel. Here each label is first replaced by its posterior, the
probability that it is true, and similarities are fitted to the probability that two
samples share a label.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from scbch_jax import labels, losses
from scbch_jax.arrays import Batch, Metrics, Params, Scalar, ScalarLike
from scbch_jax.config.robust import HParams, Options
from scbch_jax.errors import require
from scbch_jax.losses import Terms
from scbch_jax.methods.base import Method, Sizes, Step, record_epoch
from scbch_jax.methods.two_towers import two_towers
from scbch_jax.optim.pytorch import torch_adam
from scbch_jax.types import Split

__all__ = [
    "HParams",
    "Options",
    "RobustState",
    "TermInputs",
    "build",
    "check",
    "learn_labels",
    "term_inputs",
    "terms",
]


class TermInputs(NamedTuple):
    """What every loss term is a function of, for one batch."""

    image_codes: Float[Array, "n bits"]
    """Relaxed codes of the images."""
    text_codes: Float[Array, "n bits"]
    """Relaxed codes of the texts."""
    labels: Float[Array, "n classes"]
    """Posteriors q, or the given labels."""
    similarity: Float[Array, "n n"]
    """S: inner products; row = image, column = text."""
    overlap: Float[Array, "n n"]
    """R: Jaccard overlap of expected labels; for terms that are added."""
    positives: Float[Array, "n n"]
    """M: probability that two samples share a label."""


class RobustState(NamedTuple):
    """The state of the method: only the epoch."""

    epoch: Int[Array, ""]


def learn_labels(
    options: Options, train: Split, key: Key[Array, ""]
) -> Float[Array, "samples classes"] | None:
    """The posterior of every label, or None to learn from the given ones.

    Args:
        options: folds, penalty, and rates if they are known.
        train: features and noisy labels.
        key: draws the folds.
    """
    if options.labels == "given":
        return None
    rates = None
    if options.missing_rate is not None and options.wrong_rate is not None:
        rates = labels.NoiseRates(options.missing_rate, options.wrong_rate)
    found = labels.posteriors(
        *train, key=key, folds=options.folds, ridge=options.ridge, rates=rates
    )
    return found.probability


def term_inputs(
    image_codes: Float[Array, "n bits"],
    text_codes: Float[Array, "n bits"],
    posterior: Float[Array, "n classes"],
) -> TermInputs:
    """Computes the inputs of the terms from a batch's relaxed codes and posteriors."""
    return TermInputs(
        image_codes=image_codes,
        text_codes=text_codes,
        labels=posterior,
        similarity=losses.similarity_matrix(image_codes, text_codes),
        overlap=losses.jaccard_matrix(posterior),
        positives=losses.positive_pair_probability(posterior),
    )


def terms(hp: HParams) -> Terms:
    """The terms by name."""

    def likelihood(v: TermInputs) -> Scalar:
        own = jnp.eye(len(v.positives))
        return losses.pairwise_likelihood_loss(
            v.similarity, v.positives + own, scale=hp.scale
        )

    def quantization(v: TermInputs) -> Scalar:
        return losses.quantization_loss(v.image_codes) + losses.quantization_loss(
            v.text_codes
        )

    return {
        "likelihood": (1.0, likelihood),
        "quantization": (hp.quantization_weight, quantization),
    }


def check(sizes: Sizes, options: Options, batch_size: int) -> None:
    """Raises `InputError` if posteriors need more rows than there are."""
    fits = options.labels == "given" or options.folds <= sizes.samples
    wanted = f"at most the {sizes.samples} training rows"
    require(fits, "options.folds", options.folds, wanted)


def build(
    sizes: Sizes,
    options: Options,
    hp: HParams,
    extra_terms: Terms | None = None,
) -> Method:
    """Makes the method for data of the given sizes.

    Args:
        sizes: of the data and the codes.
        options: choices fixed at compilation.
        hp: hyperparameters; may be traced.
        extra_terms: terms to add to the method's own, or to replace by name.
    """
    towers = two_towers(
        sizes, options, weights_of=lambda params, modality: params[modality]
    )
    objective = losses.weighted_sum({**terms(hp), **(extra_terms or {})})

    def init(key: Key[Array, ""]) -> tuple[Params, RobustState]:
        keys = jax.random.split(key)
        params = {
            "image": towers.init_image(keys[0]),
            "text": towers.init_text(keys[1]),
        }
        return params, RobustState(jnp.int32(0))

    def loss(
        params: Params, state: RobustState, batch: Batch, key: Key[Array, ""]
    ) -> tuple[ScalarLike, tuple[RobustState, Metrics]]:
        inputs = term_inputs(
            towers.encode_image(params, batch.image),
            towers.encode_text(params, batch.text),
            batch.labels,
        )
        total, values = objective(inputs)
        return total, (state, values)

    both = ("image", "text")
    adam = torch_adam(hp.learning_rate, weight_decay=hp.weight_decay)
    return Method(
        init=init,
        optimizers=dict.fromkeys(both, adam),
        epoch_update=record_epoch,
        passes=((Step(loss, trains=both),),),
        encode_image=towers.encode_image,
        encode_text=towers.encode_text,
    )
