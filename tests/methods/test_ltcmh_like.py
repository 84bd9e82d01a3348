import draws
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import losses, training
from scbch_jax.arrays import Batch
from scbch_jax.config.ltcmh_like import HParams, Options
from scbch_jax.errors import InputError
from scbch_jax.methods import Recipe, Sizes, ltcmh_like
from scbch_jax.networks import MetaOutputs, meta_feature_network
from scbch_jax.training.epoch import RunState, gradient_step
from scbch_jax.types import Split

SIZES = Sizes(image_dim=6, text_dim=5, classes=4, samples=22, bits=8)
OPTIONS = Options(hidden=16, tail_gate=True, decay_epochs=4)
RECIPE = Recipe("ltcmh_like", SIZES, OPTIONS, batch_size=8)
SMALL = Sizes(image_dim=6, text_dim=5, classes=3, samples=6, bits=2)

CODES = jnp.array([[0.5, -0.5], [0.25, 0.75], [-0.5, 0.5], [0.1, 0.2]])
OTHERS = jnp.array([[0.4, -0.6], [0.3, 0.9], [0.5, 0.5], [-0.2, 0.2]])
LABELS = jnp.array([[1.0, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1]])


def inputs(**changes):
    outputs = [MetaOutputs(*[codes] * 3, codes) for codes in (CODES, OTHERS)]
    given = {
        "image_codes": CODES,
        "text_codes": OTHERS,
        "own": outputs[0],
        "other": outputs[1],
        "features": OTHERS,
        "own_table": CODES,
        "other_table": OTHERS,
        "index": jnp.arange(4),
        "shared": losses.shared_label_matrix(LABELS, LABELS),
        "binary": jnp.array([[1.0, -1], [-1, 1], [1, 1], [-1, -1]]),
    }
    return ltcmh_like.TermInputs(**{**given, **changes})


def test_hand_checked_values():
    """The specification's sums of DCMH's terms, over 4 samples and 4 rows."""
    _, values = losses.weighted_sum(ltcmh_like.terms(HParams()))(inputs())
    squares = np.square(np.asarray(CODES) - np.asarray(OTHERS))
    wanted = {
        "pairs": 10.830755 / 16,
        "quantization": 7.275 / 16,
        "balance": (0.35**2 + 0.95**2) / 16,
        "dependence": 0.135181,
        "commonality": squares.mean(),
        "reconstruction": squares.mean(),
    }
    for name, value in wanted.items():
        np.testing.assert_allclose(values[name], value, rtol=1e-5, err_msg=name)


def test_the_learning_rate_falls_on_a_line_and_stays():
    hp, options = HParams(), Options()
    found = [
        ltcmh_like.learning_rate(hp, options, jnp.int32(epoch))
        for epoch in (0, 1, 50, 100, 130)
    ]
    line = np.linspace(10**-1.5, 1e-6, 101)
    np.testing.assert_allclose(found, [*line[[0, 1, 50, 100, 100]]], rtol=1e-6)


