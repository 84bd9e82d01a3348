import hand_checked
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import losses
from scbch_jax.arrays import Batch
from scbch_jax.config.rshnl import HParams, Options
from scbch_jax.methods import Sizes, rshnl
from scbch_jax.training import RunState, gradient_step

SIZES = Sizes(image_dim=6, text_dim=5, classes=5, samples=6, bits=8)
ROW_LOSSES = [2.251105, 1.881841, 1.905946, 3.791431]
WEIGHTS = [0.549779, 0.623632, 0.618811, 0.241714]


def hand_inputs(options, paced, hp=HParams(), labels=hand_checked.LABELS):  # noqa: B008
    centers = np.tanh(hand_checked.prototypes())
    centers /= np.linalg.norm(centers, axis=1, keepdims=True)
    codes = hand_checked.unit_codes()
    paced = jnp.asarray(paced)
    return rshnl.term_inputs(*codes, jnp.asarray(centers), labels, paced, hp, options)


@pytest.fixture(scope="module")
def started():
    """One program of one step, for an epoch and a γ that may differ."""
    options = Options(hidden=16, warmup_epochs=2)
    params, state = rshnl.build(SIZES, options, HParams()).init(jax.random.key(0))

    @jax.jit
    def step(params, state, batch, age):
        method = rshnl.build(SIZES, options, HParams(pace_threshold=age))
        opt = {g: o.init(params[g]) for g, o in method.optimizers.items()}
        (one,) = method.passes[0]
        run = RunState(params, opt, state)
        return gradient_step(one, method.optimizers, run, batch, jax.random.key(0))

    return params, state, step


def batch_of(*rows):
    rng = np.random.default_rng(1)
    image, text = rng.normal(size=(len(rows), 6)), rng.normal(size=(len(rows), 5))
    arrays = image, text, np.eye(5)[np.arange(len(rows))]
    features = (jnp.asarray(x, jnp.float32) for x in arrays)
    return Batch(*features, index=jnp.array(rows))


def test_hand_checked_values_of_the_warm_up():
    inputs = hand_inputs(Options(), paced=False)
    np.testing.assert_allclose(inputs.row_losses, ROW_LOSSES, atol=2e-6)
    np.testing.assert_array_equal(inputs.weights, 1)
    terms = rshnl.terms(HParams(), Options())
    total, values = losses.weighted_sum(terms)(inputs)
    assert float(values["contrast"]) == pytest.approx(3.925118, abs=2e-6)
    assert float(values["pacing"]) == 0
    assert float(total) == pytest.approx(2.850093, abs=2e-6)


def test_hand_checked_values_after_the_warm_up():
    inputs = hand_inputs(Options(), paced=True)
    np.testing.assert_allclose(inputs.weights, WEIGHTS, atol=2e-6)
    total, _ = losses.weighted_sum(rshnl.terms(HParams(), Options()))(inputs)
    assert float(total) == pytest.approx(-0.315317, abs=2e-6)


def test_hard_weights_keep_the_rows_below_the_age():
    options, hp = Options(pacing="hard"), HParams(pace_threshold=2.0)
    inputs = hand_inputs(options, paced=True, hp=hp)
    np.testing.assert_array_equal(inputs.weights, [0, 1, 1, 0])
    _, values = losses.weighted_sum(rshnl.terms(hp, options))(inputs)
    wanted = (ROW_LOSSES[1] + ROW_LOSSES[2]) / 4
    np.testing.assert_allclose(values["aggregation"], wanted, atol=2e-6)
    assert float(values["pacing"]) == pytest.approx(-2.0 * 2 / 4)


def test_without_pacing_the_warm_up_never_ends():
    options = Options(pacing="none")
    np.testing.assert_array_equal(hand_inputs(options, paced=True).weights, 1)
    assert "pacing" not in rshnl.terms(HParams(), options)


def test_a_row_without_labels_is_finite_and_left_out():
    """φ(0) = (1 - q) / q + q for both codes."""
    labels = hand_checked.LABELS.at[1].set(0)
    inputs = hand_inputs(Options(), paced=True, labels=labels)
    assert float(inputs.row_losses[1]) == pytest.approx(2 * 99.01, rel=1e-6)
    assert float(inputs.weights[1]) == 0


def test_rows_are_weighted_after_the_warm_up_and_the_weights_are_kept(started):
    params, state, step = started
    batch = batch_of(4, 0, 2)
    warm, _ = step(params, state._replace(epoch=jnp.int32(1)), batch, 5.0)
    np.testing.assert_array_equal(warm.state.confidence, 1)
    paced, _ = step(params, state._replace(epoch=jnp.int32(2)), batch, 5.0)
    confidence = np.asarray(paced.state.confidence)
    np.testing.assert_array_equal(confidence[[1, 3, 5]], 1)
    assert ((confidence[[4, 0, 2]] > 0) & (confidence[[4, 0, 2]] < 1)).all()


def test_with_too_small_an_age_only_the_contrast_trains(started):
    """No row has weight, so the centers get no gradient and stay the same."""
    params, state, step = started
    late = state._replace(epoch=jnp.int32(2))
    moved, values = step(params, late, batch_of(0, 1, 2), 0.1)
    np.testing.assert_array_equal(moved.state.confidence[:3], 0)
    assert float(values["aggregation"]) == 0
    for group, same in (("centers", True), ("image", False), ("text", False)):
        before, after = (
            x[group]["network"]["layer_0"]["kernel"] for x in (params, moved.params)
        )
        assert np.array_equal(before, after) == same


def test_networks_start_as_released(started):
    """No bias in the last layer of a tower; its weights have the first one's range."""
    params, _, _ = started
    for group, features in (("image", 6), ("text", 5), ("centers", 5)):
        last = params[group]["network"]["layer_2"]
        largest = np.abs(last["kernel"]).max()
        assert 0.9 * features**-0.5 < largest <= features**-0.5
        assert ("bias" in last) == (group == "centers")
