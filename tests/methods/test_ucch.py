import draws
import hand_checked
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import losses
from scbch_jax.arrays import Batch
from scbch_jax.config.ucch import HParams, Options
from scbch_jax.methods import Sizes, ucch
from scbch_jax.training import gradient_step, training_codes
from scbch_jax.types import Split

SIZES = Sizes(image_dim=6, text_dim=5, classes=4, samples=7, bits=8)
OPTIONS = Options(hidden=16, negatives=9)


@pytest.fixture
def train():
    return Split(draws.normal(1, 7, 6), draws.normal(2, 7, 5), draws.labels(3, 7, 4))


def batch_of(train, *rows):
    index = jnp.array(rows)
    return Batch(*(array[index] for array in train), index=index)


@pytest.mark.parametrize(
    ("warming_up", "weight", "expected"),
    [(True, 1.0, 1.844376), (False, 1.0, 2.364101), (True, 0.9, 1.999497)],
)
def test_hand_checked_values(warming_up, weight, expected):
    codes = hand_checked.unit_codes()
    drawn = jnp.array([[1, 2], [3, 3], [0, 1], [2, 0]])
    inputs = ucch.TermInputs(
        *codes,
        similarity=losses.similarity_matrix(*codes),
        memory=hand_checked.memory(),
        index=jnp.arange(4),
        counts=losses.negative_counts(jnp.arange(4), drawn, samples=4),
        warming_up=jnp.asarray(warming_up),
    )
    terms = ucch.terms(HParams(contrast_weight=weight), bits=8)
    value = losses.weighted_sum(terms)(inputs)[0]
    np.testing.assert_allclose(value, expected, rtol=4e-7)


@pytest.mark.parametrize("memory", ["official", "paper"])
def test_a_batch_updates_its_own_memory_rows(train, key, memory):
    method = ucch.build(SIZES, Options(hidden=16, memory=memory), HParams())
    params, state = method.init(key)
    state = state._replace(epoch=jnp.int32(1))
    batch = batch_of(train, 5, 2)
    _, (after, _) = method.passes[0][0].loss(params, state, batch, jax.random.key(1))
    codes = (
        method.encode_image(params, batch.image),
        method.encode_text(params, batch.text),
    )
    average = np.mean(codes, axis=0)
    if memory == "official":
        average /= np.linalg.norm(average, axis=1, keepdims=True)
    expected = np.array(state.memory)
    expected[[5, 2]] = 0.4 * expected[[5, 2]] + 0.6 * average
    if memory == "official":
        expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(after.memory, expected, atol=1e-6)


def test_the_memory_starts_biased_and_of_unit_length(key):
    big = SIZES._replace(samples=2000)
    memory = ucch.build(big, OPTIONS, HParams()).init(key)[1].memory
    np.testing.assert_allclose(np.abs(memory), 8**-0.5, rtol=1e-6)
    # 16,000 draws: the standard error of the share is 0.004.
    assert (memory > 0).mean() == pytest.approx(0.309, abs=0.015)


def test_warm_up_ends_with_its_epochs_and_never_without_momentum(train):
    """Contrast with the batch has 3 keys, with the memory 10."""
    for epoch, momentum, keys in ((0, 0.4, 3), (1, 0.4, 10), (1, 0.0, 3)):
        method = ucch.build(SIZES, OPTIONS, HParams(momentum=momentum))
        key = jax.random.key(0)
        params, state = method.init(key)
        codes = training_codes(method, params, train, jnp.int32(epoch))
        state = method.epoch_update(params, state, codes, jnp.int32(epoch), key)
        batch = batch_of(train, 0, 3, 4)
        _, (_, values) = method.passes[0][0].loss(
            params, state, batch, jax.random.key(1)
        )
        assert float(values["contrast"]) == pytest.approx(2 * np.log(keys), abs=1.2)


@pytest.mark.slow
def test_the_gradient_of_both_networks_is_clipped_together(train, key):
    """After clipping to almost nothing, only the decay moves Adam's first step."""
    method = ucch.build(SIZES, OPTIONS, HParams(clip=1e-30, weight_decay=0.1))
    params, state = method.init(key)
    from scbch_jax.training import RunState

    memory = {g: o.init(params[g]) for g, o in method.optimizers.items()}
    run = RunState(params, memory, state)
    (step,) = method.passes[0]
    moved, _ = gradient_step(
        step, method.optimizers, run, batch_of(train, 0, 1, 2), jax.random.key(1)
    )
    before, after = (jax.tree.leaves(r.params) for r in (run, moved))
    for old, new in zip(before, after, strict=True):
        np.testing.assert_allclose(new, old - 1e-4 * np.sign(old), atol=1e-6)


def test_labels_do_not_matter(train, key):
    method = ucch.build(SIZES, OPTIONS, HParams())
    params, state = method.init(key)
    batch = batch_of(train, 0, 1, 2)
    other = batch._replace(labels=1 - batch.labels)
    first, second = (
        method.passes[0][0].loss(params, state, b, jax.random.key(1))[0]
        for b in (batch, other)
    )
    assert float(first) == float(second)
