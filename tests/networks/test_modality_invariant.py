"""The networks of MIAN; tests/agreement compares them with the released code."""

import draws
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax.networks import local_response_norm, modality_invariant_networks
from scbch_jax.networks.modality_invariant import nearest_sources, window_means


def networks(**changes):
    sizes = {"image_dim": 6, "text_dim": 60, "classes": 3, "bits": 4}
    options = {"hidden": 8, "embedding": 5, "image_layers": 1, "multiscale": True}
    return modality_invariant_networks(**{**sizes, **options, **changes})


def weights(nets, name):
    return nets.init[name](jax.random.key(0))


def test_units_are_divided_by_the_strength_of_four():
    rows = np.array([[1.0, 2.0, 3.0, 4.0, 5.0]])
    squares = np.array([1 + 4, 1 + 4 + 9, 1 + 4 + 9 + 16, 4 + 9 + 16 + 25, 9 + 16 + 25])
    wanted = rows / (2 + 1e-4 * squares / 4) ** 0.75
    found = local_response_norm(jnp.asarray(rows, jnp.float32))
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


def test_it_agrees_with_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    rows = 100 * draws.normal(1, 3, 9)
    layer = torch.nn.LocalResponseNorm(size=4, alpha=1e-4, beta=0.75, k=2.0)
    wanted = layer(torch.tensor(np.asarray(rows))).numpy()
    np.testing.assert_allclose(local_response_norm(rows), wanted, rtol=1e-5)


def test_averages_leave_out_words_that_do_not_fill_a_window():
    rows = jnp.arange(12.0).reshape(2, 6)
    np.testing.assert_array_equal(window_means(rows, 4), [[1.5], [7.5]])


def test_entries_are_copied_to_the_nearest_places():
    np.testing.assert_array_equal(nearest_sources(2, 4), [0, 0, 1, 1])
    for width in (60, 300, 1386):
        places = nearest_sources(width // 50, width)
        assert (np.diff(places) >= 0).all()
        assert places[-1] == width // 50 - 1


@pytest.mark.parametrize(
    ("multiscale", "dim", "inputs"), [(True, 60, 360), (True, 12, 72), (False, 60, 60)]
)
def test_averages_are_inputs_beside_the_words(multiscale, dim, inputs):
    """Also of texts that are shorter than the largest window."""
    nets = networks(multiscale=multiscale, text_dim=dim)
    own = weights(nets, "text")
    assert own["layer_0"]["kernel"].shape == (inputs, 8)
    assert ("scales" in own) == multiscale
    outputs = nets.text(own, draws.uniform(1, 3, dim))
    assert outputs.codes.shape == (3, 4)
    assert outputs.features.shape == (3, 5)
    assert (outputs.features >= 0).all()
    assert ((outputs.probabilities > 0) & (outputs.probabilities < 1)).all()


def test_an_image_feature_is_drawn_around_its_mean():
    nets, rows = networks(image_layers=2), draws.normal(1, 3, 6)
    own = weights(nets, "image")
    assert own["layer_0"]["kernel"].shape == (6, 8)
    calm, zero, drawn = (
        nets.image(own, rows, noise)
        for noise in (None, jnp.zeros((3, 5)), jnp.ones((3, 5)))
    )
    np.testing.assert_array_equal(calm.codes, zero.codes)
    features = np.maximum(drawn.mean + np.exp(drawn.log_variance / 2), 0)
    hashing = own["hash"]
    wanted = np.tanh(features @ hashing["kernel"] + hashing["bias"][None])
    np.testing.assert_allclose(drawn.codes, wanted, rtol=1e-5, atol=1e-7)


def test_label_codes_are_linear():
    nets = networks()
    own = weights(nets, "label")
    codes = nets.label(own, jnp.eye(3)).codes
    np.testing.assert_array_equal(codes, own["hash"]["kernel"])
    assert own["hash"].keys() == {"kernel"}


def test_all_weights_start_small():
    nets = networks(hidden=100, embedding=50)
    for name in ("label", "text", "image"):
        for leaf in jax.tree.leaves(weights(nets, name)):
            assert np.abs(leaf).max() < 0.05
    kernel = weights(nets, "text")["layer_0"]["kernel"]
    assert np.std(kernel) == pytest.approx(0.01, rel=0.05)
