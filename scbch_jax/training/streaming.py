"""An epoch over a training set in host memory, with prefetched chunks of batches."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Key

from scbch_jax import allocation, sharding
from scbch_jax.arrays import Batch, Metrics, TrainingCodes
from scbch_jax.methods import Recipe
from scbch_jax.retrieval import PairedCodes
from scbch_jax.training.encoding import (
    BLOCK,
    encode_split,
    relaxed_split_codes,
)
from scbch_jax.training.epoch import RunState, begin, pass_keys, run_batches
from scbch_jax.types import Split

CHUNK = 16
"""Batches transferred to the device together."""

PREFETCH = 2
"""Chunks that are read ahead while another is trained."""

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
    """Computes `train_epoch` for a training set that need not fit on the device.

    The device holds the run's state, all labels and relaxed codes, and a few chunks of
    rows.

    Args:
        run: the state after the epochs before; its buffers are donated.
        hparams: the method's hyperparameters.
        train: training set in host memory, or memory-mapped from disk.
        key: the run's root key.
        epoch: number of the epoch, from 0.
        recipe: what to compile.

    Returns:
        The state after the epoch, and each logged value of the last pass: [batches].
    """
    method, log = recipe.build(hparams), {}
    # What reads the data, draws the noise or scores leaves much memory behind, and so
    # do the update before the batches and the compiler, for the first and last of them.
    allocation.return_freed()
    run, orders = _begin_epoch(
        run,
        hparams,
        # Not kept: relaxed codes are as large as a part of the features.
        _coded(run, hparams, train, epoch, recipe),
        key,
        epoch,
        recipe=recipe,
    )
    allocation.return_freed()
    step = partial(_train_chunk, recipe=recipe)
    for number, order in enumerate(orders):
        logs = []
        index = chunks(
            np.asarray(order), recipe.batch_size, rest=not method.drop_remainder
        )
        jobs = (partial(_batches, train, *chunk) for chunk in index)
        for first, batches in prefetch(jobs):
            run, log = step(run, hparams, batches, key, epoch, first, number=number)
            logs.append(log)
            # Dispatch is asynchronous: without waiting, all chunks would pile up.
            jax.block_until_ready(logs[-PREFETCH:][0])
            if len(logs) == 1:
                allocation.return_freed()
        log = jax.tree.map(lambda *parts: jnp.concatenate(parts), *logs)
    allocation.return_freed()
    return run, log


def encode_streamed(
    params: Any, hparams: Any, split: Split, *, recipe: Recipe
) -> PairedCodes:
    """Computes `encode_split` for rows that need not fit on the device.

    The codes are returned in host memory.
    """

    def encode(rows: Split) -> tuple[Any, Any]:
        coded = encode_split(params, hparams, rows, recipe=recipe)
        return sharding.to_host((coded.image, coded.text))

    codes = _of_blocks(encode, split)
    allocation.return_freed()
    return PairedCodes(*codes, labels=np.asarray(split.labels))


def streamed_relaxed_codes(
    params: Any, hparams: Any, split: Split, *, recipe: Recipe
) -> Any:
    """Computes `relaxed_split_codes` as `encode_streamed` does the packed codes."""

    def codes_of(rows: Split) -> Any:
        return sharding.to_host(
            relaxed_split_codes(params, hparams, rows, recipe=recipe)
        )

    return _of_blocks(codes_of, split)


def chunks(
    order: Int[np.ndarray, " samples"], batch_size: int, *, rest: bool
) -> Iterator[tuple[int, Int[np.ndarray, "batches rows"]]]:
    """Splits an order into chunks of batches: (number of the first batch, rows).

    Args:
        order: a permutation of the samples.
        batch_size: rows of a batch.
        rest: include the last, shorter batch, as a chunk of its own.
    """
    full = len(order) // batch_size
    index = order[: full * batch_size].reshape(full, batch_size)
    for first in range(0, full, CHUNK):
        yield first, index[first : first + CHUNK]
    if rest and len(order) % batch_size:
        yield full, order[None, full * batch_size :]


@partial(jax.jit, static_argnames="recipe", donate_argnames="run")
def _begin_epoch(
    run: RunState,
    hparams: Any,
    codes: TrainingCodes,
    key: Key[Array, ""],
    epoch: Int[Array, ""],
    *,
    recipe: Recipe,
) -> tuple[RunState, list[Int[Array, " samples"]]]:
    """Applies the method's update and draws the batch order of each pass."""
    method = recipe.build(hparams)
    run = begin(method, run, codes, key, epoch)
    keys = [pass_keys(method, key, epoch, i)[0] for i in range(len(method.passes))]
    return run, [jax.random.permutation(k, len(codes.labels)) for k in keys]


