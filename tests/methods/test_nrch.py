from functools import partial

import draws
import hand_checked
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import losses
from scbch_jax.arrays import Batch
from scbch_jax.config.nrch import HParams, Options
from scbch_jax.methods import Sizes, nrch
from scbch_jax.training import RunState, gradient_step, training_codes
from scbch_jax.types import Split

SIZES = Sizes(image_dim=6, text_dim=5, classes=4, samples=7, bits=8)
OPTIONS = Options(hidden=16, selection_start_epoch=3)


@pytest.fixture
def train(batch):
    return Split(draws.normal(1, 7, 6), draws.normal(2, 7, 5), batch[2])


def started(key, hp=HParams()):  # noqa: B008
    method = nrch.build(SIZES, OPTIONS, hp)
    params, state = method.init(key)
    memory = {g: o.init(params[g]) for g, o in method.optimizers.items()}
    return method, RunState(params, memory, state)


def batch_of(train, *rows):
    index = jnp.array(rows)
    return Batch(*(array[index] for array in train), index=index)


@pytest.mark.parametrize(
    ("ranking", "robust"), [("official", 1.957911), ("bidirectional", 1.945675)]
)
def test_hand_checked_values(ranking, robust):
    all_rows = jnp.ones(4, bool)
    inputs = nrch.term_inputs(
        *hand_checked.unit_codes(),
        hand_checked.prototypes(),
        hand_checked.LABELS,
        all_rows,
    )
    own = [0.053217, -0.016258, -0.019535, 0.056690]
    np.testing.assert_allclose(jnp.diagonal(inputs.similarity), own, atol=6e-7)
    terms = nrch.terms(HParams(), Options(ranking=ranking))
    total, values = losses.weighted_sum(terms)(inputs)
    both = 0.6 * values["ranking"] + 0.4 * values["quantization"]
    assert float(both) == pytest.approx(robust, rel=4e-7)
    assert float(values["prototypes"]) == pytest.approx(2.958208, rel=4e-7)
    assert float(total) == pytest.approx(robust + 2.958208, rel=4e-7)


@pytest.mark.slow
def test_rows_of_low_confidence_are_left_out_from_an_epoch_on(train, key):
    """The loss of a batch is that of its confident rows, and of all rows before."""
    method, run = started(key)
    loss = jax.jit(method.passes[0][0].loss)
    confidence = jnp.array([0.9, 0.1, 0.31, 0.29, 0.5, 0.0, 1.0])
    batch, few = batch_of(train, 1, 2, 3, 4), batch_of(train, 2, 4)
    for epoch, expected in ((1, batch), (2, few)):
        state = run.state._replace(epoch=jnp.int32(epoch), confidence=confidence)
        total, (after, _) = loss(run.params, state, batch, key)
        all_rows = state._replace(confidence=jnp.ones(7))
        wanted, _ = loss(run.params, all_rows, expected, key)
        np.testing.assert_allclose(total, wanted, rtol=1e-6)
        assert bool(after.any_kept)


@pytest.mark.slow
def test_no_step_is_taken_on_a_batch_without_kept_rows(train, key):
    """No weight decay and no change of the optimizer state; the loss stays finite."""
    method, run = started(key, HParams(weight_decay=0.1, learning_rate=0.1))
    run = run._replace(
        state=run.state._replace(epoch=jnp.int32(9), confidence=jnp.zeros(7))
    )
    (step,) = method.passes[0]
    same, values = gradient_step(
        step, method.optimizers, run, batch_of(train, 0, 1), key
    )
    assert np.isfinite(float(values["total"]))
    for old, new in zip(
        jax.tree.leaves((run.params, run.opt)),
        jax.tree.leaves((same.params, same.opt)),
        strict=True,
    ):
        np.testing.assert_array_equal(old, new)
    kept = run._replace(state=run.state._replace(confidence=jnp.ones(7)))
    moved, _ = gradient_step(step, method.optimizers, kept, batch_of(train, 0, 1), key)
    before = run.params["text"]["network"]["layer_0"]["kernel"]
    assert not np.array_equal(
        moved.params["text"]["network"]["layer_0"]["kernel"], before
    )


@pytest.mark.slow
def test_a_step_computed_for_few_rows_is_the_step_of_all(key):
    """Of 64 rows 20 are kept, so 32 are computed."""
    sizes = SIZES._replace(samples=64)
    method = nrch.build(sizes, OPTIONS, HParams())
    params, state = method.init(key)
    memory = {g: o.init(params[g]) for g, o in method.optimizers.items()}
    confidence = jnp.where(jnp.arange(64) % 3, 0.1, 0.9).at[:4].set(0.2)
    state = state._replace(epoch=jnp.int32(9), confidence=confidence)
    rows = draws.normal(1, 64, 6), draws.normal(2, 64, 5), draws.labels(3, 64, 4)
    batch, (step,) = Batch(*rows, index=jnp.arange(64)), method.passes[0]
    run = RunState(params, memory, state)
    few, all_rows = (
        jax.jit(partial(gradient_step, s, method.optimizers))(run, batch, key)
        for s in (step, step._replace(keeps=None))
    )
    pairs = zip(*map(jax.tree.leaves, (few, all_rows)), strict=True)
    for one, other in pairs:
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_confidence_is_the_posterior_of_small_prototype_distances(train, key):
    method, run = started(key)
    codes = training_codes(method, run.params, train, jnp.int32(4))
    state = method.epoch_update(run.params, run.state, codes, jnp.int32(4), key)
    codes = (
        method.encode_image(run.params, train.image),
        method.encode_text(run.params, train.text),
    )
    prototypes = jnp.tanh(run.params["image"]["prototypes"])
    scores = losses.max_own_prototype_distance(*codes, prototypes, train.labels)
    low, high = scores.min(), scores.max()
    expected = losses.low_mean_posterior((scores - low + 1e-8) / (high - low + 1e-8))
    np.testing.assert_allclose(state.confidence, expected, atol=1e-6)
    assert int(state.epoch) == 4


def test_equal_scores_are_all_one():
    np.testing.assert_array_equal(nrch.min_max_scaled(jnp.zeros(3)), [1, 1, 1])


def test_prototypes_start_orthonormal(key):
    _, run = started(key)
    prototypes = run.params["image"]["prototypes"]
    np.testing.assert_allclose(prototypes @ prototypes.T, np.eye(4), atol=1e-6)
