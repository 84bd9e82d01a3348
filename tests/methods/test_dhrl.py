import draws
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import losses, networks
from scbch_jax.arrays import Batch
from scbch_jax.config.dhrl import HParams, Options
from scbch_jax.methods import Sizes, dhrl
from scbch_jax.training import RunState, gradient_step

SIZES = Sizes(image_dim=6, text_dim=5, classes=4, samples=7, bits=3)
OPTIONS = Options(hidden=8, text_hidden=7, width=4, layers=1, dropout=0.0, kept=5)

LABELS = jnp.array(
    [[1.0, 0, 1, 0, 0], [0, 1, 0, 0, 1], [1, 1, 0, 0, 0], [0, 0, 0, 1, 0]]
)
PLACES = 1 + 5 * np.arange(4)[:, None] + np.arange(5)[None]
LOGITS = tuple(jnp.float32(1.5 * f(PLACES)) for f in (np.sin, np.cos))


def hand_checked(kept):
    places = 1 + 8 * np.arange(4)[:, None] + np.arange(8)[None]
    codes = tuple(jnp.float32(np.tanh(f(places))) for f in (np.sin, np.cos))
    return dhrl.term_inputs(codes, LOGITS, LABELS, HParams(), Options(kept=kept))


def scores(logits, labels):
    weights = {"absent_weight": 0.2, "given_weight": 0.8}
    return losses.label_ranking_score(logits, labels, **weights)


def test_hand_checked_values():
    image, text = (scores(z, LABELS) for z in LOGITS)
    wanted = [4.309813, 9.566148, 19.591460, 3.289244]
    np.testing.assert_allclose(image, wanted, rtol=1e-6)
    wanted = [6.806998, 9.103012, 5.181868, 0.014876]
    np.testing.assert_allclose(text, wanted, rtol=1e-6, atol=1e-6)
    inputs = hand_checked(kept=3)
    np.testing.assert_array_equal(inputs.image_ranked, [True, True, False, True])
    np.testing.assert_array_equal(inputs.text_ranked, [True, False, True, True])
    total, values = losses.weighted_sum(dhrl.terms(HParams()))(inputs)
    parts = [values[name] for name in ("image", "text", "alignment")]
    np.testing.assert_allclose(parts, [4.339981, 3.756180, 0.650169], rtol=1e-6)
    assert float(total) == pytest.approx(sum(map(float, parts)), rel=1e-6)


def test_all_rows_of_a_short_batch_are_kept():
    inputs = hand_checked(kept=96)
    assert inputs.image_ranked.all()
    entropies = [2.925320, 4.742406, 6.918251, 3.176373]
    value = dhrl.terms(HParams())["image"][1](inputs)
    assert float(value) == pytest.approx(np.mean(entropies), rel=1e-6)


def reference_score(logits, labels):
    """Of one row, pair by pair, from the equation."""
    total, classes = 0.0, range(len(labels))
    for weight, missing in ((0.2, True), (0.8, False)):
        for c in classes:
            squares = 1e-10
            for other in classes:
                absent, given = (c, other) if missing else (other, c)
                if labels[absent] == 0 and labels[given] == 1:
                    hinge = max(0.0, 2 * (logits[absent] - logits[given]) + 1)
                    squares += hinge**2
            total += weight * squares**0.5
    return total


def test_ranking_scores_are_those_of_the_equation():
    logits = np.array(draws.normal(1, 6, 5))
    labels = np.array(draws.labels(2, 6, 5, share=0.4))
    labels[0], labels[1] = 0, 1  # Without a label, and with all of them.
    expected = [reference_score(*row) for row in zip(logits, labels, strict=True)]
    np.testing.assert_allclose(scores(logits, labels), expected, rtol=1e-5)


def test_the_selection_has_no_gradient():
    def total(logits):
        inputs = hand_checked(kept=3)
        ranked = dhrl.term_inputs(
            (inputs.image_codes, inputs.text_codes),
            (logits, LOGITS[1]),
            LABELS,
            HParams(),
            Options(kept=3),
        )
        return losses.weighted_sum(dhrl.terms(HParams()))(ranked)[0]

    slope = np.array(jax.grad(total)(LOGITS[0]))
    expected = np.array((jax.nn.sigmoid(LOGITS[0]) - LABELS) / 3)
    expected[1] = 0  # The texts do not keep it.
    np.testing.assert_allclose(slope, expected, atol=1e-6)