@partial(jax.jit, static_argnames=("recipe", "number"), donate_argnames="run")
def _train_chunk(
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
    """Trains on one chunk of batches of a pass."""
    method = recipe.build(hparams)
    _, step_key = pass_keys(method, key, epoch, number)
    steps = method.passes[number]
    shard = sharding.shard_batch
    return run_batches(
        method, steps, run, batches, step_key, first=first, get_batch=shard
    )


def _batches(train: Split, first: int, index: Any) -> tuple[Any, Batch]:
    """Transfers the rows of a chunk to the device: [batches, rows, ...]."""
    rows = train.image[index], train.text[index], train.labels[index]
    return np.int32(first), sharding.replicate_to_devices(
        Batch(*rows, index.astype(np.int32))
    )


def _coded(
    run: RunState, hparams: Any, train: Split, epoch: Any, recipe: Recipe
) -> TrainingCodes:
    """Relaxed codes of the training set; zeros if the epoch's update needs no codes."""

    def codes(rows: Split) -> tuple[Any, Any]:
        return relaxed_split_codes(run.params, hparams, rows, recipe=recipe)

    few = Split(*(np.asarray(part[:1]) for part in train))
    one = jax.eval_shape(codes, few)
    found = _zeros(tuple((len(train.labels), x.shape[1], x.dtype) for x in one))
    needs_codes = recipe.build(hparams).needs_codes
    if needs_codes is not None and bool(needs_codes(epoch)):
        for start, rows in _blocks(train):
            found = _place(found, codes(rows), jnp.int32(start))
            jax.block_until_ready(found)
    labels = sharding.replicate_to_devices(np.asarray(train.labels))
    image, text = found
    return TrainingCodes(image, text, labels)


@partial(jax.jit, static_argnames="shapes")
def _zeros(shapes: tuple[tuple[int, int, Any], ...]) -> tuple[Array, ...]:
    """Arrays of zeros on every device: rows, columns and dtype of each."""
    return sharding.replicate(tuple(jnp.zeros(x[:2], x[2]) for x in shapes))


@partial(jax.jit, donate_argnames="whole")
def _place(
    whole: tuple[Array, ...], part: tuple[Array, ...], start: Int[Array, ""]
) -> tuple[Array, ...]:
    """Overwrites rows from `start` on, in place."""
    return sharding.replicate(
        jax.tree.map(
            lambda x, y: jax.lax.dynamic_update_slice_in_dim(x, y, start, axis=0),
            whole,
            part,
        )
    )


def _of_blocks(function: Callable[[Split], Any], rows: Split) -> Any:
    """Applies a function to blocks of rows and concatenates its results on the host."""
    parts = [function(block) for _, block in _blocks(rows)]
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)


def _blocks(rows: Split) -> Iterator[tuple[int, Split]]:
    """Blocks of rows on the device, each with the number of its first row."""

    def read(start: int) -> tuple[int, Split]:
        part = (np.asarray(x[start : start + BLOCK]) for x in rows)
        return start, sharding.replicate_to_devices(Split(*part))

    starts = range(0, len(rows.labels), BLOCK)
    return prefetch(partial(read, start) for start in starts)


def prefetch(jobs: Iterable[Callable[[], T]]) -> Iterator[T]:
    """Yields the results of jobs in order; a thread runs the next ones meanwhile."""
    waiting = deque()
    with ThreadPoolExecutor(1) as pool:
        for job in jobs:
            waiting.append(pool.submit(job))
            if len(waiting) > PREFETCH:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
