import draws
import hand_checked
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import losses, training
from scbch_jax.config.mian import HParams, Options
from scbch_jax.methods import Recipe, Sizes, mian, mian_terms, stages
from scbch_jax.networks.modality_invariant import (
    ImageOutputs,
    LabelOutputs,
    TextOutputs,
)
from scbch_jax.types import Split

SIZES = Sizes(image_dim=6, text_dim=5, classes=4, samples=22, bits=8)
OPTIONS = Options(
    hidden=16,
    embedding=7,
    text="plain",
    outer_epochs=1,
    label_passes=2,
    network_passes=3,
)
RECIPE = Recipe("mian", SIZES, OPTIONS, batch_size=8)
PASSES = 13
"""Of one outer epoch: 2 + 1, 3 + 1 + 1, 3 + 1 + 1; too few for an early stop."""


@pytest.fixture(scope="module")
def train():
    rows = draws.normal(1, 22, 6), draws.normal(2, 22, 5)
    return Split(*rows, draws.labels(3, 22, 4, share=0.4))


@pytest.fixture(scope="module")
def epochs(train):
    """The state before each of 15 epochs and after the last, and what they logged."""
    key, found, logs = jax.random.key(1), [], []
    run = training.start(HParams(), key, recipe=RECIPE)
    for epoch in range(PASSES + 2):
        found.append(jax.device_get(run))
        run, log = training.train_epoch(
            run, HParams(), train, key, jnp.int32(epoch), recipe=RECIPE
        )
        logs.append(jax.device_get(log))
    return [*found, jax.device_get(run)], logs


