"""The training loop over epochs; scoring and saving are up to the caller."""

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Key

from scbch_jax import sharding
from scbch_jax.errors import require
from scbch_jax.methods import Recipe
from scbch_jax.training.epoch import RunState, context_of, train_epoch
from scbch_jax.training.streaming import stream_epoch
from scbch_jax.types import Split


class Epoch(NamedTuple):
    """Result of one epoch of training."""

    number: int
    """Number of epochs trained so far, from 1."""
    run: RunState
    """Valid until the next epoch starts: that donates its buffers."""
    losses: dict[str, float]
    """Mean of each logged value over the epoch's steps."""


def fit(
    run: RunState,
    hparams: Any,
    train: Split,
    key: Key[Array, ""],
    *,
    recipe: Recipe,
    epochs: int,
    done: int = 0,
    streamed: bool = False,
) -> Iterator[Epoch]:
    """Trains epochs `done` + 1 to `epochs` and yields after each.

    Args:
        run: the state after `done` epochs; its buffers are donated.
        hparams: the method's hyperparameters.
        train: training set with the labels to learn from, on the device.
        key: the run's root key.
        recipe: what to compile.
        epochs: number of epochs of the whole run.
        done: number of epochs that `run` has been trained.
        streamed: `train` is in host memory; its rows are prefetched in chunks.

    Raises:
        InputError: if a loss is not finite, or if the method needs the whole training
            set on the device and it is streamed.
    """
    recipe.check(streamed=streamed)
    one_epoch = stream_epoch
    if not streamed:
        one_epoch = partial(train_epoch, context=context_of(train, recipe=recipe))
    for epoch in range(done, epochs):
        number = jax.numpy.int32(epoch)
        run, log = one_epoch(run, hparams, train, key, number, recipe=recipe)
        losses = {name: float(np.mean(v)) for name, v in sharding.to_host(log).items()}
        require_finite(losses, epoch + 1)
        yield Epoch(epoch + 1, run, losses)


def require_finite(losses: dict[str, float], epoch: int) -> None:
    """Raises `InputError` if a loss of an epoch (from 1) is not finite."""
    require(
        bool(np.isfinite(list(losses.values())).all()),
        "training",
        f"a loss of {losses['total']} in epoch {epoch}",
        "finite losses: try a smaller hparams.learning-rate, or check the features",
    )
