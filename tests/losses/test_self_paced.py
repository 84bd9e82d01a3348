import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import losses

pytestmark = pytest.mark.usefixtures("strict")

ROW_LOSSES = jnp.array([0.0, 0.7, 1.9, 2.0, 8.0])
THRESHOLD = 2.0


@pytest.mark.parametrize(("pace", "linear"), [("linear", True), ("hard", False)])
def test_weights_minimize_the_regularized_loss(pace, linear):
    """No other weight from 0 to 1 is better, for any row."""
    weights = getattr(losses, f"{pace}_pace")(ROW_LOSSES, threshold=THRESHOLD)

    def objective(w, loss):
        regularizer = losses.pace_regularizer(
            w[None], threshold=THRESHOLD, linear=linear
        )
        return w * loss + regularizer

    grid = jnp.linspace(0, 1, 41)
    for loss, weight in zip(ROW_LOSSES, weights, strict=True):
        others = jax.vmap(objective, in_axes=(0, None))(grid, loss)
        assert float(objective(weight, loss)) <= float(others.min()) + 1e-6


def test_weights_have_no_gradient(transform):
    def weighted(row_losses):
        weights = losses.linear_pace(row_losses, threshold=THRESHOLD)
        regularizer = losses.pace_regularizer(weights, threshold=THRESHOLD, linear=True)
        return (weights * row_losses).sum() + regularizer

    slope = transform(jax.grad(weighted))(ROW_LOSSES)
    np.testing.assert_allclose(slope, [1, 0.65, 0.05, 0, 0], atol=1e-6)


@pytest.mark.parametrize(
    ("share", "rows", "kept"),
    [
        # Of the released code's batches of 128: 102.4, 64 and 25.6 rows.
        (1 - 0.2, 128, 102),
        (1 - 0.5, 128, 64),
        (1 - 0.8, 128, 25),
        # None of 4 rows would be kept; a mean over none is NaN.
        (1 - 0.8, 4, 1),
        (0.0, 4, 1),
        (1.0, 7, 7),
        # 0.2 is not a binary fraction, and 2 rows stay 2.
        (1 - 0.8, 10, 2),
    ],
)
def test_a_share_of_the_rows_is_selected(transform, share, rows, kept):
    row_losses = jnp.asarray(np.random.default_rng(0).permutation(rows), jnp.float32)
    found = transform(lambda x, s: losses.smallest_losses(x, share=s))(
        row_losses, jnp.float32(share)
    )
    np.testing.assert_array_equal(found, row_losses < kept)


def test_of_equal_losses_the_first_are_selected():
    found = losses.smallest_losses(jnp.zeros(4), share=0.5)
    np.testing.assert_array_equal(found, [True, True, False, False])
