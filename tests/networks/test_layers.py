import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax.networks import TorchBatchNorm, torch_dense

ROWS = np.array([[1.0, 0.0], [3.0, 4.0], [5.0, 8.0]])


def batch_norm(*, training, stats=None, rows=ROWS):
    module = TorchBatchNorm(training=training)
    start = module.init(jax.random.key(0), jnp.asarray(rows, jnp.float32))
    variables = start if stats is None else {**start, "batch_stats": stats}
    found, changed = module.apply(
        variables, jnp.asarray(rows, jnp.float32), mutable=["batch_stats"]
    )
    stats = {name: np.asarray(x) for name, x in changed["batch_stats"].items()}
    return np.asarray(found), stats


def test_rows_of_a_batch_are_normalized():
    rows, _ = batch_norm(training=True)
    # The biased variances are 8/3 and 32/3.
    expected = (ROWS - np.array([3.0, 4.0])) / np.sqrt(np.array([8, 32]) / 3 + 1e-5)
    np.testing.assert_allclose(rows, expected, rtol=1e-6)


def test_running_statistics_move_by_a_tenth_to_the_unbiased_ones():
    _, stats = batch_norm(training=True)
    np.testing.assert_allclose(stats["mean"], [0.3, 0.4], rtol=1e-6)
    np.testing.assert_allclose(stats["var"], [0.9 + 0.4, 0.9 + 1.6], rtol=1e-6)


def test_running_statistics_are_used_outside_training():
    given = {"mean": np.array([1.0, 2.0]), "var": np.array([4.0, 0.25])}
    rows, stats = batch_norm(training=False, stats=given)
    expected = (ROWS - given["mean"]) / np.sqrt(given["var"] + 1e-5)
    np.testing.assert_allclose(rows, expected, rtol=1e-6)
    assert (stats["mean"] == given["mean"]).all()


def test_batch_norm_agrees_with_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    layer = torch.nn.BatchNorm1d(2)
    expected = layer(torch.tensor(np.asarray(ROWS)))
    rows, stats = batch_norm(training=True)
    np.testing.assert_allclose(rows, expected.detach().numpy(), atol=1e-6)
    running = layer.running_var.numpy()
    np.testing.assert_allclose(stats["var"], running, rtol=1e-6)


def test_a_linear_layer_starts_in_the_range_of_pytorch():
    start = torch_dense(16, 200).init(jax.random.key(0), jnp.zeros((1, 16)))["params"]
    for values in start.values():
        assert 0.24 < np.abs(values).max() <= 0.25
