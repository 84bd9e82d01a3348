"""One epoch as one compiled program."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Int, Key

from scbch_jax import sharding
from scbch_jax.arrays import Batch, Metrics, Params, TrainingCodes
from scbch_jax.methods import Method, Recipe, Step
from scbch_jax.training.batches import gather
from scbch_jax.training.encoding import training_codes, zeros_like_output
from scbch_jax.training.kept_rows import on_kept_rows
from scbch_jax.types import Split


class RunState(NamedTuple):
    """Everything that training changes; with the root key, enough to resume."""

    params: Params
    opt: dict[str, Any]
    """Optimizer state of each parameter group."""
    state: Any
    """The method's own state, such as the confidence of each row."""


@partial(jax.jit, static_argnames="recipe")
def start(hparams: Any, key: Key[Array, ""], *, recipe: Recipe) -> RunState:
    """Initializes the state before the first epoch.

    Args:
        hparams: the method's hyperparameters.
        key: the run's root key.
        recipe: what to compile.
    """
    method = recipe.build(hparams)
    params, state = method.init(_purpose(key, "init"))
    opt = {group: o.init(params[group]) for group, o in method.optimizers.items()}
    return RunState(params, opt, state)


def shard_state(run: RunState) -> RunState:
    """Places a state on the devices of the current mesh.

    Weights and optimizer state are sharded along "model", all else is replicated.
    """
    params, opt = sharding.shard_params((run.params, run.opt))
    return RunState(params, opt, sharding.replicate_to_devices(run.state))


@partial(jax.jit, static_argnames="recipe")
def context_of(train: Split, *, recipe: Recipe) -> Any:
    """Computes the constant arrays that a method derives from its training set."""
    return recipe.context(train)


@partial(jax.jit, static_argnames="recipe", donate_argnames="run")
def train_epoch(
    run: RunState,
    hparams: Any,
    train: Split,
    key: Key[Array, ""],
    epoch: Int[Array, ""],
    order: Int[Array, " samples"] | None = None,
    context: Any = None,
    *,
    recipe: Recipe,
) -> tuple[RunState, Metrics]:
    """Trains one epoch: updates the method's state, then takes a step on every batch.

    Pure, and compiled once for each recipe; the buffers of `run` are donated.

    Args:
        run: the state after the epochs before.
        hparams: the method's hyperparameters.
        train: training set with the labels to learn from.
        key: the run's root key; every epoch derives its own from it.
        epoch: number of the epoch, from 0.
        order: a permutation of the samples to use; drawn from the key if omitted.
        context: the result of `context_of`.
        recipe: what to compile.

    Returns:
        The state after the epoch, and every logged value of the last pass, an array
        [batches] each.
    """
    method = recipe.build(hparams, context)
    codes = training_codes(method, run.params, train, epoch)
    run = begin(method, run, codes, key, epoch)
    logs = []
    for number, steps in enumerate(method.passes):
        order_key, step_key = pass_keys(method, key, epoch, number)
        rows = order
        if rows is None:
            rows = jax.random.permutation(order_key, len(train.labels))
        run, log = _one_pass(
            method, steps, run, train, rows, step_key, recipe.batch_size
        )
        logs.append(log)
    return run, logs[-1]


def begin(
    method: Method,
    run: RunState,
    codes: TrainingCodes,
    key: Key[Array, ""],
    epoch: Int[Array, ""],
) -> RunState:
    """Applies the method's own update, which precedes the batches of an epoch."""
    update_key, *_ = _epoch_keys(method, key, epoch)
    state = method.epoch_update(run.params, run.state, codes, epoch, update_key)
    return run._replace(state=sharding.replicate(state))


def pass_keys(
    method: Method, key: Key[Array, ""], epoch: Int[Array, ""], number: int
) -> tuple[Key[Array, ""], Key[Array, ""]]:
    """Keys of the batch order and of the steps, for one pass over the training set."""
    _, *keys = _epoch_keys(method, key, epoch)
    order_key, step_key = jax.random.split(keys[number])
    return order_key, step_key


