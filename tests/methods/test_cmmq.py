import hand_checked
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import losses, training
from scbch_jax.arrays import Batch
from scbch_jax.config.cmmq import HParams, Options
from scbch_jax.methods import Recipe, Sizes, cmmq

SIZES = Sizes(image_dim=6, text_dim=5, classes=5, samples=6, bits=8)
TIE = jnp.array([1.0, -1, 1, -1, 1, -1, 1, -1])
TARGETS = ["+++-+++-", "+-+-+-+-", "+-+-+-+-", "+--++--+"]
ROW_LOSSES = [1.459126, 1.720729, 1.951459, 2.036421]


@pytest.fixture
def state(key):
    return cmmq.CmmqState(
        epoch=jnp.int32(0),
        confidence=jnp.ones(6),
        proxies=losses.hadamard_proxies(key, classes=5, bits=8),
        tie=TIE,
    )


def hand_inputs(state, left_out, hp=HParams(), options=Options()):  # noqa: B008
    targets = cmmq.targets_of(hand_checked.LABELS, state, options)
    return cmmq.term_inputs(*hand_checked.logits(), targets, left_out, hp, options)


def test_hand_checked_targets(state):
    found = cmmq.targets_of(hand_checked.LABELS, state, Options())
    wanted = [[1.0 if bit == "+" else -1.0 for bit in row] for row in TARGETS]
    np.testing.assert_array_equal(found, wanted)
    first = cmmq.targets_of(hand_checked.LABELS, state, Options(target="first"))
    np.testing.assert_array_equal(first, state.proxies[jnp.array([0, 1, 0, 3])])


@pytest.mark.parametrize(
    ("weight", "left_out", "total"),
    [
        (0.0, 0.0, 1.791934),
        (0.0, 0.25, 1.710438),
        (0.1, 0.0, 2.061311),
        (0.1, 0.25, 1.978070),
    ],
)
def test_hand_checked_values(state, weight, left_out, total):
    hp = HParams(mutual_weight=weight)
    inputs = hand_inputs(state, left_out, hp)
    rows = inputs.proxy_losses + 1e-4 * inputs.quantization_losses
    np.testing.assert_allclose(rows, ROW_LOSSES, atol=2e-6)
    mutual = [2.317834, 3.063912, 2.647201, 2.746128]
    np.testing.assert_allclose(inputs.mutual_losses, mutual, atol=2e-6)
    assert int(inputs.kept.sum()) == (3 if left_out else 4)
    found, _ = losses.weighted_sum(cmmq.terms(hp))(inputs)
    assert float(found) == pytest.approx(total, abs=2e-6)


def test_the_mutual_term_of_the_paper_decides_the_selection(state):
    """With a large weight the rows whose codes differ most are left out."""
    hp, options = HParams(mutual_weight=100.0), Options(mutual="paper")
    inputs = hand_inputs(state, 0.5, hp, options)
    wanted = losses.bernoulli_divergence(*hand_checked.logits())
    np.testing.assert_array_equal(inputs.mutual_losses, wanted)
    order = np.argsort(wanted)
    np.testing.assert_array_equal(np.flatnonzero(inputs.kept), np.sort(order[:2]))


@pytest.mark.parametrize("epochs", [1, 3, 20])
def test_the_share_left_out_rises_linearly(epochs):
    schedule = np.full(25, 0.6)
    schedule[:epochs] = np.linspace(0, 0.6, epochs)
    options, hp = Options(ramp_epochs=epochs), HParams(noise_rate=0.6)
    found = [cmmq.share_left_out(jnp.int32(e), hp, options) for e in range(25)]
    np.testing.assert_allclose(found, schedule, rtol=1e-6)


@pytest.mark.parametrize("text_network", ["mlp", "affine"])
def test_only_kept_rows_train_and_one_is_always_kept(text_network, key):
    """At a noise rate of 1, from the second epoch on."""
    options = Options(hidden=16, ramp_epochs=1, text_network=text_network)
    method = cmmq.build(SIZES, options, HParams(noise_rate=1.0))
    params, state = method.init(key)
    rng = np.random.default_rng(1)
    arrays = rng.normal(size=(3, 6)), rng.normal(size=(3, 5)), np.eye(5)[:3]
    features = (jnp.asarray(x, jnp.float32) for x in arrays)
    batch = Batch(*features, index=jnp.array([4, 0, 2]))
    loss = jax.jit(method.passes[0][0].loss)
    total, (after, values) = loss(
        params, state._replace(epoch=jnp.int32(1)), batch, key
    )
    assert np.isfinite(float(total))
    assert float(after.confidence[jnp.array([4, 0, 2])].sum()) == 1
    np.testing.assert_array_equal(after.confidence[jnp.array([1, 3, 5])], 1)
    _, (before, all_rows) = loss(params, state, batch, key)
    np.testing.assert_array_equal(before.confidence, 1)
    assert float(values["proxies"]) < float(all_rows["proxies"])


def test_the_affine_network_is_affine(key):
    options = Options(hidden=16, text_network="affine")
    method = cmmq.build(SIZES, options, HParams())
    params, _ = method.init(key)
    layers = params["text"]["network"]
    assert layers["layer_0"]["kernel"].shape == (5, 7), "half of 5 + 8, rounded up"
    rows = jnp.asarray(np.random.default_rng(0).normal(size=(4, 5)), jnp.float32)
    codes = method.encode_text(params, rows)
    product = rows @ layers["layer_0"]["kernel"] @ layers["layer_1"]["kernel"]
    np.testing.assert_allclose(codes, np.tanh(product), atol=1e-6)


def test_proxies_are_a_part_of_the_state_and_depend_on_the_seed():
    """Twelve classes of 4 bits: four rows are drawn, and so are the bits of ties."""
    recipe = Recipe("cmmq", SIZES._replace(bits=4, classes=12), Options(hidden=4), 2)
    one, other = (
        training.start(HParams(), jax.random.key(s), recipe=recipe).state
        for s in range(2)
    )
    np.testing.assert_array_equal(one.proxies[:8], other.proxies[:8])
    assert not np.array_equal(one.proxies, other.proxies)
    assert set(np.unique(one.tie)) <= {-1, 1}
