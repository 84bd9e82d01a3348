"""NRCH: robust contrastive hashing with noisy labels (Wang et al., ACM MM 2024).

Before each epoch a mixture of two distributions is fitted to how far every row is from
the prototypes of its classes; rows of the farther kind are left out of the batches.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from scbch_jax import losses, networks
from scbch_jax.arrays import Batch, Coded, Metrics, Params, Scalar, ScalarLike
from scbch_jax.config.nrch import HParams, Options
from scbch_jax.losses import Terms
from scbch_jax.methods.base import Method, Step
from scbch_jax.methods.sizes import Sizes
from scbch_jax.methods.two_towers import two_towers
from scbch_jax.optim.pytorch import only_if, torch_rmsprop

__all__ = [
    "HParams",
    "NrchState",
    "Options",
    "View",
    "build",
    "spread_of",
    "terms",
    "view_of",
]


class View(NamedTuple):
    """All that a term may look at, for one batch."""

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
    partners: Bool[Array, "n n"]
    """T: which pairs of different samples share a label."""
    prototypes: Float[Array, "classes bits"]
    """tanh W."""
    labels: Float[Array, "n classes"]
    """Multi-hot labels y, noisy."""
    kept: Bool[Array, " n"]
    """Which rows count."""


class NrchState(NamedTuple):
    """What NRCH remembers."""

    epoch: Int[Array, ""]
    confidence: Float[Array, " samples"]
    """p: probability that a row is of the kind near its prototypes."""
    any_kept: Bool[Array, ""]
    """Whether the last batch had a row that counts."""


def view_of(
    image_codes: Float[Array, "n bits"],
    text_codes: Float[Array, "n bits"],
    prototypes: Float[Array, "classes bits"],
    labels: Float[Array, "n classes"],
    kept: Bool[Array, " n"],
) -> View:
    """Everything that the terms look at; prototypes before tanh."""
    squashed = jnp.tanh(image_codes), jnp.tanh(text_codes)
    return View(
        image_codes,
        text_codes,
        *squashed,
        similarity=losses.similarity_matrix(*squashed),
        partners=losses.partner_matrix(labels @ labels.T),
        prototypes=jnp.tanh(prototypes),
        labels=labels,
        kept=kept,
    )


def terms(hp: HParams, options: Options) -> Terms:
    """Ranking, quantization and prototypes, by name."""

    def ranking(v: View) -> Scalar:
        return losses.kept_ranking_loss(
            v.similarity,
            v.partners,
            v.kept,
            margin=hp.margin,
            shift=hp.shift,
            both_ways=options.ranking == "both_ways",
        )

    def quantization(v: View) -> Scalar:
        loss = losses.unit_quantization_loss
        return loss(v.image_squashed, v.kept) + loss(v.text_squashed, v.kept)

    def prototypes(v: View) -> Scalar:
        return losses.prototype_loss(
            v.image_codes, v.text_codes, v.prototypes, v.labels, v.kept
        )

    weight = hp.ranking_weight
    return {
        "ranking": (weight, ranking),
        "quantization": (1.0 - weight, quantization),
        "prototypes": (1.0, prototypes),
    }


def spread_of(scores: Float[Array, " samples"]) -> Float[Array, " samples"]:
    """Scores from 0 to 1; 1 for all if they are all the same.

    Args:
        scores: e, each row's largest distance from a prototype of its own.
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
        sizes: widths and numbers of the data.
        options: choices fixed at compilation.
        hp: numbers; may be traced.
        extra_terms: terms to add to the method's own, or to replace by name.
    """
    image_net, text_net = two_towers(sizes, options)
    objective = losses.weighted_sum({**terms(hp, options), **(extra_terms or {})})

    def init(key: Key[Array, ""]) -> tuple[Params, NrchState]:
        keys = jax.random.split(key, 3)
        width = {"bits": sizes.bits, "classes": sizes.classes}
        prototypes = networks.classifier(keys[1], **width).T
        params = {
            "image": {"network": image_net.init(keys[0]), "prototypes": prototypes},
            "text": {"network": text_net.init(keys[2])},
        }
        everyone = jnp.ones(sizes.samples)
        return params, NrchState(jnp.int32(0), everyone, jnp.asarray(True))

    def encode_image(params: Params, features: Any) -> Any:
        return image_net.apply(params["image"]["network"], features)

    def encode_text(params: Params, features: Any) -> Any:
        return text_net.apply(params["text"]["network"], features)

    def loss(
        params: Params, state: NrchState, batch: Batch, key: Key[Array, ""]
    ) -> tuple[ScalarLike, tuple[NrchState, Metrics]]:
        kept = state.confidence[batch.index] >= hp.threshold
        kept |= state.epoch + 1 < options.separate_from
        view = view_of(
            encode_image(params, batch.image),
            encode_text(params, batch.text),
            params["image"]["prototypes"],
            batch.labels,
            # Without any row there is no step; all of them keep its loss finite.
            kept | ~kept.any(),
        )
        total, values = objective(view)
        return total, (state._replace(any_kept=kept.any()), values)

    def epoch_update(
        params: Params,
        state: NrchState,
        train: Coded,
        epoch: Int[Array, ""],
        key: Key[Array, ""],
    ) -> NrchState:
        scores = losses.max_own_prototype_distance(
            train.image,
            train.text,
            jnp.tanh(params["image"]["prototypes"]),
            train.labels,
        )
        confidence = losses.low_mean_posterior(spread_of(scores))
        return state._replace(epoch=epoch, confidence=confidence)

    rmsprop = torch_rmsprop(hp.learning_rate, weight_decay=hp.weight_decay)
    optimizer = only_if(lambda state: state.any_kept, rmsprop)
    both = ("image", "text")
    return Method(
        init=init,
        optimizers=dict.fromkeys(both, optimizer),
        epoch_update=epoch_update,
        passes=((Step(loss, trains=both),),),
        encode_image=encode_image,
        encode_text=encode_text,
        looks=lambda epoch: True,
    )