def run_batches(
    method: Method,
    steps: tuple[Step, ...],
    run: RunState,
    batches: Any,
    key: Key[Array, ""],
    *,
    first: Any = 0,
    get_batch: Callable[[Any], Batch],
) -> tuple[RunState, Metrics]:
    """Scans over batches and takes all steps of a pass on each.

    Args:
        method: the method to train.
        steps: optimizer steps on every batch.
        run: the state before the first of these batches.
        batches: stacked inputs of `get_batch`.
        key: key of the pass; each step folds its number into it.
        first: number of the first batch in its pass.
        get_batch: turns one entry of `batches` into a batch.

    Returns:
        The state after the last batch, and each logged value: [batches].
    """

    def on_batch(run: RunState, item: Any) -> tuple[RunState, Metrics]:
        number, entry = item
        batch, metrics = get_batch(entry), {}
        for i, step in enumerate(steps):
            step_key = jax.random.fold_in(key, number * len(steps) + i)
            run, metrics = _step_if_wanted(method, step, run, batch, step_key, metrics)
        return run, metrics

    numbers = first + jnp.arange(len(jax.tree.leaves(batches)[0]))
    return jax.lax.scan(on_batch, run, (numbers, batches))


def gradient_step(
    step: Step,
    optimizers: Mapping[str, optax.GradientTransformation],
    run: RunState,
    batch: Batch,
    key: Key[Array, ""],
) -> tuple[RunState, Metrics]:
    """Updates the parameter groups that `step` trains; the others stay the same."""
    trained = {group: run.params[group] for group in step.trains}

    def gradient(batch: Batch) -> Any:
        def objective(trained: Params) -> Any:
            return step.loss({**run.params, **trained}, run.state, batch, key)

        return jax.grad(objective, has_aux=True)(trained)

    if step.keeps is None:
        grads, (state, metrics) = gradient(batch)
    else:
        kept = step.keeps(run.state, batch)
        grads, (state, metrics) = on_kept_rows(gradient, kept, batch)
    params, opt = dict(run.params), dict(run.opt)
    for group in step.trains:
        optimizer = optax.with_extra_args_support(optimizers[group])
        updates, opt[group] = optimizer.update(
            grads[group], opt[group], params[group], method_state=state
        )
        params[group] = optax.apply_updates(params[group], updates)
    return RunState(params, opt, state), metrics


def _step_if_wanted(
    method: Method,
    step: Step,
    run: RunState,
    batch: Batch,
    key: Key[Array, ""],
    metrics: Metrics,
) -> tuple[RunState, Metrics]:
    """Takes a step of a method, unless the step's condition says to skip it.

    Adds what the step logs to `metrics`.
    """

    def take(run: RunState) -> tuple[RunState, Metrics]:
        run, log = gradient_step(step, method.optimizers, run, batch, key)
        if method.after_step is not None:
            run = run._replace(params=method.after_step(run.params, run.state))
        return run, {**metrics, **log}

    if step.when is None:
        return take(run)
    zeros = zeros_like_output(lambda: take(run)[1])
    skipped = {**zeros, **metrics}
    return jax.lax.cond(step.when(run.state), take, lambda run: (run, skipped), run)


def _one_pass(
    method: Method,
    steps: tuple[Step, ...],
    run: RunState,
    train: Split,
    order: Int[Array, " samples"],
    key: Key[Array, ""],
    batch_size: int,
) -> tuple[RunState, Metrics]:
    """Runs all batches; a shorter last one is compiled separately, or dropped."""
    full, rest = divmod(len(order), batch_size)
    get_batch = partial(gather, train)
    index = order[: full * batch_size].reshape(full, batch_size)
    run, log = run_batches(method, steps, run, index, key, get_batch=get_batch)
    if rest and not method.drop_remainder:
        index = order[None, full * batch_size :]
        run, last = run_batches(
            method, steps, run, index, key, first=full, get_batch=get_batch
        )
        log = jax.tree.map(lambda *parts: jnp.concatenate(parts), log, last)
    return run, log


def _epoch_keys(method: Method, key: Key[Array, ""], epoch: Int[Array, ""]) -> Any:
    """Keys of the method's update and of each pass."""
    key = jax.random.fold_in(_purpose(key, "epochs"), epoch)
    return jax.random.split(key, 1 + len(method.passes))


_PURPOSES = ("init", "epochs")


def _purpose(key: Key[Array, ""], purpose: str) -> Key[Array, ""]:
    return jax.random.fold_in(key, _PURPOSES.index(purpose))
