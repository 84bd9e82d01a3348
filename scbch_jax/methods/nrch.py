"""NRCH: robust contrastive hashing with noisy labels (Wang et al., ACM MM 2024).

Before each epoch a mixture of two normal distributions is fitted to the distances of
all rows from the prototypes of their classes. After the first epochs, rows are left out
of the batches whose probability to belong to the component with the smaller mean is
below a threshold.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from scbch_jax import losses, networks
from scbch_jax.arrays import Batch, Metrics, Params, Scalar, ScalarLike, TrainingCodes
from scbch_jax.config.nrch import HParams, Options
from scbch_jax.losses import Terms
from scbch_jax.methods.base import Method, Sizes, Step
from scbch_jax.methods.two_towers import two_towers
from scbch_jax.optim.pytorch import step_if, torch_rmsprop

__all__ = [
    "HParams",
    "NrchState",
    "Options",
    "TermInputs",
    "build",
    "min_max_scaled",
    "terms",
    "term_inputs",
]


class TermInputs(NamedTuple):
    """What every loss term is a function of, for one batch."""

    image_codes: Float[Array, "n bits"]
    """Relaxed codes u of the images."""
    text_codes: Float[Array, "n bits"]
    """Relaxed codes v of the texts."""
    image_squashed: Float[Array, "n bits"]
    """a = tanh u."""
    text_squashed: Float[Array, "n bits"]
    """b = tanh v."""
    similarity: Float[Array, "n n"]
    """S, products of a and b; row = image, column = text."""
    positives: Bool[Array, "n n"]
    """T: which pairs of different samples share a label."""
    prototypes: Float[Array, "classes bits"]
    """tanh W."""
    labels: Float[Array, "n classes"]
    """Multi-hot labels y, noisy."""
    kept: Bool[Array, " n"]
    """Rows that are trained on."""


class NrchState(NamedTuple):
    """The state of NRCH."""

    epoch: Int[Array, ""]
    confidence: Float[Array, " samples"]
    """p: posterior of the component with the smaller distances."""
    any_kept: Bool[Array, ""]
    """Whether the last batch had a row to train on."""


def term_inputs(
    image_codes: Float[Array, "n bits"],
    text_codes: Float[Array, "n bits"],
    prototypes: Float[Array, "classes bits"],
    labels: Float[Array, "n classes"],
    kept: Bool[Array, " n"],
) -> TermInputs:
    """Computes the inputs of the terms; prototypes are given before tanh."""
    squashed = jnp.tanh(image_codes), jnp.tanh(text_codes)
    return TermInputs(
        image_codes,
        text_codes,
        *squashed,
        similarity=losses.similarity_matrix(*squashed),
        positives=losses.positive_pairs(labels @ labels.T),
        prototypes=jnp.tanh(prototypes),
        labels=labels,
        kept=kept,
    )


def terms(hp: HParams, options: Options) -> Terms:
    """The terms of NRCH by name."""

    def ranking(v: TermInputs) -> Scalar:
        return losses.supervised_ranking_loss(
            v.similarity,
            v.positives,
            margin=hp.margin,
            shift=hp.shift,
            both_directions=options.ranking == "bidirectional",
            where=v.kept,
        )

    def quantization(v: TermInputs) -> Scalar:
        loss = losses.unit_quantization_loss
        image = loss(v.image_squashed, where=v.kept)
        return image + loss(v.text_squashed, where=v.kept)

    def prototypes(v: TermInputs) -> Scalar:
        return losses.prototype_loss(
            v.image_codes, v.text_codes, v.prototypes, v.labels, where=v.kept
        )

    weight = hp.ranking_weight
    return {
        "ranking": (weight, ranking),
        "quantization": (1.0 - weight, quantization),
        "prototypes": (1.0, prototypes),
    }


def min_max_scaled(scores: Float[Array, " samples"]) -> Float[Array, " samples"]:
    """Scores scaled to [0, 1]; 1 for all if they are equal.

        (e - min e + 1e-8) / (max e - min e + 1e-8)

    Args:
        scores: e, largest distance of each row from a prototype of its own classes.
    """
    lowest, tiny = scores.min(), 1e-8
    return (scores - lowest + tiny) / (scores.max() - lowest + tiny)


def build(
    sizes: Sizes,
    options: Options,
    hp: HParams,
    extra_terms: Terms | None = None,
) -> Method:
    """Makes NRCH for data of the given sizes.

    Args:
        sizes: of the data and the codes.
        options: choices fixed at compilation.
        hp: hyperparameters; may be traced.
        extra_terms: terms to add to the method's own, or to replace by name.
    """
    towers = two_towers(sizes, options)
    objective = losses.weighted_sum({**terms(hp, options), **(extra_terms or {})})

    def init(key: Key[Array, ""]) -> tuple[Params, NrchState]:
        keys = jax.random.split(key, 3)
        shape = {"bits": sizes.bits, "classes": sizes.classes}
        prototypes = networks.classifier(keys[1], **shape).T
        params = {
            "image": {
                "network": towers.init_image(keys[0]),
                "prototypes": prototypes,
            },
            "text": {"network": towers.init_text(keys[2])},
        }
        ones = jnp.ones(sizes.samples)
        return params, NrchState(jnp.int32(0), ones, jnp.asarray(True))

    def confident(state: NrchState, batch: Batch) -> Bool[Array, " n"]:
        kept = state.confidence[batch.index] >= hp.threshold
        return kept | (state.epoch + 1 < options.selection_start_epoch)

    def keeps(state: NrchState, batch: Batch) -> Bool[Array, " n"]:
        # If no row is kept, the step is skipped; all rows keep the loss finite.
        kept = confident(state, batch)
        return kept | ~kept.any()

    def loss(
        params: Params, state: NrchState, batch: Batch, key: Key[Array, ""]
    ) -> tuple[ScalarLike, tuple[NrchState, Metrics]]:
        inputs = term_inputs(
            towers.encode_image(params, batch.image),
            towers.encode_text(params, batch.text),
            params["image"]["prototypes"],
            batch.labels,
            keeps(state, batch),
        )
        total, values = objective(inputs)
        any_kept = confident(state, batch).any()
        return total, (state._replace(any_kept=any_kept), values)

    def epoch_update(
        params: Params,
        state: NrchState,
        train: TrainingCodes,
        epoch: Int[Array, ""],
        key: Key[Array, ""],
    ) -> NrchState:
        scores = losses.max_own_prototype_distance(
            train.image,
            train.text,
            jnp.tanh(params["image"]["prototypes"]),
            train.labels,
        )
        confidence = losses.low_mean_posterior(min_max_scaled(scores))
        return state._replace(epoch=epoch, confidence=confidence)

    rmsprop = torch_rmsprop(hp.learning_rate, weight_decay=hp.weight_decay)
    optimizer = step_if(lambda state: state.any_kept, rmsprop)
    both = ("image", "text")
    return Method(
        init=init,
        optimizers=dict.fromkeys(both, optimizer),
        epoch_update=epoch_update,
        passes=((Step(loss, trains=both, keeps=keeps),),),
        encode_image=towers.encode_image,
        encode_text=towers.encode_text,
        needs_codes=lambda epoch: True,
    )
