"""The loop around the compiled epochs; scoring and saving are the caller's."""

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
    """What one epoch left behind."""

    number: int
    """From 1: how many epochs have been trained."""
    run: RunState
    """Valid until the next epoch starts, which takes its memory over."""
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
    """Trains from `done` to `epochs` epochs, handing over after each.

    Args:
        run: the state after `done` epochs; its memory is taken over.
        hparams: the method's numbers.
        train: training set with the labels to learn from, on the device.
        key: the run's root key.
        recipe: what to compile.
        epochs: how many epochs the whole run has.
        done: how many of them `run` has behind it.
        streamed: `train` is on the host, and its rows are fetched while others train.

    Raises:
        InputError: if a loss is no longer finite, or the method needs the whole
            training set at once and it is on the host.
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
    """Raises `InputError` if a loss of an epoch, from 1, is no longer finite."""
    require(
        bool(np.isfinite(list(losses.values())).all()),
        "training",
        f"a loss of {losses['total']} in epoch {epoch}",
        "finite losses: try a smaller hparams.learning-rate, or check the features",
    )
