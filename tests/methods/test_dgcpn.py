import draws
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import losses
from scbch_jax.arrays import Batch
from scbch_jax.config.dgcpn import HParams, Options
from scbch_jax.methods import Recipe, Sizes, dgcpn
from scbch_jax.training import RunState, gradient_step
from scbch_jax.types import Split

SIZES = Sizes(image_dim=6, text_dim=5, classes=4, samples=9, bits=8)
OPTIONS = Options(hidden=16, neighbors=5, scale=10.0)


@pytest.fixture
def train():
    return Split(draws.uniform(1, 9, 6), draws.uniform(2, 9, 5), draws.labels(3, 9, 4))


@pytest.fixture
def batch(train):
    return Batch(*(array[:4] for array in train), index=jnp.arange(4))


def started(train, key, **options):
    chosen = Options(**{**vars(OPTIONS), **options})
    recipe = Recipe("dgcpn", SIZES, chosen, 4)
    method = recipe.build(HParams(), recipe.context(train))
    params, state = method.init(key)
    memory = {g: o.init(params[g]) for g, o in method.optimizers.items()}
    return method, RunState(params, memory, state)


def test_hand_checked_values():
    image = jnp.array([[3, 4, 0], [4, 3, 0], [0, 1, 2], [1, 0, 1]], jnp.float32)
    text = jnp.array([[1, 0], [1, 1], [0, 1], [0, 2]], jnp.float32)
    rows = Split(image, text, text)
    graph = dgcpn.context(Options(neighbors=3, scale=4.0), rows)
    one = jnp.array([[0.5, -0.5], [0.25, 0.75], [-0.5, 0.5], [0.1, 0.2]])
    other = jnp.array([[0.4, -0.6], [0.3, 0.9], [0.5, 0.5], [-0.2, 0.2]])
    objective = losses.weighted_sum(dgcpn.terms(HParams()))
    total, values = objective(dgcpn.term_inputs(one, other, graph))
    assert float(total) == pytest.approx(3.718015, rel=4e-7)
    assert float(values["pair"]) == pytest.approx(1.042778, rel=1e-6)
    parts = 0.495661 + 0.658821 + 0.518378
    assert float(values["coherence"]) == pytest.approx(parts, rel=1e-6)
    assert float(values["consistency"]) == pytest.approx(1.002377, rel=1e-6)
    half = objective(dgcpn.term_inputs(one, jnp.sign(other), graph))[0]
    assert float(half) == pytest.approx(3.952944, rel=4e-7)
    half = objective(dgcpn.term_inputs(jnp.sign(one), other, graph))[0]
    assert float(half) == pytest.approx(4.374061, rel=4e-7)


@pytest.mark.slow
def test_the_half_binary_step_equals_two_released_steps(train, batch, key):
    """Each network moves by the loss against the other's signs, from one pass."""
    method, run = started(train, key, dropout=0.0)
    _, half = method.passes[0]
    moved, _ = gradient_step(half, method.optimizers, run, batch, jax.random.key(1))
    graph = dgcpn.context(OPTIONS, train)[:4, :4]
    objective = losses.weighted_sum(dgcpn.terms(HParams()))
    signs = (
        jnp.sign(method.encode_image(run.params, batch.image)),
        jnp.sign(method.encode_text(run.params, batch.text)),
    )

    def of_image(image):
        codes = method.encode_image({"image": image}, batch.image)
        return objective(dgcpn.term_inputs(codes, signs[1], graph))[0]

    def of_text(text):
        codes = method.encode_text({"text": text}, batch.text)
        return objective(dgcpn.term_inputs(signs[0], codes, graph))[0]

    for group, loss in (("image", of_image), ("text", of_text)):
        slopes = jax.grad(loss)(run.params[group])
        for old, slope, new in zip(
            *map(jax.tree.leaves, (run.params[group], slopes, moved.params[group])),
            strict=True,
        ):
            expected = old - 0.005 * (slope + 5e-4 * old)
            np.testing.assert_allclose(new, expected, atol=1e-7)


@pytest.mark.slow
def test_both_steps_of_a_batch_share_the_momentum(train, batch, key):
    method, run = started(train, key, dropout=0.0)
    before = run.params["text"]["layer_0"]["kernel"]
    changes = []
    for i, step in enumerate(method.passes[0]):
        key = jax.random.key(i)
        run, _ = gradient_step(step, method.optimizers, run, batch, key)
        after = run.params["text"]["layer_0"]["kernel"]
        changes.append(np.asarray(after - before))
        before = after
    trace = run.opt["text"][1].trace["layer_0"]["kernel"]
    np.testing.assert_allclose(changes[1], -0.005 * np.asarray(trace), atol=1e-7)
    # Without the first step's share the second would be all of the memory.
    own = np.asarray(trace) + 0.9 * changes[0] / 0.005
    assert not np.allclose(own, trace, atol=1e-5)


@pytest.mark.slow
def test_dropout_acts_in_training_only(train, batch, key):
    method, run = started(train, key)
    first, second = (
        method.passes[0][0].loss(run.params, run.state, batch, k)[0]
        for k in jax.random.split(jax.random.key(1))
    )
    assert float(first) != float(second)
    codes = [method.encode_image(run.params, batch.image) for _ in range(2)]
    np.testing.assert_array_equal(*codes)


def test_the_last_text_layer_starts_with_its_standard_deviation(key):
    """0.3 in the last layer of the text network; PyTorch's default is 0.02."""
    wide = Options(hidden=512, neighbors=5)
    params, _ = dgcpn.build(SIZES, wide, HParams()).init(key)
    spreads = {g: float(p["layer_1"]["kernel"].std()) for g, p in params.items()}
    # 4,096 draws: the standard error is 0.0033.
    assert spreads["text"] == pytest.approx(0.3, abs=0.012)
    assert spreads["image"] == pytest.approx(512**-0.5 / 3**0.5, rel=0.05)
