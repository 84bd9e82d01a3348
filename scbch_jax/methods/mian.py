"""MIAN: modality-invariant asymmetric networks (Zhang et al., IEEE TKDE 35(5), 2023).

A network of labels, one of texts and one of images learn in turn; `stages` says which.
A batch's codes are compared with code memories of all training rows (`mian_terms`). One
epoch of a run is one pass of the released code.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, Key

from scbch_jax import losses, networks
from scbch_jax.arrays import Batch, Metrics, Params, ScalarLike, TrainingCodes
from scbch_jax.config.mian import HParams, Options
from scbch_jax.losses import Terms
from scbch_jax.methods import mian_terms, stages
from scbch_jax.methods.base import Method, Sizes, Step
from scbch_jax.methods.mian_terms import Tables, TermInputs, term_inputs, terms
from scbch_jax.optim.pytorch import scale_by_state, torch_adam

__all__ = ["HParams", "MianState", "Options", "TermInputs", "build", "terms"]


class MianState(NamedTuple):
    """The state of MIAN."""

    epoch: Int[Array, ""]
    progress: stages.Progress
    """What this pass trains."""
    loss: Float[Array, ""]
    """Sum of the losses of this pass."""
    tables: Tables


def build(
    sizes: Sizes,
    options: Options,
    hp: HParams,
    extra_terms: Terms | None = None,
    *,
    draw: Any = jax.random.normal,
) -> Method:
    """Makes MIAN for data of the given sizes.

    Args:
        sizes: of the data and the codes.
        options: choices fixed at compilation.
        hp: hyperparameters; may be traced.
        extra_terms: terms to add to those of every network, or to replace by name.
        draw: (key, shape) -> the noise of the image features.
    """
    nets = networks.modality_invariant_networks(
        image_dim=sizes.image_dim,
        text_dim=sizes.text_dim,
        classes=sizes.classes,
        bits=sizes.bits,
        hidden=options.hidden,
        embedding=options.embedding,
        image_layers=options.image_layers,
        multiscale=options.text == "multiscale",
    )

    def init(key: Key[Array, ""]) -> tuple[Params, MianState]:
        *keys, table_key = jax.random.split(key, 1 + len(nets.init))
        params = {
            name: start(own)
            for (name, start), own in zip(nets.init.items(), keys, strict=True)
        }
        tables = mian_terms.first_tables(table_key, sizes, options.embedding)
        start = stages.first_pass()
        return params, MianState(jnp.int32(0), start, jnp.zeros(()), tables)

    def drawn(key: Key[Array, ""], rows: Any) -> Any:
        return draw(key, (len(rows), options.embedding))

    def forward(network: str, weights: Any, batch: Batch, key: Any) -> Any:
        if network == "label":
            return nets.label(weights, batch.labels)
        if network == "text":
            return nets.text(weights, batch.text)
        return nets.image(weights, batch.image, drawn(key, batch.image))

    def loss_of(network: str) -> Any:
        own = {**terms(hp, options, network), **(extra_terms or {})}
        objective = losses.weighted_sum(own)

        def loss(
            params: Params, state: MianState, batch: Batch, key: Key[Array, ""]
        ) -> tuple[ScalarLike, tuple[MianState, Metrics]]:
            outputs = forward(network, params[network], batch, key)
            tables = mian_terms.with_batch(state.tables, network, outputs, batch)
            inputs = term_inputs(tables, network, outputs, batch)
            total, values = objective(inputs)
            state = state._replace(loss=state.loss + total, tables=tables)
            return total, (state, values)

        return loss

    def left(state: MianState) -> Any:
        return state.progress.outer < options.outer_epochs

    def step(network: str) -> Step:
        def when(state: MianState) -> Any:
            return left(state) & stages.trains(state.progress, network)

        return Step(loss_of(network), trains=(network,), when=when)

    def epoch_update(
        params: Params,
        state: MianState,
        train: TrainingCodes,
        epoch: Int[Array, ""],
        key: Key[Array, ""],
    ) -> MianState:
        most = stages.most_passes(options.label_passes, options.network_passes)
        following = stages.next_pass(state.progress, state.loss, most=most)
        moves = (epoch > 0) & left(state)
        progress = stages.select(moves, following, state.progress)
        tables = mian_terms.with_binary(state.tables, hp)
        tables = tables._replace(labels=train.labels)
        return MianState(epoch, progress, jnp.zeros(()), tables)

    def optimizer(rate: ScalarLike) -> optax.GradientTransformation:
        by_stage = scale_by_state(lambda state: stages.rate_factor(state.progress))
        return optax.chain(torch_adam(rate, weight_decay=0.0), by_stage)

    def encode_image(params: Params, features: Any) -> Any:
        always = options.image_noise == "always"
        noise = drawn(jax.random.key(0), features) if always else None
        return nets.image(params["image"], features, noise).codes

    return Method(
        init=init,
        optimizers={
            "label": optimizer(hp.label_learning_rate),
            "text": optimizer(hp.text_learning_rate),
            "image": optimizer(hp.image_learning_rate),
        },
        epoch_update=epoch_update,
        passes=(tuple(step(network) for network in stages.NETWORKS),),
        encode_image=encode_image,
        encode_text=lambda params, features: nets.text(params["text"], features).codes,
        drop_remainder=True,
    )
