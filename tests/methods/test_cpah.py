import draws
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import references

from scbch_jax import losses, training
from scbch_jax.arrays import TrainingCodes
from scbch_jax.config.cpah import HParams, Options
from scbch_jax.methods import Recipe, Sizes, cpah
from scbch_jax.types import Split

SIZES = Sizes(image_dim=6, text_dim=5, classes=4, samples=12, bits=8)
OPTIONS = Options(hidden=16)
RECIPE = Recipe("cpah", SIZES, OPTIONS, batch_size=8)
HP = HParams(learning_rate=1e-3)

IMAGE_CODES = jnp.array([[0.5, -0.5], [0.25, 0.75], [-0.5, 0.5], [0.1, 0.2]])
TEXT_CODES = jnp.array([[0.4, -0.6], [0.3, 0.9], [0.5, 0.5], [-0.2, 0.2]])
LABELS = jnp.array([[1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1]], jnp.float32)
MEMORY = jnp.array([[1.0, -1.0], [-1.0, 1.0], [1.0, 1.0], [-1.0, -1.0]])


@pytest.fixture(scope="module")
def train():
    labels = draws.labels(3, 12, 4)
    return Split(draws.uniform(1, 12, 6), draws.uniform(2, 12, 5), labels)


@pytest.fixture(scope="module")
def epochs(train):
    """The start, and the states after two epochs; each epoch has 8 and 4 rows."""
    key = jax.random.key(0)
    runs, logs = [training.start(HP, key, recipe=RECIPE)], []
    for epoch in range(2):
        before = jax.tree.map(jnp.copy, runs[-1])
        run, log = training.train_epoch(
            before, HP, train, key, jnp.int32(epoch), recipe=RECIPE
        )
        runs.append(run)
        logs.append(log)
    return runs, logs


def inputs(**changes):
    fields = {
        "image_codes": IMAGE_CODES,
        "text_codes": TEXT_CODES,
        "memory": MEMORY,
        "text_realness": jnp.array([0.3, -0.2, 0.1, 0.5]),
        "kind_logits": draws.normal(4, 16, 3),
        "image_logits": draws.normal(5, 4, 3),
        "text_logits": draws.normal(6, 4, 3),
        "labels": LABELS,
    }
    return cpah.TermInputs(**{**fields, **changes})


def test_hand_checked_values():
    _, values = losses.weighted_sum(cpah.terms(HParams()))(inputs())
    np.testing.assert_allclose(values["pairwise"], 10.830755, rtol=1e-7)
    np.testing.assert_allclose(values["quantization"], 12.075, rtol=1e-6)
    np.testing.assert_allclose(values["adversarial"], 0.617742, atol=5e-7)


def test_parts_are_sorted_into_three_kinds():
    """Hand-checked for kinds 1 and 2; the parts of kinds 1 and 0 are certain here."""
    certain = 100 * jnp.eye(3)
    logits = jnp.stack(
        [
            jnp.array([0.2, 0.5, -0.1]),  # common of an image
            certain[1],  # common of a text
            certain[0],  # private of an image
            jnp.array([0.0, 1.0, 0.0]),  # private of a text
        ]
    )
    term = cpah.terms(HParams())["consistency"][1]
    one = inputs(kind_logits=logits, labels=LABELS[:1])
    np.testing.assert_allclose(term(one), 2.379835, rtol=1e-6)


def test_every_term_equals_its_loops():
    given = inputs()
    _, values = losses.weighted_sum(cpah.terms(HParams()))(given)
    expected = references.cpah_terms(*map(np.asarray, given))
    assert values.keys() - {"total"} == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(values[name], value, rtol=1e-5)


def test_the_total_weighs_the_terms():
    hp = HParams(adversarial_weight=7, classification_weight=3, quantization_weight=2)
    total, values = losses.weighted_sum(cpah.terms(hp))(inputs())
    expected = 7 * values["adversarial"] + values["pairwise"]
    expected += 3 * (values["consistency"] + values["classification"])
    np.testing.assert_allclose(total, expected + 2 * values["quantization"], rtol=1e-6)


