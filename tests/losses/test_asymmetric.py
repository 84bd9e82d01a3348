import hand_checked
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import losses

pytestmark = pytest.mark.usefixtures("strict")

LOSSES = [losses.asymmetric_squared_loss, losses.asymmetric_likelihood_loss]


def hand_checked_inputs():
    codes, tables, labels = hand_checked.asymmetric()
    shared = losses.shared_label_matrix(labels, hand_checked.LABELS)
    return codes, tables, 0.999 * shared


@pytest.mark.parametrize(
    ("loss", "values"),
    [(LOSSES[0], (10.772202, 12.036279)), (LOSSES[1], (15.846717, 16.743955))],
)
def test_hand_checked_values(loss, values, transform):
    codes, tables, shared = hand_checked_inputs()
    for table, value in zip(tables, values, strict=True):
        found = transform(loss)(codes, table, shared)
        np.testing.assert_allclose(found, value, rtol=3e-7)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_slow_reference_agrees_also_for_large_products(loss):
    codes, (table, _), shared = hand_checked_inputs()
    codes = 30 * codes
    value = 0.0
    for i in range(len(table)):
        for j in range(len(codes)):
            theta = float(np.float64(table[i]) @ np.float64(codes[j])) / 2
            term = np.logaddexp(0, theta) - float(shared[i, j]) * theta
            value += term**2 if loss is LOSSES[0] else term
    np.testing.assert_allclose(loss(codes, table, shared), value, rtol=1e-6)
    assert np.isfinite(jax.grad(loss)(100 * codes, table, shared)).all()


@pytest.mark.parametrize("loss", LOSSES)
def test_the_table_has_no_gradient(loss):
    codes, (table, _), shared = hand_checked_inputs()
    of_codes, of_table = jax.grad(loss, argnums=(0, 1))(codes, table, shared)
    assert of_codes.any()
    assert not of_table.any()


def test_written_rows_have_no_gradient():
    def total(rows):
        return losses.with_rows(jnp.ones((3, 2)), jnp.array([2, 0]), rows).sum()

    value, slope = jax.value_and_grad(total)(jnp.array([[5.0, 5.0], [1.0, 2.0]]))
    assert (float(value), float(jnp.abs(slope).sum())) == (15.0, 0.0)


@pytest.mark.errors
def test_vectors_are_refused():
    for loss in LOSSES:
        with pytest.raises(ValueError, match="codes"):
            loss(jnp.ones(2), jnp.ones((3, 2)), jnp.ones((3, 1)))


def test_balance_sums_the_batch_and_all_rows_outside_of_it(transform):
    codes, (table, _), _ = hand_checked_inputs()
    index = jnp.array([5, 0, 3, 1])
    rows = np.array(table, np.float64)
    rows[np.array(index)] = np.asarray(codes, np.float64)
    value = (rows.sum(axis=0) ** 2).sum()
    found = transform(losses.asymmetric_balance_loss)(codes, table, index)
    np.testing.assert_allclose(found, value, rtol=2e-6)
    slopes = jax.grad(losses.asymmetric_balance_loss, argnums=(0, 1))
    of_codes, of_table = slopes(codes, table, index)
    wanted = np.tile(2 * rows.sum(axis=0), (4, 1))
    np.testing.assert_allclose(of_codes, wanted, rtol=2e-6)
    assert not of_table.any()