def test_features_of_no_length_stay_zero():
    rows = jnp.array([[3.0, 0.0, 4.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
    found = {k: ltcmh_like.scaled(rows, k) for k in ("scaled", "unit", "given")}
    np.testing.assert_allclose(found["unit"], rows / 5, rtol=1e-6)
    np.testing.assert_allclose(found["scaled"], rows / 2.5, rtol=1e-6)
    assert found["given"] is rows


def test_meta_features_are_those_of_the_equations():
    net = meta_feature_network(features=6, hidden=5, bits=3)
    weights = net.init(jax.random.key(0))
    rows, factors = draws.normal(1, 4, 6), draws.uniform(2, 4)
    arrays = jax.tree.map(np.asarray, weights)

    def layer(name, x):
        return x @ arrays[name]["kernel"] + arrays[name]["bias"]

    trunk = np.maximum(layer("trunk", np.asarray(rows)), 0)
    direct, own, common = (
        layer(name, trunk) for name in ("direct", "individuality", "commonality")
    )
    gates = 1 / (1 + np.exp(-layer("gates", direct))) * np.asarray(factors)[:, None]
    decoded = np.maximum(layer("decoder_0", np.hstack([own, common])), 0)
    wanted = MetaOutputs(
        direct + gates[:, :3] * own + gates[:, 3:] * common,
        own,
        common,
        layer("decoder_1", decoded),
    )
    for found, value in zip(net.outputs(weights, rows, factors), wanted, strict=True):
        np.testing.assert_allclose(found, value, rtol=1e-5, atol=1e-6)
    plain = net.outputs(weights, rows, None).meta
    np.testing.assert_array_equal(plain, net.outputs(weights, rows, jnp.ones(4)).meta)


@pytest.fixture(scope="module")
def epochs():
    """The training set, and the state before each of two epochs and after the last."""
    rows = draws.normal(1, 22, 6), draws.normal(2, 22, 5)
    train = Split(*rows, draws.labels(3, 22, 4, share=0.4))
    key = jax.random.key(1)
    run = training.start(HParams(), key, recipe=RECIPE)
    found = [jax.device_get(run)]
    for epoch in range(2):
        run, _ = training.train_epoch(
            run, HParams(), train, key, jnp.int32(epoch), recipe=RECIPE
        )
        found.append(jax.device_get(run))
    return train, found


def test_a_pass_leaves_out_rows_that_do_not_fill_a_batch(epochs):
    """Two batches of 8 of 22 rows in each pass; the passes have orders of their own."""
    _, (before, after, _) = epochs
    moved = {}
    for modality in ("image", "text"):
        tables = [run.state.tables[modality] for run in (before, after)]
        moved[modality] = np.flatnonzero((tables[0] != tables[1]).any(axis=1))
        assert len(moved[modality]) == 16
    assert not np.array_equal(*moved.values())


def test_binary_codes_are_those_of_the_tables_before_the_epoch(epochs):
    train, runs = epochs
    for before, after in zip(runs, runs[1:], strict=False):
        total = before.state.tables["image"] + before.state.tables["text"]
        np.testing.assert_array_equal(after.state.binary, np.where(total < 0, -1, 1))
        np.testing.assert_array_equal(after.state.labels, train.labels)


@pytest.fixture(scope="module", params=["image", "text"])
def step(request):
    """A step of one modality: its start, its loss, and the state after it."""
    hp = HParams(dependence_weight=0.5, commonality_weight=0.25)
    method = ltcmh_like.build(SMALL, Options(hidden=7, inputs="given"), hp)
    params, state = method.init(jax.random.key(0))
    labels = jnp.concatenate([LABELS, LABELS[:2]])
    state = state._replace(labels=labels, binary=jnp.sign(draws.normal(5, 6, 2)))
    index = jnp.array([4, 0, 3, 2])
    batch = Batch(draws.normal(3, 4, 6), draws.normal(4, 4, 5), labels[index], index)
    (one,) = method.passes[("image", "text").index(request.param)]
    assert one.trains == (request.param,)
    opt = {m: o.init(params[m]) for m, o in method.optimizers.items()}

    @jax.jit
    def take(params):
        key, same = jax.random.split(jax.random.key(1))
        found = jax.value_and_grad(one.loss, has_aux=True)(params, state, batch, same)
        before = RunState(params, opt, state)
        return found, gradient_step(one, method.optimizers, before, batch, key)[0]

    return request.param, params, state, batch, take(params)


def test_a_step_descends_for_one_modality(step):
    modality, params, _, _, ((_, slopes), run) = step
    for name, before in params.items():
        rate = 10**-1.5 if name == modality else 0.0
        wanted = jax.tree.map(lambda x, g: x - rate * g, before, slopes[name])  # noqa: B023
        jax.tree.map(
            lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-7),
            run.params[name],
            wanted,
        )


def test_a_step_writes_its_table_and_compares_with_the_other(step):
    modality, _, state, batch, (((total, (after, values)), _), _) = step
    other = {"image": "text", "text": "image"}[modality]
    np.testing.assert_array_equal(after.tables[other], state.tables[other])
    table = np.asarray(after.tables[modality], np.float64)
    kept = np.setdiff1d(np.arange(6), batch.index)
    np.testing.assert_array_equal(table[kept], state.tables[modality][kept])
    own = table[np.asarray(batch.index)]
    theta = own @ np.asarray(state.tables[other], np.float64).T / 2
    shared = np.asarray(batch.labels) @ np.asarray(state.labels).T > 0
    wanted = {
        "pairs": (np.logaddexp(0, theta) - shared * theta).sum() / 24,
        "quantization": np.square(own - state.binary[batch.index]).sum() / 24,
        "balance": np.square(table.sum(axis=0)).sum() / 24,
    }
    for name, value in wanted.items():
        np.testing.assert_allclose(values[name], value, rtol=1e-4, err_msg=name)
    weights = {"dependence": 0.5, "commonality": 0.25}
    parts = [weights.get(k, 1.0) * x for k, x in values.items() if k != "total"]
    np.testing.assert_allclose(total, sum(parts), rtol=1e-6)


def test_codes_have_the_signs_of_meta_features_without_the_tail_gate(epochs):
    train, (_, run, _) = epochs
    plain = Recipe("ltcmh_like", SIZES, Options(hidden=16), batch_size=8)
    for recipe in (RECIPE, plain):
        codes = training.encode_split(run.params, HParams(), train, recipe=recipe)
        found = codes if recipe is RECIPE else found  # noqa: F821
        jax.tree.map(np.testing.assert_array_equal, codes, found)
    method = plain.build(HParams())
    image = method.encode_image(run.params, train.image)
    assert float(jnp.abs(image).max()) < 1


@pytest.mark.errors
def test_a_batch_that_the_rows_do_not_fill_is_refused():
    recipe = Recipe("ltcmh_like", SIZES, OPTIONS, batch_size=23)
    with pytest.raises(InputError, match="batch_size: got 23, wanted at most the 22"):
        recipe.check()
