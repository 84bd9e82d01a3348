"""SCBCH: semantic-consistent bidirectional contrastive hashing (arXiv 2511.07780)."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int, Key

from scbch_jax import losses, neighbors, networks, sharding
from scbch_jax.arrays import Batch, Metrics, Params, Scalar, ScalarLike, TrainingCodes
from scbch_jax.config.scbch import HParams, Options
from scbch_jax.errors import require
from scbch_jax.losses import Terms
from scbch_jax.methods.base import Method, Sizes, Step
from scbch_jax.methods.two_towers import two_towers
from scbch_jax.optim.pytorch import torch_adam

__all__ = ["HParams", "Options", "ScbchState", "TermInputs", "build", "check", "terms"]


class TermInputs(NamedTuple):
    """What every loss term is a function of, for one batch."""

    image_codes: Float[Array, "n bits"]
    """Relaxed codes h of the images."""
    text_codes: Float[Array, "n bits"]
    """Relaxed codes h of the texts."""
    image_logits: Float[Array, "n classes"]
    """Class scores z of the images, before the sigmoid."""
    text_logits: Float[Array, "n classes"]
    """Class scores z of the texts, before the sigmoid."""
    labels: Float[Array, "n classes"]
    """Multi-hot labels y, noisy."""
    confidence: Float[Array, " n"]
    """Confidence w in each row's label (Eq. 2)."""
    similarity: Float[Array, "n n"]
    """S of Eq. 5; row = image, column = text."""
    overlap: Float[Array, "n n"]
    """R of Eq. 4."""


def term_inputs(
    image_codes: Float[Array, "n bits"],
    text_codes: Float[Array, "n bits"],
    image_classifier: Float[Array, "bits classes"],
    text_classifier: Float[Array, "bits classes"],
    labels: Float[Array, "n classes"],
    confidence: Float[Array, " n"],
) -> TermInputs:
    """Computes the inputs of the terms from a batch's relaxed codes and labels."""
    return TermInputs(
        image_codes=image_codes,
        text_codes=text_codes,
        image_logits=image_codes @ image_classifier,
        text_logits=text_codes @ text_classifier,
        labels=labels,
        confidence=confidence,
        similarity=losses.similarity_matrix(image_codes, text_codes),
        overlap=losses.jaccard_matrix(labels),
    )


class ScbchState(NamedTuple):
    """The state of SCBCH, updated before each epoch."""

    epoch: Int[Array, ""]
    confidence: Float[Array, " samples"]
    """w of Eq. 2; all ones until the warm-up ends."""


def terms(hp: HParams, options: Options) -> Terms:
    """The terms of Eq. 9 by name; `options.reading` chooses code or equations."""
    paper = options.reading == "paper"

    def classification(v: TermInputs) -> Scalar:
        return losses.classification_loss(
            v.image_logits, v.text_logits, v.labels, v.confidence
        )

    def attraction(v: TermInputs) -> Scalar:
        return losses.attraction_loss(v.similarity, v.overlap, shift=hp.shift)

    def repulsion(v: TermInputs) -> Scalar:
        loss = (
            losses.decaying_repulsion_loss if paper else losses.stepped_repulsion_loss
        )
        return loss(v.similarity, v.overlap, margin=hp.margin, shift=hp.shift)

    def quantization(v: TermInputs) -> Scalar:
        loss = losses.paper_quantization_loss if paper else losses.quantization_loss
        return loss(v.image_codes) + loss(v.text_codes)

    alpha, beta = hp.contrastive_weight, hp.quantization_weight
    all_terms: Terms = {
        "classification": (1.0, classification),
        "attraction": (alpha, attraction),
        "repulsion": (alpha, repulsion),
        # Eq. 9 multiplies all of Eq. 8 by α; the released code leaves this term at β.
        "quantization": (alpha * beta if paper else beta, quantization),
    }
    return {k: term for k, term in all_terms.items() if k not in _dropped(options)}


def check(sizes: Sizes, options: Options, batch_size: int) -> None:
    """Raises `InputError` unless more rows are compared than neighbors wanted."""
    rows = neighbors.rows_compared(sizes.samples, options.neighbor_search)
    wanted = f"fewer than the {rows} training rows that are compared"
    require(options.neighbors < rows, "options.neighbors", options.neighbors, wanted)


def build(
    sizes: Sizes,
    options: Options,
    hp: HParams,
    extra_terms: Terms | None = None,
) -> Method:
    """Makes SCBCH for data of the given sizes.

    Args:
        sizes: of the data and the codes.
        options: choices fixed at compilation.
        hp: hyperparameters; may be traced.
        extra_terms: terms to add to the method's own, or to replace by name.
    """
    official = options.reading == "official"
    towers = two_towers(sizes, options, unit_length=official)
    objective = losses.weighted_sum({**terms(hp, options), **(extra_terms or {})})

    def init(key: Key[Array, ""]) -> tuple[Params, ScbchState]:
        keys = jax.random.split(key, 4)
        shape = {"bits": sizes.bits, "classes": sizes.classes}
        params = {
            "image": {
                "network": towers.init_image(keys[0]),
                "classifier": networks.classifier(keys[1], **shape),
            },
            "text": {
                "network": towers.init_text(keys[2]),
                "classifier": networks.classifier(keys[3], **shape),
            },
        }
        return params, ScbchState(jnp.int32(0), jnp.ones(sizes.samples))

    def loss(
        params: Params, state: ScbchState, batch: Batch, key: Key[Array, ""]
    ) -> tuple[ScalarLike, tuple[ScbchState, Metrics]]:
        inputs = term_inputs(
            towers.encode_image(params, batch.image),
            towers.encode_text(params, batch.text),
            params["image"]["classifier"],
            params["text"]["classifier"],
            batch.labels,
            state.confidence[batch.index],
        )
        total, values = objective(inputs)
        return total, (state, values)

    def epoch_update(
        params: Params,
        state: ScbchState,
        train: TrainingCodes,
        epoch: Int[Array, ""],
        key: Key[Array, ""],
    ) -> ScbchState:
        def update_confidence() -> Float[Array, " samples"]:
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

        if "row-weights" in options.drop:
            return state._replace(epoch=epoch)
        wanted = updates_confidence(epoch)
        confidence = lax.cond(wanted, update_confidence, lambda: state.confidence)
        return ScbchState(epoch, confidence)

    def updates_confidence(epoch: Any) -> Any:
        since = epoch - options.warmup_epochs
        return (since >= 0) & (since % options.confidence_every == 0)

    adam = torch_adam(hp.learning_rate, weight_decay=hp.weight_decay)
    return Method(
        init=init,
        optimizers=dict.fromkeys(("image", "text"), adam),
        epoch_update=epoch_update,
        passes=((Step(loss, trains=("image", "text")),),),
        encode_image=towers.encode_image,
        encode_text=towers.encode_text,
        needs_codes=None if "row-weights" in options.drop else updates_confidence,
    )


_CONTRAST = frozenset({"attraction", "repulsion", "quantization"})


def _dropped(options: Options) -> frozenset[str]:
    """Names of the terms to leave out; "contrast" is the whole of Eq. 8."""
    dropped = frozenset(options.drop)
    return dropped | _CONTRAST if "contrast" in dropped else dropped
