"""VGG19 against recorded outputs of torchvision's, with random weights."""

import jax
import numpy as np
import pytest
from conftest import ROOT
from recorders import record_vgg19 as recorded

from scbch_jax import features, networks

WHOLE = networks.layer_shapes()


@pytest.fixture(scope="module")
def outputs():
    return dict(np.load(ROOT / "tests" / "recorders" / "vgg19.npz"))


@pytest.fixture(scope="module")
def state():
    return recorded.draw_state(recorded.NARROW)


def pictures(count):
    from PIL import Image

    sizes = recorded.SIZES[:count]
    drawn = [Image.fromarray(recorded.draw_picture(*size)) for size in sizes]
    return np.stack([features.center_crop(picture) for picture in drawn])


def from_torch(state):
    return networks.vgg19_from_torch(state, width_divisor=recorded.NARROW)


def close(found, expected):
    """Within 1e-4 of the largest value of each row."""
    scale = np.abs(expected).max(axis=1, keepdims=True)
    assert (scale > 0.1).all()
    np.testing.assert_allclose(found / scale, expected / scale, rtol=0, atol=1e-4)


def test_pictures_are_cropped_as_by_torchvision(outputs):
    mean, std = networks.TORCHVISION
    cropped = (pictures(len(recorded.SIZES))[:, ::7, ::7] / 255 - mean) / std
    np.testing.assert_allclose(cropped, outputs["crops"], atol=1e-6)


def test_fc7_of_a_narrow_network(outputs, state):
    params = from_torch(state)
    found = jax.jit(networks.vgg19_fc7)(params, pictures(2))
    close(np.asarray(found), outputs["narrow"])
    assert found.shape == (2, 256)


@pytest.mark.slow
def test_fc7_of_the_whole_network(outputs):
    params = networks.vgg19_from_torch(recorded.draw_state(1))
    found = jax.jit(networks.vgg19_fc7)(params, pictures(1))
    assert found.shape == (1, 4096)
    close(np.asarray(found), outputs["whole"])


def test_the_widths_are_those_of_the_paper():
    """Configuration E has 144 million weights, 4.1 of them in the last layer."""
    biases = sum(shape[-1] for shape in WHOLE.values())
    weights = sum(int(np.prod(shape)) for shape in WHOLE.values())
    assert weights + biases + 4096 * 1000 + 1000 == 143_667_240
    assert len(WHOLE) == 18


def test_keras_weights_are_the_same_function(state):
    """Written as Keras has them: pixel by pixel, blue first, another mean."""
    params = from_torch(state)
    keras = as_keras(params)
    again = networks.vgg19_from_keras(
        networks.keras_names(keras), width_divisor=recorded.NARROW
    )
    jax.tree.map(np.testing.assert_array_equal, params, again)


def as_keras(params, style="old"):
    """Paths as keras.applications distributes them, or as save_weights writes."""
    names = {}
    blocks = [(b, c) for b, (n, _) in enumerate(recorded.STAGES) for c in range(n)]
    layers = [f"block{b + 1}_conv{c + 1}" for b, c in blocks] + ["fc1", "fc2"]
    for name, layer in zip(layers, params.values(), strict=True):
        kernel = layer["kernel"]
        if name == "block1_conv1":
            kernel = kernel[:, :, ::-1]
        ends = ("_W_1:0", "_b_1:0") if style == "old" else ("/kernel:0", "/bias:0")
        names[f"{name}/{name}{ends[0]}"] = kernel
        names[f"{name}/{name}{ends[1]}"] = layer["bias"]
    return names


def test_newer_keras_files_have_other_paths(state):
    params = from_torch(state)
    old, new = (networks.keras_names(as_keras(params, s)) for s in ("old", "new"))
    assert old.keys() == new.keys()
    assert {"block5_conv4/kernel", "fc2/bias"} <= old.keys()


def test_caffe_levels_take_the_mean_off():
    """A pixel of the mean colors is about 0 everywhere, one step of 255 is 1."""
    mean, std = networks.CAFFE
    pixel = np.array([124, 117, 104])
    level = (pixel / 255 - mean) / std
    np.testing.assert_allclose(level, [0.32, 0.221, 0.061], atol=1e-9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("features.0.bias"), "missing features.0.bias$"),
        (lambda s: s.update(extra=np.ones(3)), "^left over extra$"),
        (
            lambda s: s.update({"classifier.0.bias": np.ones(3)}),
            r"^of another shape classifier.0.bias float64 \(3,\) for float \(256,\)$",
        ),
        (
            lambda s: s.update(
                {"features.2.bias": s["features.2.bias"].astype(np.int32)}
            ),
            r"features.2.bias int32 \(4,\) for float \(4,\)",
        ),
        (lambda s: s.clear(), "missing classifier.0.bias, .*features.9|features.7"),
    ],
)
@pytest.mark.errors
def test_unknown_names_and_shapes_are_refused(state, change, message):
    changed = dict(state)
    change(changed)
    with pytest.raises(ValueError, match=message):
        from_torch(changed)


def test_the_layer_of_the_classes_may_be_there(state):
    more = {"classifier.6.weight": np.ones((9, 256)), "classifier.6.bias": np.ones(9)}
    jax.tree.map(
        np.testing.assert_array_equal, from_torch(state | more), from_torch(state)
    )


def test_half_precision_is_read_as_float32(state):
    half = {name: array.astype(np.float16) for name, array in state.items()}
    params = from_torch(half)
    assert {x.dtype for x in jax.tree.leaves(params)} == {np.dtype(np.float32)}
