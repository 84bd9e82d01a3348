"""Every method as lanes, from the host, at noise rates, and with wrong settings."""

import re
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import ROOT
from small_methods import OPTIONS, SIZES, recipe_of, training_set

from scbch_jax import runs, training
from scbch_jax.config import (
    Data,
    Noise,
    Planted,
    Training,
)
from scbch_jax.config.experiment import METHOD_OPTIONS, defaults_of
from scbch_jax.errors import InputError
from scbch_jax.methods import METHODS
from scbch_jax.training import streaming

UNSUPERVISED = ("ucch", "dgcpn", "djsrh", "cirh", "pip_like")
NORMALIZED = ("cirh", "cpah", "dhrl", "pip_like")
"""Where a normalization undoes a bias, which has no gradient but rounding. Adam makes
steps of the usual size of it, so these methods are compared by their losses."""


@pytest.fixture(scope="module")
def train():
    return training_set()


def trained(hparams, train, key, recipe):
    """Losses of two epochs, and the state after them."""
    run = training.start(hparams, key, recipe=recipe)
    fit = training.fit(run, hparams, train, key, recipe=recipe, epochs=2)
    epochs = [(epoch.losses, epoch.run) for epoch in fit]
    return [losses for losses, _ in epochs], epochs[-1][1]


def check_same(found, single, name):
    """Equal but for the order of sums, which another program may change."""
    for epoch, wanted in zip(found[0], single[0], strict=True):
        assert epoch == pytest.approx(wanted, rel=1e-4, abs=1e-6)
    pairs = zip(*map(jax.tree.leaves, (found[1], single[1])), strict=True)
    for one, other in pairs if name not in NORMALIZED else ():
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("name", METHOD_OPTIONS)
def test_lanes_and_streams_train_as_single_runs(train, name, monkeypatch):
    """The second of two lanes, which differ in labels and seeds."""
    monkeypatch.setattr(streaming, "CHUNK", 4)
    recipe, hparams = recipe_of(name), defaults_of(name).hparams
    recipe.check()
    keys = [jax.random.key(seed) for seed in (0, 1)]
    rows, key = jax.device_put(train), keys[1]
    single = trained(hparams, rows, key, recipe)
    labels = jnp.stack([rows.labels[::-1], rows.labels])
    lanes = training.Lanes(training.stack([hparams] * 2), labels, training.stack(keys))
    states = training.start_lanes(lanes, recipe=recipe)
    rows = rows._replace(labels=None)
    # Where a step has a condition, vmap selects between a key and itself, which the
    # check of keys takes for two uses of it.
    with jax.debug_key_reuse(name != "mian"):
        fit = training.fit_lanes(states, lanes, rows, recipe=recipe, epochs=2)
        epochs = [(epoch.losses[1], epoch.runs) for epoch in fit]
    state = training.lane(epochs[-1][1], 1)
    check_same(([losses for losses, _ in epochs], state), single, name)
    if METHODS[name].context is None:
        recipe.check(streamed=True)
        run, losses = training.start(hparams, key, recipe=recipe), []
        for epoch in map(jnp.int32, range(2)):
            run, log = training.stream_epoch(
                run, hparams, train, key, epoch, recipe=recipe
            )
            losses.append({k: float(np.mean(x)) for k, x in log.items()})
        check_same((losses, run), single, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", UNSUPERVISED)
def test_label_noise_does_not_change_unsupervised_methods(name):
    """Losses and MAP are equal to the last digit at all noise rates of the paper."""
    tiny = Planted(64, queries=10, database=80, classes=4, image_dim=6, words=5)
    clean = replace(
        defaults_of(name),
        data=Data(planted=tiny),
        noise=Noise("none"),
        bits=8,
        options=OPTIONS[name],
        training=Training(epochs=1, batch_size=8),
    )
    noisy = [replace(clean, noise=Noise("swap", rate=rate)) for rate in (0.2, 0.5, 0.8)]
    first, *others = (
        [result._replace(seconds=None) for result in runs.train(one)]
        for one in (clean, *noisy)
    )
    assert all(found == first for found in others)


def test_the_table_of_methods_says_which_use_no_labels():
    rows = re.findall(r"\| `(\w+)` \| not used", (ROOT / "docs/methods.md").read_text())
    assert sorted(rows) == sorted(UNSUPERVISED)


@pytest.mark.parametrize("name", [k for k, x in METHODS.items() if x.context])
def test_a_method_that_compares_all_rows_cannot_stream(name):
    wanted = f"training.features: got stream, wanted device: {name} compares"
    with pytest.raises(InputError, match=wanted):
        recipe_of(name).check(streamed=True)


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("scbch", {"neighbors": 64}, "neighbors: got 64, wanted fewer than the 64"),
        ("dgcpn", {"neighbors": 65}, "neighbors: got 65, wanted at most the 64"),
        ("robust", {"sizes": SIZES._replace(samples=1)}, "folds: got 2, wanted at mos"),
        ("ucch", {"batch_size": 65}, "batch_size: got 65, wanted at most the 64"),
        ("mian", {"batch_size": 65}, "batch_size: got 65, wanted at most the 64"),
        ("djsrh", {"batch_size": 65}, "batch_size: got 65, wanted at most the 64"),
        ("pip_like", {"batch_size": 65}, "batch_size: got 65, wanted at most the 64"),
        ("ltcmh_like", {"batch_size": 65}, "batch_size: got 65, wanted at most the 6"),
        ("dhrl", {"batch_size": 63}, "batch_size: got 63, .* not leave one of the 64"),
        ("cpah", {"batch_size": 63}, "batch_size: got 63, .* not leave one of the 64"),
        ("cirh", {"batch_size": 61}, "batch_size: got 61, .* leaves 4 or more of 64"),
        ("cmmq", {"sizes": SIZES._replace(bits=24)}, "bits: got 24, wanted a power"),
    ],
)
def test_settings_that_do_not_fit_the_data_are_one_line(name, settings, message):
    with pytest.raises(InputError, match=message) as caught:
        recipe_of(name, **settings).check()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", METHOD_OPTIONS)
def test_every_number_has_bounds(name):
    """Of all options and hyperparameters: none of them may be a million below 0."""
    given = defaults_of(name)
    for part, fields in (
        ("options", vars(given.options)),
        ("hparams", given.hparams._asdict()),
    ):
        numbers = [k for k, x in fields.items() if type(x) in (int, float)]
        for field in numbers:
            kind = type(getattr(given, part))
            with pytest.raises(InputError, match=f"^{part}.{field}: got -1000000"):
                replace(given, **{part: kind(**{**fields, field: -1000000})})
