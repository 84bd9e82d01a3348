import pickle
import zipfile

import h5py
import jax
import jax.numpy as jnp
import numpy as np
import picture_folders
import pytest
from recorders import record_vgg19 as recorded
from safetensors.numpy import save_file

from scbch_jax import features, networks
from scbch_jax.errors import InputError

NARROW = 64


@pytest.fixture(scope="module")
def state():
    return recorded.draw_state(NARROW)


@pytest.fixture(scope="module")
def params(state):
    return networks.vgg19_from_torch(state, width_divisor=NARROW)


def read(path):
    return features.read_vgg19(path, width_divisor=NARROW)


def same(result, expected):
    jax.tree.map(np.testing.assert_array_equal, result, expected)


def write_keras(path, params, *, inside=""):
    """As save_weights writes: groups of layers, blue before green before red."""
    blocks = [(b, c) for b, (n, _) in enumerate(recorded.STAGES) for c in range(n)]
    names = [f"block{b + 1}_conv{c + 1}" for b, c in blocks] + ["fc1", "fc2"]
    with h5py.File(path, "w") as file:
        for name, layer in zip(names, params.values(), strict=True):
            kernel = layer["kernel"]
            kernel = kernel[:, :, ::-1] if name == "block1_conv1" else kernel
            file[f"{inside}{name}/{name}/kernel:0"] = kernel
            file[f"{inside}{name}/{name}/bias:0"] = layer["bias"]


def test_safetensors(tmp_path, state, params):
    save_file(state, tmp_path / "vgg19.safetensors")
    found = read(tmp_path / "vgg19.safetensors")
    same(found.params, params)
    assert found.levels == networks.TORCHVISION


def test_pictures_become_rows(tmp_path, params):
    """Through everything that the command uses, but for the width of the network."""
    folder = picture_folders.draw(tmp_path / "pictures", count=3)
    paths = sorted(folder.glob("*.png"))
    weights = features.VGG19Weights(params, networks.TORCHVISION)
    extractor = features.extractor_of(weights, "narrow")
    names = [path.name for path in paths]
    pictures = jnp.stack([features.read_picture(path) for path in paths])
    expected = networks.vgg19_fc7(params, pictures, networks.TORCHVISION)
    with features.open_cache(tmp_path / "c", names, extractor, batch_size=2) as cache:
        assert features.extract(paths, extractor, cache) == {}
        np.testing.assert_allclose(cache.features, expected, rtol=1e-4, atol=1e-6)


def test_keras_and_its_own_levels(tmp_path, params):
    write_keras(tmp_path / "vgg19.h5", params)
    found = read(tmp_path / "vgg19.h5")
    same(found.params, params)
    assert found.levels == networks.CAFFE


def test_a_whole_keras_model(tmp_path, params):
    """Its weights lie one group deeper, beside those of its optimizer."""
    write_keras(tmp_path / "vgg19.h5", params, inside="model_weights/")
    with h5py.File(tmp_path / "vgg19.h5", "a") as file:
        file["optimizer_weights/Adam/iter:0"] = np.int64(3)
    same(read(tmp_path / "vgg19.h5").params, params)


def test_pytorch(tmp_path, state, params):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    tensors = {name: torch.tensor(array) for name, array in state.items()}
    torch.save(tensors, tmp_path / "vgg19.pth")
    same(read(tmp_path / "vgg19.pth").params, params)


def test_what_is_no_such_network_is_one_line(tmp_path, state, params):
    save_file({"a": np.ones(3, np.float32)}, tmp_path / "other.safetensors")
    fewer = {k: a for k, a in state.items() if k != "features.34.bias"}
    save_file(fewer, tmp_path / "fewer.safetensors")
    write_keras(tmp_path / "whole.h5", params)
    (tmp_path / "cut.h5").write_bytes((tmp_path / "whole.h5").read_bytes()[:5000])
    (tmp_path / "cut.safetensors").write_bytes(b"\x10")
    (tmp_path / "words.txt").write_text("vgg")
    for name, message in (
        ("other.safetensors", "left over a; wanted VGG19"),
        ("fewer.safetensors", "missing features.34.bias; wanted VGG19"),
        ("cut.h5", "which cannot be read"),
        ("cut.safetensors", "which is damaged"),
        ("words.txt", "wanted one ending in .pt"),
        ("gone.pt", "wanted a file of VGG19's weights"),
    ):
        with pytest.raises(InputError, match=message) as caught:
            read(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_nothing_read_can_run_code(tmp_path):
    """A file as PyTorch writes it, whose pickle would open another file."""
    pytest.importorskip("torch", reason="PyTorch is not installed")

    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    with zipfile.ZipFile(tmp_path / "trap.pt", "w") as file:
        file.writestr("trap/data.pkl", pickle.dumps({"a": Trap()}))
        file.writestr("trap/version", "3")
    with pytest.raises(InputError, match="more than weights"):
        read(tmp_path / "trap.pt")
    assert not (tmp_path / "sprung").exists()
