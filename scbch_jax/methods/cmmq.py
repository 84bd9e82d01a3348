"""CMMQ: mutual quantization with noisy labels (Yang et al., CVPR 2022).

Codes follow binary proxies of their classes. Of each batch only the rows of smallest
loss are learned, as many as there should be clean ones: the noise rate is given.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from scbch_jax import losses, networks
from scbch_jax.arrays import Batch, Metrics, Params, Scalar, ScalarLike
from scbch_jax.config.cmmq import HParams, Options
from scbch_jax.errors import require
from scbch_jax.losses import Terms
from scbch_jax.methods.base import Method, Sizes, Step, record_epoch
from scbch_jax.methods.two_towers import two_towers
from scbch_jax.optim.pytorch import torch_rmsprop

__all__ = [
    "CmmqState",
    "HParams",
    "Options",
    "TermInputs",
    "build",
    "check",
    "share_left_out",
    "targets_of",
    "term_inputs",
    "terms",
]


class TermInputs(NamedTuple):
    """What every loss term is a function of, for one batch."""

    image_codes: Float[Array, "n bits"]
    """Relaxed codes a = tanh u of the images."""
    text_codes: Float[Array, "n bits"]
    """Relaxed codes b = tanh v of the texts."""
    proxy_losses: Float[Array, " n"]
    """Cross-entropy of both codes and the code that the labels ask for."""
    quantization_losses: Float[Array, " n"]
    """Distance of both codes from binary ones."""
    mutual_losses: Float[Array, " n"]
    """Disagreement of both codes."""
    kept: Bool[Array, " n"]
    """Rows that are trained on."""


class CmmqState(NamedTuple):
    """The state of CMMQ."""

    epoch: Int[Array, ""]
    confidence: Float[Array, " samples"]
    """1 if the last batch that had the row kept it, else 0; for reports only."""
    proxies: Float[Array, "classes bits"]
    """G, binary code of each class; constant."""
    tie: Float[Array, " bits"]
    """Bits where proxies are tied; constant."""


def share_left_out(epoch: Int[Array, ""], hp: HParams, options: Options) -> ScalarLike:
    """Share f of a batch that is left out, r min(1, epoch / (ramp - 1))."""
    return hp.noise_rate * jnp.minimum(1.0, epoch / max(options.ramp_epochs - 1, 1))


def targets_of(
    labels: Float[Array, "n classes"], state: CmmqState, options: Options
) -> Float[Array, "n bits"]:
    """The code of -1 and 1 that each row's labels ask for."""
    if options.target == "first":
        return state.proxies[jnp.argmax(labels, axis=1)]
    return losses.majority_codes(labels, state.proxies, state.tie)


def term_inputs(
    image_logits: Float[Array, "n bits"],
    text_logits: Float[Array, "n bits"],
    targets: Float[Array, "n bits"],
    left_out: ScalarLike,
    hp: HParams,
    options: Options,
) -> TermInputs:
    """Computes the inputs of the terms; `left_out` is a share of the rows."""
    both = image_logits, text_logits
    codes = jnp.tanh(image_logits), jnp.tanh(text_logits)
    proxy = sum((losses.proxy_cross_entropy(z, targets) for z in both), jnp.zeros(()))
    squares = (jnp.square(jnp.abs(code) - 1) for code in codes)
    quantization = sum((s.mean(axis=1) for s in squares), jnp.zeros(()))
    if options.mutual == "official":
        mutual = losses.text_to_image_contrast(*codes)
    else:
        mutual = losses.bernoulli_divergence(*both)
    total = proxy + hp.quantization_weight * quantization + hp.mutual_weight * mutual
    kept = losses.smallest_losses(total, share=1 - left_out)
    return TermInputs(*codes, proxy, quantization, mutual, kept)


def terms(hp: HParams) -> Terms:
    """The terms of CMMQ by name, each a mean over the rows that are kept."""

    def proxies(v: TermInputs) -> Scalar:
        return v.proxy_losses.mean(where=v.kept)

    def quantization(v: TermInputs) -> Scalar:
        return v.quantization_losses.mean(where=v.kept)

    def mutual(v: TermInputs) -> Scalar:
        return v.mutual_losses.mean(where=v.kept)

    return {
        "proxies": (1.0, proxies),
        "quantization": (hp.quantization_weight, quantization),
        "mutual": (hp.mutual_weight, mutual),
    }


def check(sizes: Sizes, options: Options, batch_size: int) -> None:
    """Raises `InputError` unless there is a Hadamard matrix of the code length."""
    wanted = "a power of 2: CMMQ's proxies are rows of a Hadamard matrix"
    require(not sizes.bits & (sizes.bits - 1), "bits", sizes.bits, wanted)


def build(
    sizes: Sizes,
    options: Options,
    hp: HParams,
    extra_terms: Terms | None = None,
) -> Method:
    """Makes CMMQ for data of the given sizes.

    Args:
        sizes: of the data and the codes.
        options: choices fixed at compilation.
        hp: hyperparameters; may be traced.
        extra_terms: terms to add to the method's own, or to replace by name.
    """
    affine = networks.affine_network(features=sizes.text_dim, bits=sizes.bits)
    towers = two_towers(
        sizes,
        options,
        unit_length=False,
        text_network=affine if options.text_network == "affine" else None,
    )
    objective = losses.weighted_sum({**terms(hp), **(extra_terms or {})})

    def init(key: Key[Array, ""]) -> tuple[Params, CmmqState]:
        keys = jax.random.split(key, 4)
        params = {
            "image": {"network": towers.init_image(keys[0])},
            "text": {"network": towers.init_text(keys[1])},
        }
        shape = {"classes": sizes.classes, "bits": sizes.bits}
        state = CmmqState(
            epoch=jnp.int32(0),
            confidence=jnp.ones(sizes.samples),
            proxies=losses.hadamard_proxies(keys[2], **shape),
            tie=jax.random.rademacher(keys[3], (sizes.bits,), float),
        )
        return params, state

    def loss(
        params: Params, state: CmmqState, batch: Batch, key: Key[Array, ""]
    ) -> tuple[ScalarLike, tuple[CmmqState, Metrics]]:
        inputs = term_inputs(
            towers.image_logits(params, batch.image),
            towers.text_logits(params, batch.text),
            targets_of(batch.labels, state, options),
            share_left_out(state.epoch, hp, options),
            hp,
            options,
        )
        total, values = objective(inputs)
        kept = inputs.kept.astype(state.confidence.dtype)
        confidence = state.confidence.at[batch.index].set(kept)
        return total, (state._replace(confidence=confidence), values)

    both = ("image", "text")
    rmsprop = torch_rmsprop(hp.learning_rate, weight_decay=hp.weight_decay)
    return Method(
        init=init,
        optimizers=dict.fromkeys(both, rmsprop),
        epoch_update=record_epoch,
        passes=((Step(loss, trains=both),),),
        encode_image=towers.encode_image,
        encode_text=towers.encode_text,
    )
