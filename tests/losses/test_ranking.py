import draws
import hand_checked
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import references

from scbch_jax import losses

pytestmark = pytest.mark.usefixtures("strict")
KEPT = jnp.array([True, True, False, True, True, False, True])


def matrices(batch):
    image, text, labels = batch
    similarity = losses.similarity_matrix(image, text)
    return similarity, losses.positive_pairs(losses.jaccard_matrix(labels))


@pytest.mark.parametrize(("shift", "expected"), [(1.0, 3.395581), (0.1, 3.571609)])
def test_hand_checked_values(shift, expected):
    similarity = losses.similarity_matrix(*hand_checked.unit_codes())
    value = losses.ranking_loss(similarity, margin=0.2, shift=shift)
    np.testing.assert_allclose(value, expected, rtol=3e-7)


def test_by_hand():
    """Own 0.6 and 0.4, margin 0.1: 0.55 is near the first, 0.2 is far from both."""
    s = jnp.array([[0.6, 0.55], [0.2, 0.4]])
    rows = np.log(np.exp(0.6) + np.exp(0.55)) - 0.6
    rows += np.log(np.exp(0.2 - 1) + np.exp(0.4)) - 0.4
    columns = np.log(np.exp(0.6) + np.exp(0.2 - 1)) - 0.6
    columns += np.log(np.exp(0.55) + np.exp(0.4)) - 0.4
    value = losses.ranking_loss(s, margin=0.1, shift=1.0)
    np.testing.assert_allclose(value, 0.2 + (rows + columns) / 2, rtol=1e-6)


@pytest.mark.parametrize(("margin", "shift"), [(0.2, 1.0), (0.0, 0.1)])
def test_against_double_loop(batch, transform, margin, shift):
    s, _ = matrices(batch)
    value = transform(lambda s: losses.ranking_loss(s, margin=margin, shift=shift))(s)
    expected = references.ranking(np.asarray(s, np.float64), margin, shift)
    np.testing.assert_allclose(value, expected, rtol=1e-6)


@pytest.mark.parametrize("both_directions", [False, True])
def test_kept_rows_against_double_loop(batch, transform, both_directions):
    s, positives = matrices(batch)

    def loss(s, positives, kept):
        return losses.supervised_ranking_loss(
            s,
            positives,
            margin=0.2,
            shift=1.0,
            both_directions=both_directions,
            where=kept,
        )

    value = transform(loss)(s, positives, KEPT)
    double = np.asarray(s, np.float64)
    expected = references.kept_ranking(
        double, positives, KEPT, 0.2, 1.0, both_directions
    )
    np.testing.assert_allclose(value, expected, rtol=1e-6)


@pytest.mark.parametrize("both_directions", [False, True])
def test_a_mask_equals_a_smaller_batch(batch, both_directions):
    """Value and gradient, and none for the rows left out."""
    s, positives = matrices(batch)
    rows = np.flatnonzero(KEPT)
    numbers = {"margin": 0.2, "shift": 1.0, "both_directions": both_directions}

    def masked(s):
        return losses.supervised_ranking_loss(s, positives, where=KEPT, **numbers)

    def cut(s):
        few = positives[np.ix_(rows, rows)]
        return losses.supervised_ranking_loss(s, few, **numbers)

    value, slope = jax.value_and_grad(masked)(s)
    expected, few = jax.value_and_grad(cut)(s[np.ix_(rows, rows)])
    np.testing.assert_allclose(value, expected, rtol=1e-6)
    np.testing.assert_allclose(slope[np.ix_(rows, rows)], few, atol=1e-7)
    assert float(jnp.abs(slope).sum()) == pytest.approx(float(jnp.abs(few).sum()))


def test_gradients_are_right(batch):
    """Against central differences in one random direction."""
    s, positives = matrices(batch)
    direction = draws.normal(5, *s.shape)

    for loss in (
        lambda s: losses.ranking_loss(s, margin=0.2, shift=1.0),
        lambda s: losses.supervised_ranking_loss(
            s, positives, margin=0.2, shift=1.0, both_directions=True, where=KEPT
        ),
    ):

        def along(t, loss=loss):
            return loss(s + t * direction)

        step = 1e-3
        expected = (along(step) - along(-step)) / (2 * step)
        np.testing.assert_allclose(jax.grad(along)(0.0), expected, rtol=2e-2)
