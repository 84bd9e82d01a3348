"""An epoch whose rows come from the host: the next are fetched while others train."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Key

from scbch_jax import sharding
from scbch_jax.arrays import Batch, Coded, Metrics
from scbch_jax.methods import Recipe
from scbch_jax.retrieval import PairedCodes
from scbch_jax.training.batches import batch_order
from scbch_jax.training.encoding import (
    BLOCK,
    encode_split,
    relax_split,
    zeros_like_output,
)
from scbch_jax.training.epoch import RunState, begin, pass_keys, run_batches
from scbch_jax.types import Split

SLAB = 16
"""Batches that go to the device at once."""

AHEAD = 2
"""Slabs that are fetched, or wait on the device, while one is trained."""

T = TypeVar("T")


def stream_epoch(
    run: RunState,
    hparams: Any,
    train: Split,
    key: Key[Array, ""],
    epoch: Int[Array, ""],
    *,
    recipe: Recipe,
) -> tuple[RunState, Metrics]:
    """What `train_epoch` does, with a training set that need not fit the device.

    On the device are the run, all labels and relaxed codes, and a few slabs of rows.

    Args:
        run: the state after the epochs before; its memory is taken over.
        hparams: the method's numbers.
        train: training set in the host's memory, or mapped from its disk.
        key: the run's root key.
        epoch: number of the epoch, from 0.
        recipe: what to compile.

    Returns:
        The state after the epoch, and each logged value of the last pass: [batches].
    """
    method, log = recipe.build(hparams), {}
    looked = _coded(run, hparams, train, epoch, recipe)
    run, orders = _open(run, hparams, looked, key, epoch, recipe=recipe)
    step = partial(_train_slab, recipe=recipe)
    for number, order in enumerate(orders):
        logs = []
        index = slabs(
            np.asarray(order), recipe.batch_size, rest=not method.drop_remainder
        )
        for first, batches in _ahead(partial(_batches, train, *slab) for slab in index):
            run, log = step(run, hparams, batches, key, epoch, first, number=number)
            logs.append(log)
            # Python is ahead of the device; without this all slabs would wait there.
            jax.block_until_ready(logs[-AHEAD:][0])
        log = jax.tree.map(lambda *parts: jnp.concatenate(parts), *logs)
    return run, log


def encode_streamed(
    params: Any, hparams: Any, split: Split, *, recipe: Recipe
) -> PairedCodes:
    """What `encode_split` does, with rows that need not fit the device; to the host."""

    def encode(rows: Split) -> PairedCodes:
        return sharding.to_host(encode_split(params, hparams, rows, recipe=recipe))

    return _of_blocks(encode, split)


def slabs(
    order: Int[np.ndarray, " samples"], batch_size: int, *, rest: bool
) -> Iterator[tuple[int, Int[np.ndarray, "batches rows"]]]:
    """An order cut into slabs of batches, each with the number of its first batch.

    Args:
        order: positions of samples.
        batch_size: rows of a batch.
        rest: whether the last, shorter batch is used; it is a slab of its own.
    """
    full = len(order) // batch_size
    index = order[: full * batch_size].reshape(full, batch_size)
    for first in range(0, full, SLAB):
        yield first, index[first : first + SLAB]
    if rest and len(order) % batch_size:
        yield full, order[None, full * batch_size :]


@partial(jax.jit, static_argnames="recipe", donate_argnames="run")
def _open(
    run: RunState,
    hparams: Any,
    looked: Coded,
    key: Key[Array, ""],
    epoch: Int[Array, ""],
    *,
    recipe: Recipe,
) -> tuple[RunState, list[Int[Array, " samples"]]]:
    """The method's update, and the order of each pass."""
    method = recipe.build(hparams)
    run = begin(method, run, looked, key, epoch)
    keys = [pass_keys(method, key, epoch, i)[0] for i in range(len(method.passes))]
    return run, [batch_order(k, samples=len(looked.labels)) for k in keys]


@partial(jax.jit, static_argnames=("recipe", "number"), donate_argnames="run")
def _train_slab(
    run: RunState,
    hparams: Any,
    batches: Batch,
    key: Key[Array, ""],
    epoch: Int[Array, ""],
    first: Int[Array, ""],
    *,
    number: int,
    recipe: Recipe,
) -> tuple[RunState, Metrics]:
    """Some batches of one pass."""
    method = recipe.build(hparams)
    _, step_key = pass_keys(method, key, epoch, number)
    steps = method.passes[number]
    fetch = sharding.shard_batch
    return run_batches(method, steps, run, batches, step_key, first=first, fetch=fetch)


def _batches(train: Split, first: int, index: Any) -> tuple[Any, Batch]:
    """Rows of a slab, on the device: [batches, rows, ...]."""
    rows = train.image[index], train.text[index], train.labels[index]
    return np.int32(first), sharding.replicate_to_devices(
        Batch(*rows, index.astype(np.int32))
    )


def _coded(
    run: RunState, hparams: Any, train: Split, epoch: Any, recipe: Recipe
) -> Coded:
    """The training set as the update looks at it; zeros where it does not."""

    def relax(rows: Split) -> Any:
        return sharding.to_host(relax_split(run.params, hparams, rows, recipe=recipe))

    looks = recipe.build(hparams).looks
    if looks is not None and bool(looks(epoch)):
        image, text = _of_blocks(relax, train)
    else:
        few = Split(*(np.asarray(part[:1]) for part in train))
        image, text = (
            jnp.zeros((len(train.labels), x.shape[1]), x.dtype)
            for x in zeros_like_output(
                lambda: relax_split(run.params, hparams, few, recipe=recipe)
            )
        )
    return Coded(image, text, sharding.replicate_to_devices(np.asarray(train.labels)))


def _of_blocks(function: Callable[[Split], Any], rows: Split) -> Any:
    """A function of all rows, a block after the other, put together on the host."""

    def fetch(start: int) -> Split:
        part = (np.asarray(x[start : start + BLOCK]) for x in rows)
        return sharding.replicate_to_devices(Split(*part))

    starts = range(0, len(rows.labels), BLOCK)
    parts = [function(x) for x in _ahead(partial(fetch, start) for start in starts)]
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)


def _ahead(jobs: Iterable[Callable[[], T]]) -> Iterator[T]:
    """Results of jobs, in order; the next ones run in a thread meanwhile."""
    waiting = deque()
    with ThreadPoolExecutor(1) as pool:
        for job in jobs:
            waiting.append(pool.submit(job))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
