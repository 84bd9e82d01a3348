import draws
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax.networks import common_private_networks

IMAGE, TEXT = draws.normal(1, 9, 6), draws.normal(2, 9, 5)


def networks(*, classify_kinds=True, masked=True):
    nets = common_private_networks(
        image_dim=6,
        text_dim=5,
        hidden=16,
        bits=8,
        classes=4,
        classify_kinds=classify_kinds,
        masked=masked,
    )
    return nets, nets.init(jax.random.key(0))


@pytest.fixture(scope="module")
def made():
    return networks()


def reference(weights, rows):
    """Codes, common and private part by the equations, from the rows' statistics."""

    def linear(layer, rows):
        return rows @ np.asarray(layer["kernel"]) + np.asarray(layer["bias"])

    for i in range(2):
        rows = linear(weights[f"layer_{i}"], rows)
        rows = (rows - rows.mean(0)) / np.sqrt(rows.var(0) + 1e-5)
        rows = np.maximum(rows, 0)
    mask = 1 / (1 + np.exp(-linear(weights["mask"], rows)))
    codes = np.tanh(linear(weights["hash"], rows * mask))
    return codes, rows * mask, rows * (1 - mask)


def test_training_follows_the_equations(made):
    nets, params = made
    outputs, _ = jax.jit(nets.train)(params, IMAGE, TEXT)
    for modality, rows in (("image", IMAGE), ("text", TEXT)):
        weights = params["hashing"][modality]
        codes, common, private = reference(weights, np.asarray(rows))
        found = getattr(outputs, modality)
        np.testing.assert_allclose(found.codes, codes, atol=2e-6)
        np.testing.assert_allclose(found.common, common, atol=2e-6)
        np.testing.assert_allclose(found.private, private, atol=2e-6)


def test_scores_are_of_both_common_and_then_both_private_parts(made):
    _, params = made
    nets, _ = networks(classify_kinds=False)
    outputs, _ = nets.train(params, IMAGE, TEXT)
    parts = [outputs.image.common, outputs.text.common]
    parts += [outputs.image.private, outputs.text.private]
    np.testing.assert_array_equal(outputs.kind_logits, np.concatenate(parts))


def test_a_head_of_kinds_exists_only_if_it_is_used(made):
    assert made[1]["hashing"]["kinds"]["layer_1"]["kernel"].shape == (2, 3)
    assert "kinds" not in networks(classify_kinds=False)[1]["hashing"]


def test_codes_outside_of_training_use_running_statistics_and_the_mask(made):
    nets, params = made
    _, moved = nets.train(params, IMAGE, TEXT)
    params = {**params, "statistics": moved}
    codes = nets.encode("image", params, IMAGE)
    np.testing.assert_array_equal(nets.encode("image", params, IMAGE[:2]), codes[:2])
    unmasked = networks(masked=False)[0].encode("image", params, IMAGE)
    assert np.abs(codes - unmasked).max() > 1e-3
    # A mask of 1 everywhere makes both the same.
    mask = params["hashing"]["image"]["mask"]
    mask = {"kernel": 0 * mask["kernel"], "bias": mask["bias"] + 100}
    image = {**params["hashing"]["image"], "mask": mask}
    params = {**params, "hashing": {**params["hashing"], "image": image}}
    codes = nets.encode("image", params, IMAGE)
    np.testing.assert_allclose(codes, unmasked, atol=1e-6)


@pytest.mark.usefixtures("double")
def test_shift_and_scale_of_features_before_normalization_change_nothing():
    """But for the 1e-5 that is added to variances; so CPAH scales no features."""
    nets, params = networks()
    params = jax.tree.map(lambda x: x.astype(jnp.float64), params)
    wide = jnp.asarray(IMAGE, jnp.float64) * 30 + 7
    scaled = (wide - wide.mean()) / wide.std()

    @jax.jit
    def value_and_slope(image):
        def loss(weights):
            grouped = {**params, "hashing": weights}
            outputs, _ = nets.train(grouped, image, jnp.asarray(TEXT))
            return (outputs.image.codes**3).sum(), outputs.image.codes

        return jax.grad(loss, has_aux=True)(params["hashing"])

    both = value_and_slope(wide), value_and_slope(scaled)
    for one, other in zip(*map(jax.tree.leaves, both), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-4)
