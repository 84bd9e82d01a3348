import importlib.util
import json
import os
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import GOLDEN
from safetensors.numpy import load_file, save_file

from scbch_jax import networks, runs, training
from scbch_jax.cli import convert, program
from scbch_jax.config import Experiment
from scbch_jax.errors import InputError
from scbch_jax.networks import weight_files


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
    assert program.main(["convert", str(first), str(tmp_path / "run")]) == 0
    assert program.main(["convert", str(tmp_path / "run"), str(second)]) == 0
    same(load_file(first), load_file(second))
    experiment, recipe, params = runs.saved_params(tmp_path / "run")
    features = np.load(GOLDEN / "trajectory-7.npz")["img"]
    codes = training.encode_features(
        params,
        experiment.hparams,
        jnp.asarray(features),
        modality="image",
        recipe=recipe,
    )
    network = {k: a for k, a in states["image"].items() if k != "W_u"}
    relaxed = np.asarray(networks.torch_forward(network, jnp.asarray(features)))
    np.testing.assert_array_equal(codes, np.packbits(relaxed > 0, axis=1))


def test_pytorch_there_and_back_is_the_identity(states, tmp_path):
    if importlib.util.find_spec("torch") is None:
        pytest.skip("PyTorch is not installed; pip install 'scbch_jax[torch]'")
    path, run = tmp_path / "a.pt", tmp_path / "run"
    weight_files.write_states(path, states)
    assert program.main(["convert", str(path), str(run)]) == 0
    assert program.main(["convert", str(run), str(tmp_path / "b.pth")]) == 0
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
        (["broken.safetensors", "out.safetensors"], "which is damaged or holds more"),
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
    assert program.main(["convert", *words]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not list(tmp_path.glob("**/out*"))


def test_a_full_disk_is_one_line(states, tmp_path, monkeypatch, capsys):
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    monkeypatch.chdir(tmp_path)
    weight_files.write_states(Path("a.safetensors"), states)
    Path("b.safetensors").symlink_to("/dev/full")
    assert program.main(["convert", "a.safetensors", "b.safetensors"]) == 2
    said = capsys.readouterr().err
    assert said == "scbch: cannot write b.safetensors: no space left on device\n"


def test_a_target_without_permission_is_told_before_weights_are_read(
    states, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    weight_files.write_states(Path("a.safetensors"), states)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    monkeypatch.setattr(weight_files, "read_states", None)
    assert program.main(["convert", "a.safetensors", "b.safetensors"]) == 2
    said = capsys.readouterr().err
    assert said == "scbch: target: cannot write b.safetensors: no permission to write\n"


@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int32])
def test_weights_that_would_be_rounded_are_refused(states, tmp_path, capsys, dtype):
    states["text"]["fc.0.bias"] = states["text"]["fc.0.bias"].astype(dtype)
    source = tmp_path / "a.safetensors"
    weight_files.write_states(source, states)
    assert program.main(["convert", str(source), str(tmp_path / "run")]) == 2
    said = capsys.readouterr().err
    assert f"got text.fc.0.bias in {np.dtype(dtype)}, wanted float32" in said


def test_bfloat16_is_refused(states, tmp_path, capsys):
    if importlib.util.find_spec("torch") is None:
        pytest.skip("PyTorch is not installed; pip install 'scbch_jax[torch]'")
    import torch

    path = tmp_path / "a.pt"
    weight_files.write_states(path, states)
    content = torch.load(path, weights_only=True)
    net = content["net_state_dict"]
    net["fc.0.bias"] = net["fc.0.bias"].to(torch.bfloat16)
    torch.save(content, path)
    assert program.main(["convert", str(path), str(tmp_path / "run")]) == 2
    assert "got fc.0.bias in bfloat16, wanted float32" in capsys.readouterr().err


def test_two_hidden_widths_are_refused(states, tmp_path, capsys):
    states["image"] |= {
        "fc.2.weight": np.ones((10, 32), np.float32),
        "fc.2.bias": np.ones(10, np.float32),
        "fc.4.weight": np.ones((16, 10), np.float32),
    }
    source = tmp_path / "a.safetensors"
    weight_files.write_states(source, states)
    assert program.main(["convert", str(source), str(tmp_path / "run")]) == 2
    assert "wanted one width" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_second_file_that_would_not_be_read_is_refused(states, tmp_path, capsys):
    source = tmp_path / "a.safetensors"
    weight_files.write_states(source, states)
    words = ["convert", str(source), str(tmp_path / "run"), "--text", str(source)]
    assert program.main(words) == 2
    assert "which has both networks" in capsys.readouterr().err


def test_a_config_says_what_data_the_weights_are_for(states, tmp_path):
    source, config = tmp_path / "a.safetensors", tmp_path / "config.json"
    weight_files.write_states(source, states)
    config.write_text(json.dumps({"data.name": "mirflickr", "noise.rate": 0.2}))
    run = tmp_path / "run"
    assert (
        program.main(["convert", str(source), str(run), "--config", str(config)]) == 0
    )
    experiment = runs.saved_params(run)[0]
    assert (experiment.data.name, experiment.noise.rate, experiment.bits) == (
        "mirflickr",
        0.2,
        16,
    )


def test_a_run_of_weights_says_so(states, tmp_path):
    params = jax.tree.map(jnp.asarray, convert.params_of(states))
    runs.write_params(
        tmp_path / "run", convert.experiment_of(params, Experiment()), params
    )
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["data"] == "none: weights from elsewhere"