@pytest.mark.parametrize(
    ("rule", "rates"),
    [
        ("official", {0: 1e-4, 1: 2e-5, 30: 2e-5, 31: 4e-6, 60: 4e-6, 61: 1e-6}),
        ("every30", {0: 1e-4, 29: 1e-4, 30: 2e-5, 59: 2e-5, 60: 4e-6, 90: 1e-6}),
    ],
)
def test_the_learning_rate_falls_to_a_fifth(rule, rates):
    for epoch, rate in rates.items():
        state = cpah.CpahState(jnp.int32(epoch), None, None, None)
        factor = cpah.rate_factor(rule, HParams(), state)
        np.testing.assert_allclose(1e-4 * factor, rate, rtol=1e-6)


def test_a_rate_below_the_lowest_stays():
    state = cpah.CpahState(jnp.int32(70), None, None, None)
    hp = HParams(learning_rate=1e-7)
    assert cpah.rate_factor("official", hp, state) == 1


def test_the_memory_is_the_signs_of_the_epoch_before(epochs):
    (start, first, second), _ = epochs
    for before, after in ((start, first), (first, second)):
        signs = np.where(before.state.codes < 0, -1, 1)
        np.testing.assert_array_equal(after.state.memory, signs)
    assert (np.abs(first.state.codes - start.state.codes).max(axis=1) > 0).all()
    assert np.abs(first.state.codes).max() <= 2


def test_codes_that_cancel_are_positive(epochs):
    (start, *_), _ = epochs
    method = RECIPE.build(HP)
    state = start.state._replace(codes=jnp.zeros((12, 8)))
    nothing = TrainingCodes(state.codes, state.codes, jnp.ones((12, 4)))
    key = jax.random.key(1)
    state = method.epoch_update(start.params, state, nothing, jnp.int32(1), key)
    np.testing.assert_array_equal(state.memory, 1)


def test_statistics_move_once_a_batch(epochs, train):
    (start, first, _), _ = epochs
    found = first.params["statistics"]
    for one, other in zip(
        *map(jax.tree.leaves, (found, first.state.statistics)), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    # The layer's weights move by at most 2e-3 in two steps, so the means of all rows
    # before training tell how far two batches go: about 1 - 0.9² of the way.
    layer = start.params["hashing"]["image"]["layer_0"]
    kernel, bias = (np.asarray(layer[k]) for k in ("kernel", "bias"))
    goal = np.asarray(train.image) @ kernel + bias
    goal = goal.mean(axis=0)
    share = found["image"]["norm_0"]["mean"] @ goal / (goal @ goal)
    assert 0.17 < share < 0.21


def test_each_step_trains_its_own_networks(epochs, train):
    (start, *_), _ = epochs
    method = RECIPE.build(HP)
    batch, key = training.gather(train, jnp.arange(8)), jax.random.key(2)
    for step, group in zip(method.passes[0], ("discriminator", "hashing"), strict=True):
        assert step.trains == (group,)

    def slopes(hp):
        loss = RECIPE.build(hp).passes[0][1].loss
        grads = jax.grad(lambda p: loss(p, start.state, batch, key)[0])(start.params)
        return grads["hashing"]

    slopes = jax.jit(slopes)
    full, calm = slopes(HP), slopes(HP._replace(adversarial_weight=0.0))
    assert np.abs(full["kinds"]["layer_0"]["kernel"]).max() > 0
    # Features of texts feel the discriminator, those of images do not.
    changes = {
        m: np.abs(full[m]["mask"]["kernel"] - calm[m]["mask"]["kernel"]).max()
        for m in ("image", "text")
    }
    assert changes["image"] < 1e-4 < changes["text"]


def test_all_losses_are_logged_and_finite(epochs):
    _, logs = epochs
    names = {"real", "fake", "penalty", "total", *cpah.terms(HP)}
    for log in logs:
        assert log.keys() == names
        assert all(np.isfinite(values).all() for values in log.values())


@pytest.mark.slow
def test_the_options_of_the_released_code_train_in_bfloat16(train):
    options = Options(16, consistency="features", test_mask="off")
    recipe = Recipe("cpah", SIZES, options, batch_size=8)
    key = jax.random.key(0)
    with jax.default_matmul_precision("bfloat16"):
        run = training.start(HP, key, recipe=recipe)
        run, log = training.train_epoch(
            run, HP, train, key, jnp.int32(0), recipe=recipe
        )
    assert np.isfinite(log["total"]).all()
    assert np.isfinite(log["penalty"]).all()
    codes = training.relaxed_split_codes(run.params, HP, train, recipe=recipe)
    assert all(np.isfinite(x).all() for x in codes)
