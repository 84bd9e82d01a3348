import hand_checked
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import losses

pytestmark = pytest.mark.usefixtures("strict")


def test_hand_checked_values():
    codes, prototypes = hand_checked.unit_codes(), jnp.tanh(hand_checked.prototypes())
    value = losses.prototype_loss(*codes, prototypes, hand_checked.LABELS)
    np.testing.assert_allclose(value, 2.958208, rtol=3e-7)
    worst = losses.max_own_prototype_distance(*codes, prototypes, hand_checked.LABELS)
    expected = [3.948766, 2.718636, 4.882373, 4.174752]
    np.testing.assert_allclose(worst, expected, rtol=3e-7)
    a, b = jnp.tanh(codes)
    per_row = [0.031855, 0.035364, 0.034976, 0.032084]
    for i, wanted in enumerate(per_row):
        only = jnp.arange(4) == i
        value = losses.unit_quantization_loss(a, where=only)
        value += losses.unit_quantization_loss(b, where=only)
        np.testing.assert_allclose(value, wanted, atol=6e-7)


def test_only_prototypes_have_a_gradient():
    codes, prototypes = hand_checked.unit_codes(), hand_checked.prototypes()

    def loss(image, text, prototypes):
        return losses.prototype_loss(image, text, prototypes, hand_checked.LABELS)

    image, text, moved = jax.grad(loss, argnums=(0, 1, 2))(*codes, prototypes)
    assert not image.any()
    assert not text.any()
    # The gradient of a mean of squares, by hand.
    wanted = 2 * hand_checked.LABELS - 1
    slopes = sum(2 * (c @ prototypes.T - wanted).T @ c for c in codes) / wanted.size
    np.testing.assert_allclose(moved, slopes, atol=1e-6)


def test_a_mask_equals_a_smaller_batch(transform):
    (image, text), prototypes = hand_checked.unit_codes(), hand_checked.prototypes()
    kept, rows = jnp.array([True, False, True, True]), jnp.array([0, 2, 3])

    def loss(kept):
        labels = hand_checked.LABELS
        return losses.prototype_loss(image, text, prototypes, labels, where=kept)

    few = losses.prototype_loss(
        image[rows], text[rows], prototypes, hand_checked.LABELS[rows]
    )
    np.testing.assert_allclose(transform(loss)(kept), few, rtol=1e-6)


def test_a_row_without_labels_is_near():
    codes = hand_checked.unit_codes()
    labels = hand_checked.LABELS.at[1].set(0)
    worst = losses.max_own_prototype_distance(*codes, hand_checked.prototypes(), labels)
    assert float(worst[1]) == 0


def test_class_probability_against_loops(transform):
    (codes, _), prototypes = hand_checked.unit_codes(), hand_checked.prototypes()
    found = transform(losses.log_class_probability)(
        codes, prototypes, hand_checked.LABELS
    )
    for i, code in enumerate(np.asarray(codes)):
        force = [np.exp(code @ p) for p in np.asarray(prototypes)]
        own = sum(f for f, y in zip(force, hand_checked.LABELS[i], strict=True) if y)
        np.testing.assert_allclose(found[i], np.log(own / sum(force)), rtol=2e-6)


def test_a_row_without_labels_has_no_gradient():
    (codes, _), prototypes = hand_checked.unit_codes(), hand_checked.prototypes()
    labels = hand_checked.LABELS.at[1].set(0)

    def loss(codes):
        found = losses.log_class_probability(codes, prototypes, labels)
        return losses.generalized_cross_entropy(found, exponent=0.01).sum()

    slope = jax.grad(loss)(codes)
    np.testing.assert_array_equal(slope[1], 0)
    assert np.isfinite(slope).all()
    assert slope[0].any()
