"""UCCH: unsupervised contrastive hashing (Hu et al., IEEE TPAMI 45(3), 2023).

It does not use labels. A memory bank holds one code for every training sample; a batch
is contrasted with rows drawn from it, and updates its own.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import lax
from jaxtyping import Array, Bool, Float, Int, Key

from scbch_jax import losses
from scbch_jax.arrays import Batch, Metrics, Params, Scalar, ScalarLike
from scbch_jax.config.ucch import HParams, Options
from scbch_jax.losses import Terms
from scbch_jax.methods.base import Method, Sizes, Step, record_epoch
from scbch_jax.methods.two_towers import two_towers
from scbch_jax.optim.pytorch import scale_after_epochs, torch_adam, torch_clip

__all__ = ["HParams", "Options", "UcchState", "TermInputs", "build", "terms"]

Draw = Callable[[Key[Array, ""], Int[Array, " n"]], Int[Array, "n negatives"]]
"""(key, rows of a batch) -> rows of the memory bank, the negatives of each."""


class TermInputs(NamedTuple):
    """What every loss term is a function of, for one batch."""

    image_codes: Float[Array, "n bits"]
    """Relaxed codes h of the images."""
    text_codes: Float[Array, "n bits"]
    """Relaxed codes g of the texts."""
    similarity: Float[Array, "n n"]
    """Products of both; row = image, column = text."""
    memory: Float[Array, "samples bits"]
    """V, before the batch updates its rows."""
    index: Int[Array, " n"]
    """Row of each sample in the memory bank."""
    counts: Float[Array, "n samples"]
    """How often each row of the memory bank was drawn for each sample."""
    warming_up: Bool[Array, ""]
    """Whether the batch is contrasted with itself."""


class UcchState(NamedTuple):
    """The state of UCCH."""

    epoch: Int[Array, ""]
    memory: Float[Array, "samples bits"]
    """V, the memory bank: a code for every training sample."""


def terms(hp: HParams, bits: int) -> Terms:
    """Contrast with the memory bank, and ranking within the batch, by name."""
    temperature = hp.temperature * bits**0.5

    def contrast(v: TermInputs) -> Scalar:
        def loss(keys: Any, own: Any, counts: Any) -> Scalar:
            return sum(
                (
                    losses.memory_contrast_loss(
                        codes, keys, own, counts, temperature=temperature
                    )
                    for codes in (v.image_codes, v.text_codes)
                ),
                start=jnp.zeros(()),
            )

        def with_itself() -> Scalar:
            keys = jnp.sign((v.image_codes + v.text_codes) / 2)
            rows = len(keys)
            return loss(keys, jnp.arange(rows), jnp.ones((rows, rows)))

        def with_memory() -> Scalar:
            return loss(jnp.sign(v.memory), v.index, v.counts)

        return lax.cond(v.warming_up, with_itself, with_memory)

    def ranking(v: TermInputs) -> Scalar:
        return losses.ranking_loss(v.similarity, margin=hp.margin, shift=hp.shift)

    alpha = hp.contrast_weight
    return {"contrast": (alpha, contrast), "ranking": (1.0 - alpha, ranking)}


def build(
    sizes: Sizes,
    options: Options,
    hp: HParams,
    extra_terms: Terms | None = None,
    *,
    draw: Draw | None = None,
) -> Method:
    """Makes UCCH for data of the given sizes.

    Args:
        sizes: of the data and the codes.
        options: choices fixed at compilation.
        hp: hyperparameters; may be traced.
        extra_terms: terms to add to the method's own, or to replace by name.
        draw: the negatives; uniform draws if omitted.
    """
    towers = two_towers(
        sizes, options, weights_of=lambda params, m: params["networks"][m]
    )
    all_terms = {**terms(hp, sizes.bits), **(extra_terms or {})}
    objective = losses.weighted_sum(all_terms)

    def uniform(key: Key[Array, ""], own: Any) -> Any:
        return losses.drawn_negatives(
            key, own, negatives=options.negatives, samples=sizes.samples
        )

    def init(key: Key[Array, ""]) -> tuple[Params, UcchState]:
        keys = jax.random.split(key, 3)
        params = {
            "image": towers.init_image(keys[0]),
            "text": towers.init_text(keys[1]),
        }
        # Signs of 2σε - σ, ε normal: 31 % of the entries are positive, as released.
        drawn = jax.random.normal(keys[2], (sizes.samples, sizes.bits))
        memory = jnp.sign(2 * drawn - 1) / sizes.bits**0.5
        return {"networks": params}, UcchState(jnp.int32(0), memory)

    def loss(
        params: Params, state: UcchState, batch: Batch, key: Key[Array, ""]
    ) -> tuple[ScalarLike, tuple[UcchState, Metrics]]:
        codes = (
            towers.encode_image(params, batch.image),
            towers.encode_text(params, batch.text),
        )
        drawn = (draw or uniform)(key, batch.index)
        # The released code recognizes its warm-up by a momentum of 0.
        warming_up = (state.epoch < options.warmup_epochs) | (hp.momentum <= 0)
        inputs = TermInputs(
            *codes,
            similarity=losses.similarity_matrix(*codes),
            memory=state.memory,
            index=batch.index,
            counts=losses.negative_counts(batch.index, drawn, samples=sizes.samples),
            warming_up=jnp.asarray(warming_up),
        )
        total, values = objective(inputs)
        memory = losses.update_memory_bank(
            state.memory,
            batch.index,
            *codes,
            momentum=jnp.where(warming_up, 0.0, hp.momentum),
            unit_length=options.memory == "official",
        )
        return total, (state._replace(memory=memory), values)

    # One group: the gradient of both networks is clipped together.
    optimizer = optax.chain(
        torch_clip(hp.clip),
        torch_adam(hp.learning_rate, weight_decay=hp.weight_decay),
        scale_after_epochs(options.decay_epochs),
    )
    return Method(
        init=init,
        optimizers={"networks": optimizer},
        epoch_update=record_epoch,
        passes=((Step(loss, trains=("networks",)),),),
        encode_image=towers.encode_image,
        encode_text=towers.encode_text,
        drop_remainder=True,
    )
