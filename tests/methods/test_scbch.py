import draws
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import GOLDEN

from scbch_jax import losses, neighbors
from scbch_jax.arrays import Batch
from scbch_jax.config.scbch import ABLATIONS, HParams, Options
from scbch_jax.methods import scbch
from scbch_jax.methods.base import Sizes
from scbch_jax.methods.recipe import METHODS, Recipe
from scbch_jax.training import training_codes
from scbch_jax.types import Split

SIZES = Sizes(image_dim=6, text_dim=5, classes=4, samples=7, bits=8)
OPTIONS = Options(hidden=16, neighbors=3, warmup_epochs=2)


@pytest.fixture
def train(batch):
    return Split(draws.normal(1, 7, 6), draws.normal(2, 7, 5), batch[2])


def build(**options):
    changed = Options(**{**vars(OPTIONS), **options})
    return scbch.build(SIZES, changed, HParams())


@pytest.mark.parametrize("reading", ["official", "paper"])
@pytest.mark.parametrize("drop", ABLATIONS.values(), ids=ABLATIONS.keys())
def test_loss_and_gradient_are_finite(train, key, reading, drop):
    """On a batch with a row without labels, a row with all labels, and equal rows."""
    method = build(reading=reading, drop=drop)
    params, state = method.init(key)
    batch = Batch(*train, index=jnp.arange(7))

    def total(params):
        return method.passes[0][0].loss(params, state, batch, key)[0]

    value, grads = jax.value_and_grad(total)(params)
    assert bool(jnp.isfinite(value))
    assert all(bool(jnp.isfinite(g).all()) for g in jax.tree.leaves(grads))


@pytest.mark.parametrize(
    ("drop", "left"),
    [
        ((), {"classification", "attraction", "repulsion", "quantization"}),
        (("classification",), {"attraction", "repulsion", "quantization"}),
        (("contrast",), {"classification"}),
        (("attraction",), {"classification", "repulsion", "quantization"}),
        (
            ("row-weights",),
            {"classification", "attraction", "repulsion", "quantization"},
        ),
    ],
)
def test_an_ablation_leaves_out_terms(drop, left):
    assert scbch.terms(HParams(), Options(drop=drop)).keys() == left


def test_the_readings_differ_where_paper_and_code_do(batch):
    """Weight of the quantization term, its sign, and the form of the repulsion."""
    image, text, labels = batch
    inputs = scbch.TermInputs(
        image_codes=image,
        text_codes=text,
        image_logits=jnp.zeros((7, 4)),
        text_logits=jnp.zeros((7, 4)),
        labels=labels,
        confidence=jnp.ones(7),
        similarity=losses.similarity_matrix(image, text),
        overlap=losses.jaccard_matrix(labels),
    )
    official, paper = (
        scbch.terms(HParams(), Options(reading=reading))
        for reading in ("official", "paper")
    )
    assert official["quantization"][0] == 0.3
    assert paper["quantization"][0] == pytest.approx(0.21)
    values = {
        name: (float(official[name][1](inputs)), float(paper[name][1](inputs)))
        for name in official
    }
    assert values["attraction"][0] == values["attraction"][1]
    assert values["classification"][0] == values["classification"][1]
    assert values["quantization"][0] == pytest.approx(-values["quantization"][1])
    assert values["repulsion"][0] > 1.5 * values["repulsion"][1]


def test_confidence_is_one_during_warm_up(train, key):
    method = build()
    params, state = method.init(key)
    update = jax.jit(method.epoch_update)
    for epoch in range(4):
        codes = training_codes(method, params, train, jnp.int32(epoch))
        assert bool(codes.image.any()) == (epoch >= OPTIONS.warmup_epochs)
        state = update(params, state, codes, jnp.int32(epoch), key)
        assert int(state.epoch) == epoch
        weights = np.asarray(state.confidence)
        assert (weights == 1).all() == (epoch < OPTIONS.warmup_epochs)


def test_confidence_is_kept_between_updates(train, key):
    """Updated in epochs 2, 5 and so on; codes are computed for these alone."""
    method = build(confidence_every=3)
    params, state = method.init(key)
    update, changed = jax.jit(method.epoch_update), []
    for epoch in map(jnp.int32, range(7)):
        # Other codes in each epoch, so that each update changes the confidence.
        params = jax.tree.map(lambda x: x * 1.5 - 0.1, params)
        codes = training_codes(method, params, train, epoch)
        before = state.confidence
        state = update(params, state, codes, epoch, key)
        if not np.array_equal(state.confidence, before):
            changed.append(int(epoch))
        assert bool(codes.image.any()) == (int(epoch) in (2, 5))
    assert changed == [2, 5]


def test_without_weights_confidence_stays_one(train, key):
    method = build(drop=("row-weights",))
    params, state = method.init(key)
    codes = training_codes(method, params, train, jnp.int32(40))
    assert not bool(codes.image.any()), "zeros, as no update reads them"
    state = method.epoch_update(params, state, codes, jnp.int32(40), key)
    assert bool((state.confidence == 1).all())


def test_the_loss_uses_the_confidence_of_each_row(train, key):
    method = build()
    params, state = method.init(key)
    state = state._replace(confidence=jnp.arange(7.0))
    index = jnp.array([5, 2])
    batch = Batch(*(array[index] for array in train), index=index)
    _, (_, values) = method.passes[0][0].loss(params, state, batch, key)
    logits = [
        encode(params, x) @ params[m]["classifier"]
        for encode, x, m in (
            (method.encode_image, batch.image, "image"),
            (method.encode_text, batch.text, "text"),
        )
    ]
    expected = losses.classification_loss(*logits, batch.labels, jnp.array([5.0, 2.0]))
    np.testing.assert_allclose(values["classification"], expected, rtol=1e-6)


def test_a_user_defined_term(train, key):
    """Added by name and weight, without a change of the package."""

    def balance(inputs):
        return jnp.square(inputs.image_codes.mean(axis=0)).sum()

    recipe = Recipe(
        "scbch", SIZES, OPTIONS, 4, extra_terms=(("balance", 0.5, balance),)
    )
    method = recipe.build(HParams())
    params, state = method.init(key)
    batch = Batch(*train, index=jnp.arange(7))
    total, (_, values) = method.passes[0][0].loss(params, state, batch, key)
    plain = METHODS["scbch"].build(SIZES, OPTIONS, HParams(), {})
    base, _ = plain.passes[0][0].loss(params, state, batch, key)
    np.testing.assert_allclose(total, base + 0.5 * values["balance"], rtol=1e-6)


@pytest.mark.parametrize(("k", "floor"), [(5, 0.5), (20, 0.5), (20, 0.1)])
def test_confidence_is_that_of_the_released_code(k, floor):
    """Recorded values to 1e-6; in 2 % of rows the k-th neighbor may be a tie."""
    arrays = np.load(GOLDEN / "neighbors.npz")
    labels = jnp.asarray(arrays["y_noisy"])
    soft = neighbors.neighbor_soft_labels(
        jnp.asarray(arrays["u"]), jnp.asarray(arrays["v"]), labels, neighbors=k
    )
    weights = np.asarray(neighbors.confidence_weights(labels, soft, floor=floor))
    off = np.abs(weights - arrays[f"exp_weight_k{k}_g{floor}"]) > 1e-6
    assert off.mean() <= 0.02
