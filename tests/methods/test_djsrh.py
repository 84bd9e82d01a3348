import draws
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import losses
from scbch_jax.arrays import Batch
from scbch_jax.config.djsrh import HParams, Options
from scbch_jax.methods import Sizes, djsrh

SIZES = Sizes(image_dim=6, text_dim=5, classes=4, samples=7, bits=8)

IMAGE = jnp.array([[3.0, 4, 0], [4, 3, 0], [0, 1, 2], [1, 0, 1]])
TEXT = jnp.array([[1.0, 0], [1, 1], [0, 1], [0, 2]])
IMAGE_CODES = jnp.array([[0.5, -0.5], [0.25, 0.75], [-0.5, 0.5], [0.1, 0.2]])
TEXT_CODES = jnp.array([[0.4, -0.6], [0.3, 0.9], [0.5, 0.5], [-0.2, 0.2]])


def test_hand_checked_values():
    hp = HParams()
    inputs = djsrh.term_inputs(IMAGE_CODES, TEXT_CODES, IMAGE, TEXT, hp)
    first, last = [1.190773, 1.057703, -0.488193, -0.280841], [1.079380, 0.409729]
    np.testing.assert_allclose(inputs.target[0], first, atol=2e-6)
    np.testing.assert_allclose(inputs.target[3, [3, 2]], last, atol=2e-6)
    total, values = losses.weighted_sum(djsrh.terms(hp))(inputs)
    parts = [values[name] for name in ("image", "cross", "text")]
    np.testing.assert_allclose(parts, [0.522206, 0.764627, 0.698670], rtol=2e-6)
    assert float(total) == pytest.approx(0.886715, rel=2e-6)


def reference_target(image, text, beta, eta, mu):
    """S entry by entry, from the equations."""

    def cosine(a, b):
        length = np.linalg.norm(a) * np.linalg.norm(b)
        return a @ b / length if length else 0.0

    n = len(image)
    joint = np.array(
        [
            [
                beta * (2 * cosine(image[i], image[j]) - 1)
                + (1 - beta) * (2 * cosine(text[i], text[j]) - 1)
                for j in range(n)
            ]
            for i in range(n)
        ]
    )
    diffused = sum(np.outer(joint[:, k], joint[k]) for k in range(n)) / n
    return mu * ((1 - eta) * joint + eta * diffused)


@pytest.mark.parametrize("zero_row", [False, True])
def test_the_target_is_that_of_the_equations(zero_row):
    image, text = np.array(draws.normal(1, 7, 6)), np.array(draws.normal(2, 7, 5))
    text[3] *= not zero_row
    found = losses.joint_semantics(
        image, text, image_weight=0.3, second_order=0.6, scale=1.2
    )
    expected = reference_target(image, text, 0.3, 0.6, 1.2)
    np.testing.assert_allclose(found, expected, atol=2e-6)


def batch():
    labels = draws.labels(3, 7, 4, share=0.4)
    rows = draws.normal(1, 7, 6), draws.normal(2, 7, 5), labels
    return Batch(*(jnp.asarray(x) for x in rows), index=jnp.arange(7))


def test_codes_grow_steeper_with_the_epochs(key):
    """In epoch e, from 0, the loss is that of tanh(√(e + 1) z)."""
    method = djsrh.build(SIZES, Options(hidden=16), HParams())
    params, state = method.init(key)
    z = [
        jnp.arctanh(x(params, f))
        for x, f in zip(
            (method.encode_image, method.encode_text), batch()[:2], strict=True
        )
    ]
    loss = jax.jit(method.passes[0][0].loss)
    for epoch in (0, 3):
        total, _ = loss(params, state._replace(epoch=jnp.int32(epoch)), batch(), key)
        codes = [jnp.tanh(np.sqrt(epoch + 1) * x) for x in z]
        inputs = djsrh.term_inputs(*codes, *batch()[:2], HParams())
        expected, _ = losses.weighted_sum(djsrh.terms(HParams()))(inputs)
        np.testing.assert_allclose(total, expected, rtol=2e-5)
    plain = djsrh.build(SIZES, Options(hidden=16, continuation=False), HParams())
    first, _ = loss(params, state, batch(), key)
    late = state._replace(epoch=jnp.int32(3))
    same, _ = jax.jit(plain.passes[0][0].loss)(params, late, batch(), key)
    np.testing.assert_allclose(first, same, rtol=1e-6)


def test_labels_change_nothing(key):
    method = djsrh.build(SIZES, Options(hidden=16), HParams())
    params, state = method.init(key)
    loss = jax.jit(method.passes[0][0].loss)
    rows = batch()
    other = rows._replace(labels=1.0 - rows.labels)
    assert loss(params, state, rows, key)[0] == loss(params, state, other, key)[0]


def test_images_have_one_linear_layer_and_texts_two(key):
    params, _ = djsrh.build(SIZES, Options(hidden=16), HParams()).init(key)
    shapes = jax.tree.map(jnp.shape, params)
    assert shapes["image"]["network"] == {"layer_0": {"kernel": (6, 8), "bias": (8,)}}
    assert shapes["text"]["network"]["layer_1"]["kernel"] == (16, 8)
