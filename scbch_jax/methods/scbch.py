"""SCBCH: semantic-consistent bidirectional contrastive hashing (arXiv 2511.07780)."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int, Key

from scbch_jax import losses, neighbors, networks, sharding
from scbch_jax.arrays import Batch, Coded, Metrics, Params, Scalar, ScalarLike
from scbch_jax.config.scbch import HParams, Options
from scbch_jax.errors import require
from scbch_jax.losses import Terms
from scbch_jax.methods.base import Method, Step
from scbch_jax.methods.sizes import Sizes
from scbch_jax.methods.two_towers import two_towers
from scbch_jax.optim.pytorch import torch_adam

__all__ = ["HParams", "Options", "ScbchState", "View", "build", "check", "terms"]


class View(NamedTuple):
    """All that a term may look at, for one batch."""

    image_codes: Float[Array, "n bits"]
    """Relaxed codes h of the images."""
    text_codes: Float[Array, "n bits"]
    """Relaxed codes h of the texts."""
    image_logits: Float[Array, "n classes"]
    """Class probabilities z of the images, before the sigmoid."""
    text_logits: Float[Array, "n classes"]
    """Class probabilities z of the texts, before the sigmoid."""
    labels: Float[Array, "n classes"]
    """Multi-hot labels y, noisy."""
    confidence: Float[Array, " n"]
    """Trust w in each row (Eq. 2)."""
    similarity: Float[Array, "n n"]
    """S of Eq. 5; row = image, column = text."""
    overlap: Float[Array, "n n"]
    """R of Eq. 4."""


def view_of(
    image_codes: Float[Array, "n bits"],
    text_codes: Float[Array, "n bits"],
    image_classifier: Float[Array, "bits classes"],
    text_classifier: Float[Array, "bits classes"],
    labels: Float[Array, "n classes"],
    confidence: Float[Array, " n"],
) -> View:
    """Everything that the terms look at, from a batch's relaxed codes and labels."""
    return View(
        image_codes=image_codes,
        text_codes=text_codes,
        image_logits=networks.class_logits(image_classifier, image_codes),
        text_logits=networks.class_logits(text_classifier, text_codes),
        labels=labels,
        confidence=confidence,
        similarity=losses.similarity_matrix(image_codes, text_codes),
        overlap=losses.jaccard_matrix(labels),
    )


class ScbchState(NamedTuple):
    """What SCBCH remembers between epochs."""

    epoch: Int[Array, ""]
    confidence: Float[Array, " samples"]
    """w of Eq. 2; all ones until the warm-up ends."""


def terms(hp: HParams, options: Options) -> Terms:
    """The terms of Eq. 9 by name, in the reading that the options choose."""
    paper = options.reading == "paper"

    def classification(v: View) -> Scalar:
        return losses.classification_loss(
            v.image_logits, v.text_logits, v.labels, v.confidence
        )

    def attraction(v: View) -> Scalar:
        return losses.attraction_loss(v.similarity, v.overlap, shift=hp.shift)

    def repulsion(v: View) -> Scalar:
        loss = (
            losses.decaying_repulsion_loss if paper else losses.stepped_repulsion_loss
        )
        return loss(v.similarity, v.overlap, margin=hp.margin, shift=hp.shift)

    def quantization(v: View) -> Scalar:
        loss = losses.printed_quantization_loss if paper else losses.quantization_loss
        return loss(v.image_codes) + loss(v.text_codes)

    alpha, beta = hp.contrastive_weight, hp.quantization_weight
    everything: Terms = {
        "classification": (1.0, classification),
        "attraction": (alpha, attraction),
        "repulsion": (alpha, repulsion),
        # Eq. 9 weighs the whole of Eq. 8 by α; the released code adds β alone.
        "quantization": (alpha * beta if paper else beta, quantization),
    }
    return {k: term for k, term in everything.items() if k not in _dropped(options)}


def check(sizes: Sizes, options: Options, batch_size: int) -> None:
    """Raises `InputError` unless there are more rows than neighbors."""
    wanted = f"fewer than the {sizes.samples} training rows"
    fits = options.neighbors < sizes.samples
    require(fits, "options.neighbors", options.neighbors, wanted)


def build(
    sizes: Sizes,
    options: Options,
    hp: HParams,
    extra_terms: Terms | None = None,
) -> Method:
    """Makes SCBCH for data of the given sizes.

    Args:
        sizes: widths and numbers of the data.
        options: choices fixed at compilation.
        hp: numbers; may be traced.
        extra_terms: terms to add to the method's own, or to replace by name.
    """
    unit_length = options.reading == "official"
    image_net, text_net = two_towers(sizes, options, unit_length=unit_length)
    objective = losses.weighted_sum({**terms(hp, options), **(extra_terms or {})})

    def init(key: Key[Array, ""]) -> tuple[Params, ScbchState]:
        keys = jax.random.split(key, 4)
        width = {"bits": sizes.bits, "classes": sizes.classes}
        params = {
            group: {
                "network": net.init(keys[place]),
                "classifier": networks.classifier(keys[place + 1], **width),
            }
            for group, net, place in (("image", image_net, 0), ("text", text_net, 2))
        }
        return params, ScbchState(jnp.int32(0), jnp.ones(sizes.samples))

    def encode_image(params: Params, features: Any) -> Any:
        return image_net.apply(params["image"]["network"], features)

    def encode_text(params: Params, features: Any) -> Any:
        return text_net.apply(params["text"]["network"], features)

    def loss(
        params: Params, state: ScbchState, batch: Batch, key: Key[Array, ""]
    ) -> tuple[ScalarLike, tuple[ScbchState, Metrics]]:
        view = view_of(
            encode_image(params, batch.image),
            encode_text(params, batch.text),
            params["image"]["classifier"],
            params["text"]["classifier"],
            batch.labels,
            state.confidence[batch.index],
        )
        total, values = objective(view)
        return total, (state, values)

    def epoch_update(
        params: Params,
        state: ScbchState,
        train: Coded,
        epoch: Int[Array, ""],
        key: Key[Array, ""],
    ) -> ScbchState:
        everyone = jnp.ones_like(state.confidence)

        def trust() -> Float[Array, " samples"]:
            soft_labels = neighbors.neighbor_soft_labels(
                *train,
                neighbors=options.neighbors,
                reading=options.reading,
                search=options.neighbor_search,
                mesh=sharding.current_mesh(),
            )
            return neighbors.confidence_weights(
                train.labels, soft_labels, floor=hp.confidence_floor
            )

        if "weights" in options.drop:
            return ScbchState(epoch, everyone)
        return ScbchState(epoch, lax.cond(warmed_up(epoch), trust, lambda: everyone))

    def warmed_up(epoch: Any) -> Any:
        return epoch >= options.warmup_epochs

    adam = torch_adam(hp.learning_rate, weight_decay=hp.weight_decay)
    return Method(
        init=init,
        optimizers=dict.fromkeys(("image", "text"), adam),
        epoch_update=epoch_update,
        passes=((Step(loss, trains=("image", "text")),),),
        encode_image=encode_image,
        encode_text=encode_text,
        looks=None if "weights" in options.drop else warmed_up,
    )


_CONTRAST = frozenset({"attraction", "repulsion", "quantization"})


def _dropped(options: Options) -> frozenset[str]:
    """Names of the terms to leave out; "contrast" is the whole of Eq. 8."""
    dropped = frozenset(options.drop)
    return dropped | _CONTRAST if "contrast" in dropped else dropped
