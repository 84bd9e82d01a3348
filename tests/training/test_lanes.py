"""Lanes against single runs, on labels, seeds and numbers that differ."""

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
HPARAMS = [HParams(), HParams(learning_rate=3e-3), HParams(margin=0.4)]
SEEDS = (5, 6, 7)


@pytest.fixture
def train():
    rows = draws.normal(1, 22, 6), draws.normal(2, 22, 5)
    return Split(*rows, labels=None)


@pytest.fixture
def labels():
    return [draws.labels(seed, 22, 4, share=0.4) for seed in (3, 4, 5)]


def keys():
    return [jax.random.key(seed) for seed in SEEDS]


def starts():
    pairs = zip(HPARAMS, keys(), strict=True)
    return [training.start(hparams, key, recipe=RECIPE) for hparams, key in pairs]


def in_lanes(train, labels, *, epochs):
    lanes = training.Lanes(
        training.stack(HPARAMS), jnp.stack(labels), training.stack(keys())
    )
    runs, found = training.start_lanes(lanes, recipe=RECIPE), []
    for epoch in training.fit_lanes(runs, lanes, train, recipe=RECIPE, epochs=epochs):
        found.append(epoch.losses)
    return epoch.runs, found


def test_lanes_start_as_single_runs_to_the_bit(train, labels):
    lanes = training.Lanes(training.stack(HPARAMS), None, training.stack(keys()))
    runs = training.start_lanes(lanes, recipe=RECIPE)
    for lane, run in enumerate(starts()):
        pairs = zip(
            *map(jax.tree.leaves, (training.lane(runs, lane), run)), strict=True
        )
        assert all(np.array_equal(in_lane, alone) for in_lane, alone in pairs)


def single(train, labels, lane, *, epochs):
    rows, found = train._replace(labels=labels[lane]), []
    for epoch in training.fit(
        starts()[lane], HPARAMS[lane], rows, keys()[lane], recipe=RECIPE, epochs=epochs
    ):
        found.append(epoch.losses)
    return epoch.run, found


def test_each_lane_is_the_single_run(train, labels):
    """To rounding: vmap makes one product of many, which may sum in another order."""
    runs, losses = in_lanes(train, labels, epochs=3)
    for lane in range(3):
        run, expected = single(train, labels, lane, epochs=3)
        pairs = map(jax.tree.leaves, (training.lane(runs, lane), run))
        for in_lane, alone in zip(*pairs, strict=True):
            np.testing.assert_allclose(in_lane, alone, rtol=1e-5, atol=1e-6)
        for epoch in range(3):
            assert losses[epoch][lane] == pytest.approx(expected[epoch], rel=1e-5)


def test_lanes_differ(train, labels):
    _, losses = in_lanes(train, labels, epochs=1)
    assert len({lane["total"] for lane in losses[0]}) == 3


def test_a_lane_that_diverges_does_not_change_the_others(train, labels):
    _, expected = in_lanes(train, labels, epochs=2)
    damaged = [labels[0], labels[1].at[0, 0].set(jnp.nan), labels[2]]
    _, losses = in_lanes(train, damaged, epochs=2)
    assert np.isnan(losses[0][1]["total"])
    assert losses[1][::2] == expected[1][::2]


def test_lanes_compile_once(train, labels):
    training.train_epoch_lanes.clear_cache()
    in_lanes(train, labels, epochs=3)
    assert training.train_epoch_lanes._cache_size() == 1
