"""Several runs trained as lanes of one program, compared with one after another."""

import statistics
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from scbch_jax import training
from scbch_jax.bench.timing import timed
from scbch_jax.bench.training import Shape, draw_split, recipe_of
from scbch_jax.config.scbch import HParams


class LanesTime(NamedTuple):
    """Seconds of an epoch of all runs, medians."""

    one_after_another: float
    as_lanes: float


def measure_lanes(shape: Shape, lanes: int, *, rounds: int) -> LanesTime:
    """Times an epoch of several runs both ways, in turns, after one that is not timed.

    Args:
        shape: sizes of data and networks.
        lanes: how many runs.
        rounds: how often each way is timed.
    """
    recipe = recipe_of(shape, shape.rows)
    train = jax.device_put(draw_split(shape, shape.rows))
    keys = jax.random.split(jax.random.key(0), lanes)
    own = training.Lanes(
        training.stack([HParams()] * lanes), jnp.stack([train.labels] * lanes), keys
    )
    epoch = jnp.int32(1)
    held: dict[str, Any] = {
        "runs": [training.start(HParams(), key, recipe=recipe) for key in keys],
        "lanes": training.start_lanes(own, recipe=recipe),
    }

    def one_after_another() -> None:
        pairs = [
            training.train_epoch(run, HParams(), train, key, epoch, recipe=recipe)
            for run, key in zip(held["runs"], keys, strict=True)
        ]
        held["runs"] = jax.block_until_ready([run for run, _ in pairs])

    def as_lanes() -> None:
        held["lanes"], log = training.train_epoch_lanes(
            held["lanes"], own, train, epoch, recipe=recipe
        )
        jax.block_until_ready(log)

    times = [
        [timed(way)[0] for way in (one_after_another, as_lanes)]
        for _ in range(rounds + 1)
    ]
    return LanesTime(*(statistics.median(x) for x in zip(*times[1:], strict=True)))
