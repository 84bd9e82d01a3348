from contextlib import nullcontext
from functools import partial

import draws
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import training
from scbch_jax.config.scbch import HParams, Options
from scbch_jax.methods import Recipe, Sizes
from scbch_jax.types import Split

SIZES = Sizes(image_dim=6, text_dim=5, classes=4, samples=22, bits=8)
RECIPE = Recipe(
    "scbch", SIZES, Options(hidden=16, neighbors=3, warmup_epochs=1), batch_size=8
)


@pytest.fixture
def train():
    labels = draws.labels(3, 22, 4, share=0.4)
    return Split(draws.normal(1, 22, 6), draws.normal(2, 22, 5), labels)


LEAK = "Disallowed host-to-device transfer"


def epochs(train, first, last, run=None, hparams=HParams(), recipe=RECIPE):  # noqa: B008
    key = jax.random.key(1)
    run = training.start(hparams, key, recipe=recipe) if run is None else run
    log = None
    for epoch in range(first, last):
        run, log = training.train_epoch(
            run, hparams, train, key, jnp.int32(epoch), recipe=recipe
        )
    return run, log


def same(left, right):
    pairs = zip(jax.tree.leaves(left), jax.tree.leaves(right), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def test_every_batch_is_a_step_also_a_short_last_one(train):
    _, log = epochs(train, 0, 1)
    assert {name: values.shape for name, values in log.items()} == {
        name: (3,)
        for name in (
            "total",
            "classification",
            "attraction",
            "repulsion",
            "quantization",
        )
    }


def test_fewer_rows_than_a_batch(train):
    recipe = Recipe("scbch", SIZES, RECIPE.options, batch_size=64)
    _, log = epochs(train, 0, 1, recipe=recipe)
    assert log["total"].shape == (1,)


def test_the_loss_falls(train):
    hparams = HParams(learning_rate=3e-3)
    _, early = epochs(train, 0, 1, hparams=hparams)
    _, late = epochs(train, 0, 30, hparams=hparams)
    assert float(late["total"].mean()) < float(early["total"].mean()) - 0.3


def test_the_same_seed_gives_the_same_bits(train):
    assert same(epochs(train, 0, 3), epochs(train, 0, 3))


def test_resuming_gives_the_same_bits(train):
    half, _ = epochs(train, 0, 2)
    assert same(epochs(train, 2, 4, run=half), epochs(train, 0, 4))


def test_epochs_use_different_orders(train):
    """Without weights, only the batch order differs between epochs."""
    options = Options(hidden=16, neighbors=3, drop=("row-weights",))
    recipe = Recipe("scbch", SIZES, options, batch_size=8)
    first, _ = epochs(train, 0, 1, recipe=recipe)
    other, _ = epochs(train, 1, 2, recipe=recipe)
    assert not same(first.params, other.params)


@pytest.mark.parametrize("leak", ["none", "features", "hyperparameters"])
def test_nothing_is_transferred_within_an_epoch(train, leak):
    """What an epoch needs is on the device before it starts; a leak is noticed.

    On a CPU JAX guards only the direction to the device; that programs call nothing on
    the host is tested by their lowering.
    """
    on_device = jax.device_put((train, HParams(), jax.random.key(1), jnp.int32(0)))
    split, hparams, key, number = on_device
    if leak == "features":
        split = split._replace(image=np.asarray(split.image))
    if leak == "hyperparameters":
        hparams = HParams()
    run = training.start(HParams(), key, recipe=RECIPE)
    allowed = (
        nullcontext() if leak == "none" else pytest.raises(RuntimeError, match=LEAK)
    )
    with jax.transfer_guard("disallow"), allowed:
        _, log = training.train_epoch(run, hparams, split, key, number, recipe=RECIPE)
        jax.block_until_ready(log)
    if leak == "none":
        assert same(log, epochs(train, 0, 1)[1])


def test_other_hyperparameters_do_not_compile_again(train):
    training.train_epoch.clear_cache()
    for rate in (1e-4, 1e-3):
        for margin in (0.1, 0.2):
            hparams = HParams(learning_rate=rate, margin=margin)
            epochs(train, 0, 3, hparams=hparams)
    assert training.train_epoch._cache_size() == 1


def test_a_step_leaves_other_groups_alone(train, key):
    method = RECIPE.build(HParams())
    run = training.start(HParams(), key, recipe=RECIPE)
    step = method.passes[0][0]._replace(trains=("text",))
    batch = training.epoch.gather(train, jnp.arange(8))
    take = jax.jit(partial(training.gradient_step, step, method.optimizers))
    moved, _ = take(run, batch, key)
    assert same(moved.params["image"], run.params["image"])
    assert same(moved.opt["image"], run.opt["image"])
    assert not same(moved.params["text"], run.params["text"])


def test_a_step_is_skipped_where_its_condition_says(train, key):
    method = RECIPE.build(HParams())
    (step,) = method.passes[0]
    run = training.start(HParams(), key, recipe=RECIPE)
    batches = jnp.arange(16).reshape(2, 8)

    def one_pass(wanted):
        return training.epoch.run_batches(
            method,
            (step._replace(when=lambda state: state.epoch == wanted),),
            run,
            batches,
            key,
            get_batch=partial(training.epoch.gather, train),
        )

    (taken, log), (skipped, zeros) = map(jax.jit(one_pass), jnp.array([0, 1]))
    assert not same(taken.params, run.params)
    assert same(skipped, run)
    assert log.keys() == zeros.keys()
    assert all((values == 0).all() for values in zeros.values())


def test_a_skipped_step_leaves_what_was_logged_before(train, key):
    """Of two steps that log by the same names, the one that is taken counts."""
    method = RECIPE.build(HParams())
    (step,) = method.passes[0]
    run = training.start(HParams(), key, recipe=RECIPE)

    def one_batch(*conditions):
        steps = tuple(
            step._replace(when=lambda state, wanted=wanted: state.epoch == wanted)
            for wanted in conditions
        )
        gather = partial(training.epoch.gather, train)
        index = jnp.arange(8)[None]
        return training.epoch.run_batches(
            method, steps, run, index, key, get_batch=gather
        )[1]

    first, second, none = (one_batch(*pair) for pair in ((0, 1), (1, 0), (1, 2)))
    assert float(first["total"][0]) == float(second["total"][0]) != 0
    assert float(none["total"][0]) == 0


def test_what_a_forward_pass_measured_is_kept_beside_the_weights(train, key):
    method = RECIPE.build(HParams())._replace(
        after_step=lambda params, state: {**params, "seen": params["seen"] + 1}
    )
    run = training.start(HParams(), key, recipe=RECIPE)
    run = run._replace(params={**run.params, "seen": jnp.int32(0)})
    run, _ = training.epoch.run_batches(
        method,
        method.passes[0],
        run,
        jnp.arange(16).reshape(2, 8),
        key,
        get_batch=partial(training.epoch.gather, train),
    )
    assert run.params["seen"] == 2


@pytest.mark.slow
def test_a_short_batch_is_dropped_where_a_method_asks(train):
    from scbch_jax.config import ucch

    options = ucch.Options(hidden=16, negatives=9)
    recipe = Recipe("ucch", SIZES, options, batch_size=8)
    run, log = epochs(train, 0, 1, hparams=ucch.HParams(), recipe=recipe)
    assert log["total"].shape == (2,)
    start = training.start(ucch.HParams(), jax.random.key(1), recipe=recipe)
    moved = np.any(run.state.memory != start.state.memory, axis=1)
    assert moved.sum() == 16


@pytest.mark.slow
def test_every_step_of_a_batch_logs(train):
    """A graph over the rows is derived once and handed to every epoch."""
    from scbch_jax.config import dgcpn

    options = dgcpn.Options(hidden=16, neighbors=5, scale=10.0)
    recipe = Recipe("dgcpn", SIZES, options, batch_size=8)
    key = jax.random.key(1)
    run = training.start(dgcpn.HParams(), key, recipe=recipe)
    graph = training.context_of(train, recipe=recipe)
    assert graph.shape == (22, 22)
    _, log = training.train_epoch(
        run, dgcpn.HParams(), train, key, jnp.int32(0), context=graph, recipe=recipe
    )
    assert log.keys() >= {"total", "pair", "binary_text", "binary_image"}
    assert all(values.shape == (3,) for values in log.values())
