import draws
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import losses, neighbors, training
from scbch_jax.arrays import TrainingCodes
from scbch_jax.config.cirh import HParams, Options
from scbch_jax.methods import Recipe, Sizes, cirh
from scbch_jax.networks import JointOutputs
from scbch_jax.types import Split

SIZES = Sizes(image_dim=6, text_dim=5, classes=4, samples=12, bits=8)
OPTIONS = Options(hidden=16, joint_hidden=16, dropped=0.5, dropout=0.0)

IMAGE = jnp.array([[3.0, 4, 0], [4, 3, 0], [0, 1, 2], [1, 0, 1]])
TEXT = jnp.array([[1.0, 0], [1, 1], [0, 1], [0, 2]])
IMAGE_CODES = jnp.array([[0.5, -0.5], [0.25, 0.75], [-0.5, 0.5], [0.1, 0.2]])
TEXT_CODES = jnp.array([[0.4, -0.6], [0.3, 0.9], [0.5, 0.5], [-0.2, 0.2]])
SIGNS = jnp.array([[1.0, -1], [-1, 1], [1, 1], [-1, -1]])
GRAPH = cirh.context(Options(dropped=0.25), Split(IMAGE, TEXT, TEXT))


def values_of(image_part, text_part, codes):
    """All terms of these outputs of the joint network; its features are off by 1."""
    joint = JointOutputs(image_part, text_part, codes, IMAGE + 1.0, TEXT - 1.0)
    inputs = cirh.TermInputs(IMAGE_CODES, TEXT_CODES, GRAPH, joint, IMAGE, TEXT, GRAPH)
    return losses.weighted_sum(cirh.terms(HParams()))(inputs)


def test_the_graph_and_the_mixed_rows_are_those_computed_by_hand():
    rows = [
        [1.184847, 0.677241, 0, 0.178054],
        [0, 0.309973, 1.184847, 0.616137],
        [0.025319, 0.493937, 0.616137, 1.184847],
    ]
    np.testing.assert_allclose(GRAPH[jnp.array([0, 2, 3])], rows, atol=1e-6)
    one = np.eye(4)
    mixed = 0.7 * one + 0.2 * one[[3, 3, 1, 1]] + 0.1 * one[[2, 2, 0, 0]]
    np.testing.assert_allclose(cirh.mixed_rows(jnp.eye(4), GRAPH), mixed, rtol=1e-6)


def test_losses_computed_by_hand():
    _, values = values_of(TEXT_CODES, IMAGE_CODES, SIGNS)
    assert float(values["regression"]) == pytest.approx(1.651250, rel=1e-6)
    assert float(values["similarity"]) == pytest.approx(1.415442, rel=1e-6)
    functions = values["regression"] + 0.01 * values["similarity"]
    assert float(functions) == pytest.approx(1.665404, rel=1e-6)
    codes = jnp.tanh(IMAGE_CODES + TEXT_CODES)
    total, values = values_of(2 * TEXT_CODES, 3 * IMAGE_CODES, codes)
    correlation = 0.483197 + 0.367504 + 0.417425
    assert float(values["correlation"]) == pytest.approx(correlation, rel=2e-6)
    # One entry is 0: its sign is 1 here, and 0 in the value by hand.
    by_hand = 0.203341 + 1 / codes.size
    assert float(values["discretization"]) == pytest.approx(by_hand, rel=3e-6)
    assert float(values["identity"]) == pytest.approx(2.0)
    weights = {"identity": 10.0, "similarity": 0.01}
    parts = (weights.get(k, 1.0) * v for k, v in values.items() if k != "total")
    assert float(total) == pytest.approx(float(sum(parts)), rel=1e-6)


def test_a_row_keeps_its_largest_cosines():
    image, text = draws.normal(1, 12, 6), draws.normal(2, 12, 5)
    given = {"image_weight": 0.3, "cosine_weight": 1.0}
    whole = np.array(neighbors.pruned_graph(image, text, **given, dropped=0))
    pruned = np.asarray(
        neighbors.pruned_graph(image, text, **given, dropped=7, block=5)
    )
    order = whole.argsort(axis=1)
    np.put_along_axis(whole, order[:, :7], 0.0, axis=1)
    np.testing.assert_array_equal(pruned, whole)


@pytest.mark.errors
@pytest.mark.parametrize("dropped", [-1, 4])
def test_rows_to_drop_are_checked(dropped):
    with pytest.raises(ValueError, match=f"dropped: got {dropped}, wanted 0 to 3"):
        neighbors.pruned_graph(
            IMAGE, TEXT, image_weight=0.5, cosine_weight=0.5, dropped=dropped
        )


@pytest.fixture(scope="module")
def train():
    rows = draws.uniform(1, 12, 6), draws.uniform(2, 12, 5), draws.labels(3, 12, 4)
    return Split(*rows)


@pytest.fixture(scope="module")
def start():
    recipe = Recipe("cirh", SIZES, OPTIONS, batch_size=6)
    return training.start(HParams(), jax.random.key(0), recipe=recipe)


@pytest.mark.parametrize("rows", ["item", "position"])
def test_functions_follow_the_similarities_of_these_rows(train, start, rows):
    """In the second batch of an epoch, in an order that is not that of the rows."""
    options = Options(**{**vars(OPTIONS), "similarity_rows": rows})
    graph = cirh.context(options, train)
    method = cirh.build(SIZES, options, HParams(), graph=graph)
    index = np.array([3, 11, 0, 7, 5, 2])
    params, state = start.params, start.state._replace(rows=jnp.int32(6))
    batch = training.gather(train, jnp.asarray(index))
    loss = jax.jit(method.passes[0][0].loss)
    _, (state, values) = loss(params, state, batch, jax.random.key(1))
    places = index if rows == "item" else 6 + np.arange(6)
    target = np.asarray(graph)[places][:, places]
    h = method.encode_image(params, batch.image)
    g = method.encode_text(params, batch.text)
    wanted = sum(
        np.square(np.asarray(losses.cosine_matrix(a, b)) - target).mean()
        for a, b in ((h, g), (h, h), (g, g))
    )
    np.testing.assert_allclose(values["similarity"], wanted, rtol=1e-5)
    assert int(state.rows) == 12
    given = params, state, TrainingCodes(*train), jnp.int32(1), jax.random.key(1)
    assert method.epoch_update(*given) == (1, 0)


def test_hash_functions_see_directions_only(train, start):
    method, params = cirh.build(SIZES, OPTIONS, HParams()), start.params
    for encode, rows in (
        (method.encode_image, train.image),
        (method.encode_text, train.text),
    ):
        same = encode(params, 9.0 * rows)
        np.testing.assert_allclose(encode(params, rows), same, atol=1e-6)
    shapes = jax.tree.map(jnp.shape, params)
    assert shapes["image"]["layer_0"]["kernel"] == (6, 16)
    assert shapes["text"]["layer_0"]["kernel"] == (5, 5)
    assert 0.8 < float(params["image"]["layer_1"]["kernel"].std()) < 1.2
