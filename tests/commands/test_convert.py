import importlib.util
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import GOLDEN
from safetensors.numpy import load_file, save_file

from scbch_jax import cli, networks, run_folder, training, weight_files
from scbch_jax.checks import InputError
from scbch_jax.commands import convert


@pytest.fixture
def states():
    arrays = np.load(GOLDEN / "trajectory-7.npz")
    return {
        modality: {
            k.removeprefix(f"init_{short}."): arrays[k]
            for k in arrays
            if k.startswith(f"init_{short}.")
        }
        for modality, short in (("image", "img"), ("text", "txt"))
    }


def same(left, right):
    assert left.keys() == right.keys()
    for name, array in left.items():
        assert array.dtype == right[name].dtype
        np.testing.assert_array_equal(array, right[name])


def test_through_a_run_and_back_is_the_identity(states, tmp_path):
    """safetensors to a run and back, bit for bit; the run encodes as PyTorch did."""
    first, second = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    weight_files.write_states(first, states)
    assert cli.main(["convert", str(first), str(tmp_path / "run")]) == 0
    assert cli.main(["convert", str(tmp_path / "run"), str(second)]) == 0
    same(load_file(first), load_file(second))
    plan, recipe, params = run_folder.saved_params(tmp_path / "run")
    features = np.load(GOLDEN / "trajectory-7.npz")["img"]
    codes = training.encode_features(
        params, plan.hparams, jnp.asarray(features), modality="image", recipe=recipe
    )
    network = {k: a for k, a in states["image"].items() if k != "W_u"}
    relaxed = np.asarray(networks.torch_forward(network, jnp.asarray(features)))
    np.testing.assert_array_equal(codes, np.packbits(relaxed > 0, axis=1))


def test_pytorch_there_and_back_is_the_identity(states, tmp_path):
    if importlib.util.find_spec("torch") is None:
        pytest.skip("PyTorch is not installed; pip install -e '.[torch]'")
    path, run = tmp_path / "a.pt", tmp_path / "run"
    weight_files.write_states(path, states)
    assert cli.main(["convert", str(path), str(run)]) == 0
    assert cli.main(["convert", str(run), str(tmp_path / "b.pth")]) == 0
    for modality, state in weight_files.read_states(tmp_path / "b.pth").items():
        same(state, states[modality])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s["image"].pop("fc.2.bias"), r"missing \['fc.2.bias'\]"),
        (lambda s: s["text"].update(more=np.ones(2)), r"left over \['more'\]"),
        (lambda s: s["image"].update({"fc.2.bias": np.ones(3)}), "do not fit together"),
        (lambda s: s["text"].update(W_v=np.ones((5, 8))), "do not fit together"),
    ],
)
def test_every_name_and_shape_is_accounted_for(states, change, message):
    change(states)
    with pytest.raises(InputError, match=message) as caught:
        convert.params_of(states)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["gone.safetensors", "out.safetensors"], "source: got gone.safetensors"),
        (
            ["notes.txt", "out.safetensors"],
            "wanted one ending in .pt, .pth, .safetensors",
        ),
        (["broken.safetensors", "out.safetensors"], "which cannot be read"),
        (["odd.safetensors", "out.safetensors"], "wanted image. or text. before it"),
        (["good.safetensors", "out.xyz"], "target: got out.xyz"),
        (["good.safetensors", "no/out.safetensors"], "wanted a file in a folder"),
    ],
)
def test_bad_input_is_one_line(states, tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("no weights")
    (tmp_path / "broken.safetensors").write_text("no weights")
    save_file({"fc.0.weight": np.ones(2)}, tmp_path / "odd.safetensors")
    weight_files.write_states(tmp_path / "good.safetensors", states)
    assert cli.main(["convert", *words]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not list(tmp_path.glob("**/out*"))


def test_a_run_of_weights_says_so(states, tmp_path):
    params = jax.tree.map(jnp.asarray, convert.params_of(states))
    run_folder.write_params(tmp_path / "run", convert.experiment_of(params), params)
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["data"] == "none: weights from elsewhere"
