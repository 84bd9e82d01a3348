"""ltcmh_like: a reconstruction of LtCMH (Gao et al., Long-Tail Hashing, AAAI 2023).

An autoencoder splits the features of each modality into individuality and commonality,
which join direct features as meta features; these learn by the loss of Deep Cross-Modal
Hashing. The original's code was not available, and of its text only the abstract: loss
and schedule are those of MetaCMH by the same authors, the networks an assumption, and
not compared with an original implementation.
"""

from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from scbch_jax import losses, networks
from scbch_jax.arrays import Batch, Metrics, Params, Scalar, ScalarLike, TrainingCodes
from scbch_jax.config.ltcmh_like import HParams, Options
from scbch_jax.losses import Terms
from scbch_jax.methods.base import Method, Sizes, Step
from scbch_jax.networks import MetaOutputs
from scbch_jax.optim.pytorch import scale_by_state

__all__ = [
    "HParams",
    "LtcmhLikeState",
    "Options",
    "TermInputs",
    "build",
    "learning_rate",
    "scaled",
    "terms",
]

OTHER = {"image": "text", "text": "image"}


class TermInputs(NamedTuple):
    """What every loss term is a function of, for one batch and one modality."""

    image_codes: Float[Array, "n bits"]
    """Meta features of the images."""
    text_codes: Float[Array, "n bits"]
    """Meta features of the texts."""
    own: MetaOutputs
    """What the network of the modality that learns computes, M, P and C."""
    other: MetaOutputs
    """What the other network computes."""
    features: Float[Array, "n features"]
    """Features x that are reconstructed, of unit length."""
    own_table: Float[Array, "samples bits"]
    """F: the last meta features of all training rows."""
    other_table: Float[Array, "samples bits"]
    """G: the same of the other modality."""
    index: Int[Array, " n"]
    """The batch's rows."""
    shared: Float[Array, "samples n"]
    """S: 1 where a training row and a sample of the batch share a label."""
    binary: Float[Array, "n bits"]
    """B of the batch."""


class LtcmhLikeState(NamedTuple):
    """The state of ltcmh_like."""

    epoch: Int[Array, ""]
    tables: dict[str, Float[Array, "samples bits"]]
    """F and G, the last meta features of all training rows by modality."""
    binary: Float[Array, "samples bits"]
    """B: signs of F + G before the epoch."""
    labels: Float[Array, "samples classes"]
    """Multi-hot labels, noisy."""


def terms(hp: HParams) -> Terms:
    """The terms by name: three of Deep Cross-Modal Hashing, three of the parts."""

    def pairs(v: TermInputs) -> Scalar:
        total = losses.asymmetric_likelihood_loss(v.own.meta, v.other_table, v.shared)
        return total / v.shared.size

    def quantization(v: TermInputs) -> Scalar:
        return jnp.square(v.binary - v.own.meta).sum() / v.shared.size

    def balance(v: TermInputs) -> Scalar:
        total = losses.asymmetric_balance_loss(v.own.meta, v.own_table, v.index)
        return total / v.shared.size

    def reconstruction(v: TermInputs) -> Scalar:
        return jnp.square(v.own.reconstruction - v.features).mean()

    def dependence(v: TermInputs) -> Scalar:
        return losses.linear_dependence(v.own.individuality, v.other.individuality)

    def commonality(v: TermInputs) -> Scalar:
        return jnp.square(v.own.commonality - v.other.commonality).mean()

    return {
        "pairs": (1.0, pairs),
        "quantization": (hp.quantization_weight, quantization),
        "balance": (hp.balance_weight, balance),
        "reconstruction": (1.0, reconstruction),
        "dependence": (hp.dependence_weight, dependence),
        "commonality": (hp.commonality_weight, commonality),
    }


def scaled(
    rows: Float[Array, "n features"], kind: Literal["scaled", "unit", "given"]
) -> Float[Array, "n features"]:
    """Features as the networks see them: of mean square 1, of length 1, or as given.

    Example:
        >>> scaled(jnp.array([[3.0, 3.0, 3.0, -3.0]]), "scaled").round(2).tolist()
        [[1.0, 1.0, 1.0, -1.0]]
    """
    if kind == "given":
        return rows
    length = rows.shape[1] ** 0.5 if kind == "scaled" else 1.0
    return length * losses.unit_rows(rows)


