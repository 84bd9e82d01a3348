"""Lanes or one after another: a short measurement on the machine at hand."""

import hashlib
import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from scbch_jax import training
from scbch_jax.io import Record
from scbch_jax.methods import Recipe
from scbch_jax.runs.driver import Task
from scbch_jax.sweeps.side_by_side import lanes_of

STEPS = 4
"""Steps of one timing; an epoch would take minutes at the paper's width."""

ROUNDS = 3
"""How often each way is timed, in turns; the median counts."""


class Timing(NamedTuple):
    """Seconds of one step of one run."""

    one: float
    """One run after another."""
    lanes: float | None
    """Side by side; None if there is not memory enough."""


def name_of(recipe: Recipe, lanes: int) -> str:
    """What a measurement holds for: recipe but for its bits, lanes, kind of device."""
    alike = replace(recipe, sizes=recipe.sizes._replace(bits=8))
    device = jax.devices()[0].device_kind
    text = f"{alike} {device}"
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{recipe.method}-{lanes}lanes-{digest}"


def measured(tasks: Sequence[Task]) -> Record:
    """Times both ways on the first batches of the tasks' first epoch.

    Args:
        tasks: as many as would train side by side, of one recipe.

    Returns:
        `way`, the seconds of one step of one run in each way, and the device.
    """
    timing = time_steps(tasks)
    faster = timing.lanes is not None and timing.lanes < timing.one
    return {
        "way": "lanes" if faster else "one",
        "lanes": len(tasks),
        "seconds a step, one after another": timing.one,
        "seconds a step, lanes": timing.lanes,
        "device": jax.devices()[0].device_kind,
    }


def in_words(name: str, found: Record) -> str:
    """A measurement in a line."""
    one, lanes = (found[f"seconds a step, {way}"] for way in _KEYS)
    beside = "not memory enough" if lanes is None else f"{1000 * lanes:.3g} ms"
    return (
        f"{name}: a step of a run takes {1000 * one:.3g} ms one after another, "
        f"{beside} in {found['lanes']} lanes; so {_WORDS[found['way']]}"
    )


_KEYS = ("one after another", "lanes")
_WORDS = {"one": "one after another", "lanes": "lanes"}


def time_steps(tasks: Sequence[Task]) -> Timing:
    """Median seconds of one step of one run, in each way."""
    recipe = tasks[0].recipe
    batches = -(-recipe.sizes.samples // recipe.batch_size)
    # A whole epoch needs no program of its own.
    order, steps = None, min(batches, STEPS)
    if batches > STEPS:
        order = jnp.arange(STEPS * recipe.batch_size, dtype=jnp.int32)
    single = _Alone(tasks[0], order)
    if not has_room(len(tasks), single.run):
        return Timing(min(single.seconds() for _ in range(1 + ROUNDS)) / steps, None)
    both = [single, _Beside(tasks, order)]
    seconds = [[way.seconds() for way in both] for _ in range(1 + ROUNDS)][1:]
    one, lanes = (statistics.median(column) for column in zip(*seconds, strict=True))
    return Timing(one / steps, lanes / steps / len(tasks))


def has_room(lanes: int, run: Any) -> bool:
    """Whether so many runs, with gradients and one copy, fit the device's memory.

    Asked beforehand: a host does not refuse memory, it kills the process.
    """
    needed = lanes * 2 * sum(leaf.nbytes for leaf in jax.tree.leaves(run))
    stats = jax.devices()[0].memory_stats()
    if stats and "bytes_limit" in stats:
        return needed < stats["bytes_limit"] - stats["bytes_in_use"]
    host = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return needed < _SHARE * host


_SHARE = 0.6
"""Of a host's memory; the rest is for the data and for others."""


class _Alone:
    """One run, step after step."""

    def __init__(self, task: Task, order: Any) -> None:
        self.task, self.order = task, order
        self.run = training.start(task.hparams, task.key, recipe=task.recipe)
        self.context = training.context_of(task.train, recipe=task.recipe)

    def seconds(self) -> float:
        task, began = self.task, time.perf_counter()
        self.run, _ = training.train_epoch(
            self.run,
            task.hparams,
            task.train,
            task.key,
            jnp.int32(0),
            self.order,
            self.context,
            recipe=task.recipe,
        )
        jax.block_until_ready(self.run)
        return time.perf_counter() - began


class _Beside:
    """All of them at once."""

    def __init__(self, tasks: Sequence[Task], order: Any) -> None:
        self.task, self.order = tasks[0], order
        self.lanes = lanes_of(tasks)
        self.runs = training.start_lanes(self.lanes, recipe=self.task.recipe)
        self.context = training.context_of(self.task.train, recipe=self.task.recipe)

    def seconds(self) -> float:
        began = time.perf_counter()
        self.runs, _ = training.train_epoch_lanes(
            self.runs,
            self.lanes,
            self.task.train,
            jnp.int32(0),
            self.order,
            self.context,
            recipe=self.task.recipe,
        )
        jax.block_until_ready(self.runs)
        return time.perf_counter() - began