@pytest.fixture(scope="module")
def stepped():
    """A method, and its state before and after one step."""
    method = dhrl.build(SIZES, OPTIONS, HParams())
    params, state = jax.jit(method.init)(jax.random.key(0))
    memory = {g: o.init(params[g]) for g, o in method.optimizers.items()}
    run = RunState(params, memory, state)
    rows = draws.normal(1, 7, 6), draws.normal(2, 7, 5)
    labels = draws.labels(3, 7, 4, share=0.4)
    batch = Batch(*(jnp.asarray(x) for x in (*rows, labels)), index=jnp.arange(7))
    (step,) = method.passes[0]
    after, log = jax.jit(
        lambda run, key: gradient_step(step, method.optimizers, run, batch, key)
    )(run, jax.random.key(1))
    return method, run, after, batch, log


def test_statistics_of_the_shared_head_move_twice_in_a_step(stepped):
    """By a tenth toward those of the images, then of the texts."""
    method, run, after, batch, _ = stepped
    expected = np.zeros(SIZES.bits * 2), np.ones(SIZES.bits * 2)
    for modality, rows in (("image", batch.image), ("text", batch.text)):
        tokens = tokens_of(run.params, modality, rows)
        head = run.params["head"]
        hidden = np.concatenate(
            [
                tokens[:, k] @ head["inner"][k] + head["inner_bias"][k][None]
                for k in range(SIZES.bits)
            ],
            axis=1,
        )
        measured = hidden.mean(axis=0), hidden.var(axis=0, ddof=1)
        expected = [0.9 * e + 0.1 * m for e, m in zip(expected, measured, strict=True)]
    found = after.state.statistics["head"]["norm"]
    np.testing.assert_allclose(found["mean"], expected[0], atol=1e-5)
    np.testing.assert_allclose(found["var"], expected[1], atol=1e-5)
    assert method.after_step(after.params, after.state)["statistics"] == (
        after.state.statistics
    )


def tokens_of(params, modality, rows):
    """Tokens of a batch, in training, from a fresh network of the same shape."""
    hidden = {"image": OPTIONS.hidden, "text": OPTIONS.text_hidden}[modality]
    net = networks.token_network(
        features=rows.shape[1],
        hidden=hidden,
        width=OPTIONS.width,
        tokens=SIZES.bits,
        layers=OPTIONS.layers,
        dropout=0.0,
    )
    statistics = params["statistics"][modality]
    train = jax.jit(net.train)
    return train(params[modality], statistics, rows, jax.random.key(0))[0]


def test_codes_do_not_depend_on_the_other_rows_of_a_block(stepped):
    method, _, after, batch, _ = stepped
    params = method.after_step(after.params, after.state)
    for encode, rows in (
        (method.encode_image, batch.image),
        (method.encode_text, batch.text),
    ):
        encode = jax.jit(encode)
        codes = encode(params, rows)
        assert codes.shape == (7, 3)
        assert (np.abs(codes) < 1).all()
        np.testing.assert_allclose(codes[:1], encode(params, rows[:1]), atol=1e-6)


@pytest.mark.slow
@pytest.mark.nightly
def test_compiled_and_eager_losses_agree(stepped):
    method, run, _, batch, log = stepped
    total, _ = method.passes[0][0].loss(run.params, run.state, batch, jax.random.key(0))
    np.testing.assert_allclose(total, log["total"], rtol=1e-5)


def test_every_group_but_the_statistics_is_trained(stepped):
    method, run, after, _, _ = stepped
    assert {*run.params} - {*method.optimizers} == {"statistics"}
    for group in method.optimizers:
        before, now = (jax.tree.leaves(x.params[group]) for x in (run, after))
        assert any((a != b).any() for a, b in zip(before, now, strict=True))


def test_layers_of_a_transformer_start_alike(key):
    net = networks.token_network(
        features=5, hidden=3, width=4, tokens=3, layers=2, dropout=0.5
    )
    params, _ = jax.jit(net.init)(key)
    jax.tree.map(np.testing.assert_array_equal, params["layer_0"], params["layer_1"])
    packed = np.abs(params["layer_0"]["attention_in"]["kernel"]).max()
    assert packed <= (6 / (4 * 4)) ** 0.5