def same(left, right):
    pairs = zip(jax.tree.leaves(left), jax.tree.leaves(right), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def hand_checked_inputs(outputs, features):
    codes, (label, image), labels = hand_checked.asymmetric()
    place = 8 * np.arange(4)[:, None] + np.arange(8)
    shared = losses.shared_label_matrix(labels, hand_checked.LABELS)
    return mian.TermInputs(
        outputs=outputs,
        image_codes=codes,
        text_codes=codes,
        compared=(label, image),
        shared=mian_terms.SHARED * shared,
        binary=jnp.asarray(np.sign(np.tanh(np.cos(1 + place))), jnp.float32),
        labels=hand_checked.LABELS,
        text_features=features,
    )


def probabilities():
    place = 1 + 5 * np.arange(4)[:, None] + np.arange(5)
    return jax.nn.sigmoid(jnp.asarray(1.5 * np.sin(place), jnp.float32))


def test_hand_checked_losses_of_each_network():
    codes, _, _ = hand_checked.asymmetric()
    place = jnp.asarray(1 + 8 * np.arange(4)[:, None] + np.arange(8), jnp.float32)
    sine, cosine = jnp.sin(place), jnp.cos(place)
    outputs = {
        "label": LabelOutputs(codes),
        "text": TextOutputs(codes, probabilities(), sine),
        "image": ImageOutputs(codes, probabilities(), cosine, sine, 0.5 * cosine),
    }
    pairs, distance, error = 10.772202 + 12.036279, 45.218148, 6.626137
    wanted = {
        "label": pairs + 100 * distance,
        "text": 67.640709,
        "image": pairs + 0.01 * (distance + error) + 50 * 24.112246,
    }
    for name, value in wanted.items():
        inputs = hand_checked_inputs(outputs[name], jnp.maximum(sine, 0))
        objective = losses.weighted_sum(mian.terms(HParams(), Options(), name))
        total, values = objective(inputs)
        np.testing.assert_allclose(total, value, rtol=4e-7)
        np.testing.assert_allclose(values["quantization"], distance, rtol=4e-7)
    likelihood = mian.terms(HParams(), Options(pair_loss="likelihood"), "label")
    value = likelihood["pairs"][1](inputs)
    np.testing.assert_allclose(value, 15.846717 + 16.743955, rtol=4e-7)


def test_one_network_learns_in_a_pass(epochs):
    runs, _ = epochs
    order = ["label"] * 3 + ["text"] * 5 + ["image"] * 5
    for epoch, name in enumerate(order):
        before, after = runs[epoch : epoch + 2]
        tables = [run.state.tables.codes for run in (before, after)]
        for other in stages.NETWORKS:
            moved = other == name
            assert same(before.params[other], after.params[other]) != moved
            assert same(before.opt[other], after.opt[other]) != moved
            assert same(*(codes[other] for codes in tables)) != moved
        features = [run.state.tables.text_features for run in (before, after)]
        assert same(*features) == (name != "text")


def test_after_the_last_outer_epoch_nothing_changes(epochs):
    runs, logs = epochs
    assert runs[PASSES + 1].state.progress.outer == 1
    for run in runs[PASSES + 1 :]:
        assert same((run.params, run.opt), (runs[PASSES].params, runs[PASSES].opt))
        assert same(run.state.tables.codes, runs[PASSES].state.tables.codes)
    assert not logs[PASSES]["total"].any()


def test_a_pass_sums_the_losses_that_it_logs(epochs):
    """Also of a network that is not the last step of a batch."""
    runs, logs = epochs
    for run, log in zip(runs[1:], logs, strict=True):
        assert log["total"].shape == (2,), "a third, shorter batch is dropped"
        np.testing.assert_allclose(run.state.loss, log["total"].sum(), rtol=1e-6)
    assert all(log["total"].all() for log in logs[:PASSES])
    assert logs[0]["quantization"].all()
    assert not logs[0]["prediction"].any()
    assert logs[12]["prediction"].all()


def test_binary_codes_are_computed_before_each_pass(epochs, train):
    runs, _ = epochs
    for before, after in zip(runs, runs[1:], strict=False):
        codes = before.state.tables.codes
        mixed = 0.01 * codes["image"] + 0.99 * codes["text"] + 100 * codes["label"]
        np.testing.assert_array_equal(after.state.tables.binary, np.sign(mixed))
        np.testing.assert_array_equal(after.state.tables.labels, train.labels)


def test_a_step_compares_with_its_own_codes_too(train, key):
    """The rows of a batch are written before the loss is computed."""
    method = RECIPE.build(HParams())
    run = training.start(HParams(), key, recipe=RECIPE)
    tables = run.state.tables._replace(labels=train.labels)
    index = jnp.array([4, 1])
    batch = training.gather(train, index)
    outputs = method.encode_text(run.params, batch.text)
    text = method.passes[0][1]
    state = run.state._replace(tables=tables)
    total, (after, values) = text.loss(run.params, state, batch, key)
    written = np.array(tables.codes["text"])
    written[[4, 1]] = outputs
    np.testing.assert_allclose(after.tables.codes["text"], written, atol=1e-6)
    shared = 0.999 * losses.shared_label_matrix(train.labels, batch.labels)
    wanted = sum(
        losses.asymmetric_squared_loss(outputs, table, shared)
        for table in (tables.codes["label"], jnp.asarray(written))
    )
    np.testing.assert_allclose(values["pairs"], wanted, rtol=1e-5)
    assert float(after.loss) == float(total)


def test_adam_steps_have_the_size_of_the_stage(train, key):
    method = RECIPE.build(HParams())
    run = training.start(HParams(), key, recipe=RECIPE)
    batch = training.gather(train, jnp.arange(8))
    (label, *_) = method.passes[0]
    for outer, stage, size in ((0, 0, 1e-2), (0, 1, 10**-2.5), (4, 1, 10**-4.5)):
        progress = run.state.progress._replace(
            outer=jnp.int32(outer), stage=jnp.int32(stage)
        )
        begun = run._replace(state=run.state._replace(progress=progress))
        moved, _ = training.gradient_step(label, method.optimizers, begun, batch, key)
        change = np.abs(
            moved.params["label"]["hash"]["kernel"]
            - run.params["label"]["hash"]["kernel"]
        )
        np.testing.assert_allclose(change.max(), size, rtol=1e-3)


def test_image_codes_are_random_if_asked(train, key):
    run = training.start(HParams(), key, recipe=RECIPE)
    options = Options(**{**vars(OPTIONS), "image_noise": "always"})
    noisy = mian.build(SIZES, options, HParams())
    calm = RECIPE.build(HParams())
    codes = [m.encode_image(run.params, train.image) for m in (calm, noisy, noisy)]
    assert not np.array_equal(codes[0], codes[1])
    np.testing.assert_array_equal(codes[1], codes[2])
