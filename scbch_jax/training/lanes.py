"""Several runs as lanes of one program: the training of one run under `vmap`."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from scbch_jax.arrays import Metrics
from scbch_jax.methods import Recipe
from scbch_jax.training.epoch import RunState, context_of, start, train_epoch
from scbch_jax.types import Split


class Lanes(NamedTuple):
    """What differs between runs of one recipe; the leading axis of each is the run."""

    hparams: Any
    """The method's numbers."""
    labels: Float[Array, "lanes samples classes"] | None
    """Noisy training labels; features are shared."""
    keys: Key[Array, " lanes"]
    """Root keys."""


class LanesEpoch(NamedTuple):
    """State and losses of all lanes after an epoch."""

    number: int
    """From 1."""
    runs: RunState
    """Stacked; valid until the next epoch starts, which reuses its memory."""
    losses: list[dict[str, float]]
    """Of each lane: the mean of each logged value over the epoch's steps."""


def stack(trees: Sequence[Any]) -> Any:
    """Stacks equal trees of arrays, or of numbers, along a new leading axis."""
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)


def lane(tree: Any, index: int) -> Any:
    """One lane's part of a stacked tree."""
    return jax.tree.map(lambda leaf: leaf[index], tree)


@partial(jax.jit, static_argnames="recipe")
def start_lanes(lanes: Lanes, *, recipe: Recipe) -> RunState:
    """The stacked states before the first epoch, bit-identical to those of `start`.

    Drawn one after another, since a batched factorization may round differently.
    """

    def one(own: Lanes) -> RunState:
        return start(own.hparams, own.keys, recipe=recipe)

    return jax.lax.map(one, lanes._replace(labels=None))


@partial(jax.jit, static_argnames="recipe", donate_argnames="runs")
def train_epoch_lanes(
    runs: RunState,
    lanes: Lanes,
    train: Split,
    epoch: Int[Array, ""],
    context: Any = None,
    *,
    recipe: Recipe,
) -> tuple[RunState, Metrics]:
    """One epoch of every lane; see `train_epoch`, of which this is the vmap.

    The number of the epoch is the same in all lanes, so a branch on it stays a branch.
    Lanes agree with single runs up to the order in which products are summed.

    Args:
        runs: stacked states after the epochs before; their buffers are donated.
        lanes: what differs.
        train: training set; its labels are not used.
        epoch: number of the epoch, from 0.
        context: the result of `context_of`; it depends on features only, so lanes share
            it.
        recipe: what to compile.

    Returns:
        The stacked states, and each logged value: [lanes, batches].
    """

    def one(run: RunState, own: Lanes) -> tuple[RunState, Metrics]:
        rows = train._replace(labels=own.labels)
        return train_epoch(
            run, own.hparams, rows, own.keys, epoch, context=context, recipe=recipe
        )

    return jax.vmap(one)(runs, lanes)


def fit_lanes(
    runs: RunState,
    lanes: Lanes,
    train: Split,
    *,
    recipe: Recipe,
    epochs: int,
    done: int = 0,
) -> Iterator[LanesEpoch]:
    """Trains all lanes from `done` to `epochs` epochs, and yields after each.

    A lane whose losses are no longer finite does not stop the others.

    Args:
        runs: the stacked states after `done` epochs; their buffers are donated.
        lanes: what differs.
        train: training set on the device.
        recipe: what to compile.
        epochs: number of epochs of the whole runs.
        done: number of epochs that `runs` have been trained.
    """
    context = context_of(train, recipe=recipe)
    for epoch in range(done, epochs):
        number = jnp.int32(epoch)
        runs, log = train_epoch_lanes(
            runs, lanes, train, number, context=context, recipe=recipe
        )
        means = {name: np.mean(v, axis=1) for name, v in jax.device_get(log).items()}
        losses = [
            {name: float(values[i]) for name, values in means.items()}
            for i in range(len(lanes.keys))
        ]
        yield LanesEpoch(epoch + 1, runs, losses)
