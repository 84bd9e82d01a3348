"""DHRL: hashing with ranking learning for noisy labels (Shu et al., IEEE TBD 2025).

Each modality classifies the rows whose given labels the other modality ranks best; the
codes of a pair are pulled together on all rows. Codes have a token for each bit; a
transformer works on these; the last layers are shared by both modalities.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from scbch_jax import losses, networks
from scbch_jax.arrays import Batch, Metrics, Params, Scalar, ScalarLike
from scbch_jax.config.dhrl import HParams, Options
from scbch_jax.losses import Terms
from scbch_jax.methods.base import Method, Sizes, Step, record_epoch
from scbch_jax.optim.pytorch import torch_adam

__all__ = [
    "DhrlState",
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
    image_logits: Float[Array, "n classes"]
    """Class scores of the images, before the sigmoid."""
    text_logits: Float[Array, "n classes"]
    """Class scores of the texts."""
    labels: Float[Array, "n classes"]
    """Multi-hot labels y, noisy."""
    image_ranked: Bool[Array, " n"]
    """Rows whose labels the images' class scores rank best."""
    text_ranked: Bool[Array, " n"]
    """Rows whose labels the texts' class scores rank best."""


class DhrlState(NamedTuple):
    """The state of DHRL."""

    epoch: Int[Array, ""]
    statistics: Any
    """Running statistics of batch normalization, for `Method.after_step`."""


def term_inputs(
    codes: tuple[Float[Array, "n bits"], Float[Array, "n bits"]],
    logits: tuple[Float[Array, "n classes"], Float[Array, "n classes"]],
    labels: Float[Array, "n classes"],
    hp: HParams,
    options: Options,
) -> TermInputs:
    """Computes the inputs of the terms from codes and class scores, images first."""

    def ranked(logits: Float[Array, "n classes"]) -> Bool[Array, " n"]:
        scores = losses.label_ranking_score(
            jax.lax.stop_gradient(logits),
            labels,
            absent_weight=hp.absent_weight,
            given_weight=hp.given_weight,
        )
        return losses.lowest(scores, count=options.kept)

    return TermInputs(*codes, *logits, labels, ranked(logits[0]), ranked(logits[1]))


def terms(hp: HParams) -> Terms:
    """The terms of DHRL by name; each modality learns from the other's selection."""

    def image(v: TermInputs) -> Scalar:
        return losses.summed_classification_loss(
            v.image_logits, v.labels, v.text_ranked
        )

    def text(v: TermInputs) -> Scalar:
        return losses.summed_classification_loss(
            v.text_logits, v.labels, v.image_ranked
        )

    def alignment(v: TermInputs) -> Scalar:
        return jnp.square(v.image_codes - v.text_codes).mean()

    return {
        "image": (1.0, image),
        "text": (1.0, text),
        "alignment": (hp.alignment_weight, alignment),
    }


def build(
    sizes: Sizes,
    options: Options,
    hp: HParams,
    extra_terms: Terms | None = None,
) -> Method:
    """Makes DHRL for data of the given sizes.

    Args:
        sizes: of the data and the codes.
        options: choices fixed at compilation.
        hp: hyperparameters; may be traced.
        extra_terms: terms to add to the method's own, or to replace by name.
    """
    shape = {"width": options.width, "tokens": sizes.bits}
    depth = {"layers": options.layers, "dropout": options.dropout}
    widths = {
        "image": (sizes.image_dim, options.hidden),
        "text": (sizes.text_dim, options.text_hidden),
    }
    nets = {
        m: networks.token_network(features=features, hidden=hidden, **shape, **depth)
        for m, (features, hidden) in widths.items()
    }
    nets["head"] = networks.token_head(**shape)
    linear = networks.torch_dense(sizes.bits, sizes.classes)
    objective = losses.weighted_sum({**terms(hp), **(extra_terms or {})})

    def init(key: Key[Array, ""]) -> tuple[Params, DhrlState]:
        keys = dict(zip((*nets, "classifier"), jax.random.split(key, 4), strict=True))
        params, statistics = {}, {}
        for name, net in nets.items():
            params[name], statistics[name] = net.init(keys[name])
        example = jnp.zeros((1, sizes.bits))
        params["classifier"] = linear.init(keys["classifier"], example)["params"]
        params["statistics"] = statistics
        return params, DhrlState(jnp.int32(0), statistics)

    def encoder(modality: str) -> Any:
        def encode(params: Params, features: Float[Array, "n features"]) -> Any:
            rows = features
            for name in (modality, "head"):
                rows = nets[name].apply(params[name], params["statistics"][name], rows)
            return rows

        return encode

    def loss(
        params: Params, state: DhrlState, batch: Batch, key: Key[Array, ""]
    ) -> tuple[ScalarLike, tuple[DhrlState, Metrics]]:
        statistics, codes, logits = dict(state.statistics), [], []
        # The head sees images, then texts: its statistics move twice in a step.
        for modality, rows in (("image", batch.image), ("text", batch.text)):
            for name in (modality, "head"):
                key, site = jax.random.split(key)
                rows, statistics[name] = nets[name].train(
                    params[name], statistics[name], rows, site
                )
            codes.append(rows)
            logits.append(linear.apply({"params": params["classifier"]}, rows))
        inputs = term_inputs(
            (codes[0], codes[1]), (logits[0], logits[1]), batch.labels, hp, options
        )
        total, values = objective(inputs)
        return total, (state._replace(statistics=statistics), values)

    trained = (*nets, "classifier")
    optimizer = torch_adam(hp.learning_rate, weight_decay=0.0)
    return Method(
        init=init,
        optimizers=dict.fromkeys(trained, optimizer),
        epoch_update=record_epoch,
        passes=((Step(loss, trains=trained),),),
        encode_image=encoder("image"),
        encode_text=encoder("text"),
        after_step=lambda params, state: {**params, "statistics": state.statistics},
    )