def learning_rate(hp: HParams, options: Options, epoch: Int[Array, ""]) -> Scalar:
    """The learning rate of an epoch, from 0: on a line from the first to the last."""
    share = jnp.minimum(epoch / options.decay_epochs, 1.0)
    return (1.0 - share) * hp.learning_rate + share * hp.last_learning_rate


def build(
    sizes: Sizes,
    options: Options,
    hp: HParams,
    extra_terms: Terms | None = None,
) -> Method:
    """Makes ltcmh_like for data of the given sizes.

    Args:
        sizes: of the data and the codes.
        options: choices fixed at compilation.
        hp: hyperparameters; may be traced.
        extra_terms: terms to add to the method's own, or to replace by name.
    """
    widths = {"image": sizes.image_dim, "text": sizes.text_dim}
    nets = {
        m: networks.meta_feature_network(
            features=width, hidden=options.hidden, bits=sizes.bits
        )
        for m, width in widths.items()
    }
    objective = losses.weighted_sum({**terms(hp), **(extra_terms or {})})

    def init(key: Key[Array, ""]) -> tuple[Params, LtcmhLikeState]:
        keys = dict(zip(nets, jax.random.split(key, (len(nets), 2)), strict=True))
        rows = (sizes.samples, sizes.bits)
        params = {m: nets[m].init(own[0]) for m, own in keys.items()}
        tables = {m: jax.random.normal(own[1], rows) for m, own in keys.items()}
        labels = jnp.zeros((sizes.samples, sizes.classes))
        return params, LtcmhLikeState(jnp.int32(0), tables, jnp.zeros(rows), labels)

    def outputs(
        params: Params, modality: str, features: Any, factors: Any
    ) -> MetaOutputs:
        rows = scaled(jnp.asarray(features, jnp.float32), options.inputs)
        return nets[modality].outputs(params[modality], rows, factors)

    def loss_of(modality: str) -> Any:
        def loss(
            params: Params, state: LtcmhLikeState, batch: Batch, key: Key[Array, ""]
        ) -> tuple[ScalarLike, tuple[LtcmhLikeState, Metrics]]:
            gated = options.tail_gate
            factors = losses.rarity(state.labels, batch.labels) if gated else None
            features = {"image": batch.image, "text": batch.text}
            found = {m: outputs(params, m, x, factors) for m, x in features.items()}
            own, other = (found[m] for m in (modality, OTHER[modality]))
            inputs = TermInputs(
                image_codes=found["image"].meta,
                text_codes=found["text"].meta,
                own=own,
                other=other,
                features=losses.unit_rows(features[modality].astype(jnp.float32)),
                own_table=state.tables[modality],
                other_table=state.tables[OTHER[modality]],
                index=batch.index,
                shared=losses.shared_label_matrix(state.labels, batch.labels),
                binary=state.binary[batch.index],
            )
            total, values = objective(inputs)
            table = losses.with_rows(inputs.own_table, batch.index, own.meta)
            tables = {**state.tables, modality: table}
            return total, (state._replace(tables=tables), values)

        return loss

    def epoch_update(
        params: Params,
        state: LtcmhLikeState,
        train: TrainingCodes,
        epoch: Int[Array, ""],
        key: Key[Array, ""],
    ) -> LtcmhLikeState:
        binary = losses.binary_codes(state.tables["image"] + state.tables["text"])
        return LtcmhLikeState(epoch, state.tables, binary, train.labels)

    def relaxed(modality: str) -> Any:
        return lambda params, features: jnp.tanh(
            outputs(params, modality, features, None).meta
        )

    descent = scale_by_state(lambda state: -learning_rate(hp, options, state.epoch))
    return Method(
        init=init,
        optimizers=dict.fromkeys(nets, descent),
        epoch_update=epoch_update,
        passes=tuple((Step(loss_of(m), trains=(m,)),) for m in nets),
        encode_image=relaxed("image"),
        encode_text=relaxed("text"),
        drop_remainder=True,
    )
