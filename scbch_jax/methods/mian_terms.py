"""The loss of MIAN: code memories of all training rows, and terms of a batch."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from scbch_jax import losses
from scbch_jax.arrays import Batch, Scalar, ScalarLike
from scbch_jax.config.mian import HParams, Options
from scbch_jax.losses import Terms
from scbch_jax.methods.base import Sizes

SHARED = 0.999
"""S of a pair that shares a label."""

COMPARED = {
    "label": ("image", "text"),
    "text": ("label", "text"),
    "image": ("label", "image"),
}
"""The code memories that each network's codes are compared with."""


class Tables(NamedTuple):
    """What is kept of all training rows."""

    codes: dict[str, Float[Array, "samples bits"]]
    """The last codes of each network: F (image), G (text) and H (label)."""
    text_features: Float[Array, "samples embedding"]
    """The last features of the texts."""
    binary: Float[Array, "samples bits"]
    """B, binary codes that the codes of all networks come close to."""
    labels: Float[Array, "samples classes"]
    """Multi-hot labels, noisy."""


class TermInputs(NamedTuple):
    """What every loss term is a function of, for one batch and one network."""

    outputs: Any
    """What the network computes of the batch: `codes`, h, and more."""
    image_codes: Float[Array, "n bits"]
    """h if the network is that of images, else from its code memory."""
    text_codes: Float[Array, "n bits"]
    """h if the network is that of texts, else from its code memory."""
    compared: tuple[Float[Array, "samples bits"], ...]
    """Code memories that h is compared with, the batch's own codes included."""
    shared: Float[Array, "samples n"]
    """S: 0.999 where a training row and a sample of the batch share a label."""
    binary: Float[Array, "n bits"]
    """B of the batch."""
    labels: Float[Array, "n classes"]
    """Labels y of the batch."""
    text_features: Float[Array, "n embedding"]
    """Features of the batch's texts, from the memory."""


def first_tables(key: Key[Array, ""], sizes: Sizes, embedding: int) -> Tables:
    """Standard normal draws, which batches overwrite; B and labels are zeros."""
    keys, rows = jax.random.split(key, 4), (sizes.samples, sizes.bits)
    names = ("image", "text", "label")
    codes = {k: jax.random.normal(keys[i], rows) for i, k in enumerate(names)}
    features = jax.random.normal(keys[3], (sizes.samples, embedding))
    labels = jnp.zeros((sizes.samples, sizes.classes))
    return Tables(codes, features, jnp.zeros(rows), labels)


def code_weights(hp: HParams) -> dict[str, ScalarLike]:
    """Weight of each network's codes in B, and of their distance from it."""
    share = hp.image_share
    return {"image": share, "text": 1.0 - share, "label": hp.label_weight}


def with_binary(tables: Tables, hp: HParams) -> Tables:
    """Computes B of the code memories: sign(a F + (1 - a) G + η H)."""
    weights = code_weights(hp)
    image, text, label = (weights[k] * tables.codes[k] for k in weights)
    return tables._replace(binary=jnp.sign(image + text + label))


def with_batch(tables: Tables, network: str, outputs: Any, batch: Batch) -> Tables:
    """Writes what a network computes of a batch into its table."""
    own = losses.with_rows(tables.codes[network], batch.index, outputs.codes)
    tables = tables._replace(codes={**tables.codes, network: own})
    if network != "text":
        return tables
    features = losses.with_rows(tables.text_features, batch.index, outputs.features)
    return tables._replace(text_features=features)


def term_inputs(tables: Tables, network: str, outputs: Any, batch: Batch) -> TermInputs:
    """Computes the inputs of the terms from the result of `with_batch`."""
    codes = {k: table[batch.index] for k, table in tables.codes.items()}
    codes[network] = outputs.codes
    return TermInputs(
        outputs=outputs,
        image_codes=codes["image"],
        text_codes=codes["text"],
        compared=tuple(tables.codes[k] for k in COMPARED[network]),
        shared=SHARED * losses.shared_label_matrix(tables.labels, batch.labels),
        binary=tables.binary[batch.index],
        labels=batch.labels,
        text_features=tables.text_features[batch.index],
    )


def terms(hp: HParams, options: Options, network: str) -> Terms:
    """The terms of one network's loss by name."""
    bottleneck = hp.prediction_weight
    weights = {
        "pairs": 1.0,
        "quantization": code_weights(hp)[network],
        "classification": hp.classification_weight,
        "prediction": bottleneck,
        "divergence": bottleneck * hp.divergence_weight,
    }
    names = list(weights)[: {"label": 2, "text": 3, "image": 5}[network]]
    functions = _functions(options)
    return {name: (weights[name], functions[name]) for name in names}


def _functions(options: Options) -> dict[str, Any]:
    return {
        "pairs": _pairs_of(options),
        "quantization": lambda v: jnp.square(v.binary - v.outputs.codes).sum(),
        "classification": lambda v: jnp.square(
            v.labels - v.outputs.probabilities
        ).sum(),
        "prediction": lambda v: losses.feature_prediction_loss(
            v.outputs.predicted, v.text_features
        ),
        "divergence": lambda v: losses.normal_divergence(
            v.outputs.mean, v.outputs.log_variance
        ),
    }


def _pairs_of(options: Options) -> Any:
    squared = options.pair_loss == "official"
    loss = (
        losses.asymmetric_squared_loss if squared else losses.asymmetric_likelihood_loss
    )

    def pairs(v: TermInputs) -> Scalar:
        one, other = (loss(v.outputs.codes, table, v.shared) for table in v.compared)
        return one + other

    return pairs
