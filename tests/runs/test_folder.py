"""The files of a run: what is recorded, and when a folder is refused."""

import json
import logging
import shutil

import numpy as np
import pytest
import tiny
from command_line import error_line

from scbch_jax import datasets, io, runs
from scbch_jax.config import Data, Experiment, Noise, Planted
from scbch_jax.errors import InputError


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained") / "run"
    runs.train(tiny.experiment(seeds=(0,)), folder)
    return folder


@pytest.fixture
def copy(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "run")


def resume(folder):
    return runs.train(tiny.experiment(seeds=(0,)), folder, resume=True)


def change(path, **values):
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_another_confusion_matrix_is_another_run(tmp_path):
    """The options are the same, the file that they name is not."""
    matrix = tmp_path / "matrix.npy"
    np.save(matrix, np.ones((12, 12)))
    small = Data(planted=Planted(train=40, queries=5, database=50))
    experiment = Experiment(
        data=small, noise=Noise("class-dependent", 0.5, str(matrix))
    )
    loaded = datasets.load(small)
    recipe = runs.recipe_of(experiment, loaded.dataset.train)

    def open_again(resume):
        folder = runs.open_to_write(
            tmp_path / "run", experiment, loaded, recipe, resume=resume
        )
        (folder.path / "seed-0" / "checkpoints" / "1").mkdir(
            parents=True, exist_ok=True
        )

    open_again(resume=False)
    open_again(resume=True)
    np.save(matrix, np.eye(12))
    with pytest.raises(InputError, match=r"resume: got files .*matrix.npy, sha256"):
        open_again(resume=True)


def test_checksums_are_compared_where_both_versions_recorded_them(copy):
    """Names alone, as earlier versions recorded them, are compared as names."""
    same = runs.opening._same_files
    new = {"image": "image.mat, sha256 12ab"}
    assert same(new, new)
    assert same({"image": "image.mat"}, new)
    assert same({}, {})
    assert not same({"image": "image.mat, sha256 ffff"}, new)
    assert not same({"image": "other.mat"}, new)
    assert not same({}, new)
    assert not same(None, new)
    assert not same({"image": 3}, new)


def test_another_number_of_cores_is_a_warning(copy, caplog):
    """Sums are split among the cores, so the last bits may differ."""
    cores = json.loads((copy / "run.json").read_text())["cores"]
    assert cores >= 1
    with caplog.at_level(logging.WARNING, "scbch_jax"):
        resume(copy)
        assert not caplog.records
        change(copy / "run.json", cores=cores + 6)
        resume(copy)
    assert f"trained on {cores + 6} cores" in caplog.text


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("run.json", "[1]", "wanted a JSON object"),
        ("run.json", '{"sizes": null}', "without the sizes of its data"),
        ("run.json", '{"sizes": {"bits": 1e400}}', "without the sizes of its data"),
        ("run.json", "[" * 100_000, "wanted JSON"),
        ("run.json", "9" * 5_000, "wanted JSON"),
        ("experiment.json", "[" * 100_000, "wanted JSON"),
        ("experiment.json", '{"bits": %s}' % ("9" * 4_000), "bits: got 9999"),
        ("experiment.json", '{"noise.rate": %s}' % ("9" * 4_000), "noise.rate: got"),
        ("experiment.json", '{"bits": 16}', "changed after training"),
    ],
)
def test_damaged_files_are_one_line(copy, capsys, name, text, message):
    (copy / name).write_text(text)
    assert message in error_line(capsys, "evaluate", str(copy))


@pytest.mark.parametrize(
    "line",
    [
        '{"seed": 0, "epoch": 1, "losses": {"total": [1]}}',
        '{"seed": 0, "epoch": "1", "losses": {"total": 1.0}}',
        '{"seed": 0, "epoch": 1, "total": 1.0, "average": {}}',
        '{"seed": 0, "epoch": 1, "total": %s}' % ("9" * 4_000),
        '{"seed": 0, "epoch": 1, "losses": {"total": 1.0}, "retrieval": {"i2t": 1}}',
        "[" * 100_000,
        "[]",
    ],
)
def test_damaged_result_lines_are_one_line(copy, capsys, line):
    (copy / "seed-0" / "results.jsonl").write_text(line + "\n")
    with pytest.raises(InputError) as caught:
        resume(copy)
    assert "\n" not in str(caught.value)
    words = ("report", str(copy), "--out", str(copy.parent / "page"))
    assert "results.jsonl" in error_line(capsys, *words)


def test_converted_weights_are_a_complete_run_or_none(trained, tmp_path, monkeypatch):
    """A full disk while the checkpoint is written leaves nothing."""
    experiment, _, params = runs.saved_params(trained)

    def fail(self):
        raise InputError("cannot write it: no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("scbch_jax.training.Checkpoints.finish", fail)
        with pytest.raises(InputError, match="no space left"):
            runs.write_params(tmp_path / "new", experiment, params)
    assert not list(tmp_path.iterdir())
    runs.write_params(tmp_path / "new", experiment, params)
    back = runs.saved_params(tmp_path / "new")[2]
    np.testing.assert_array_equal(
        back["image"]["classifier"], params["image"]["classifier"]
    )
    with pytest.raises(InputError, match="out: got .*, which holds other files"):
        runs.write_params(tmp_path / "new", experiment, params)


def test_the_folders_of_two_stores_have_two_names(tmp_path):
    """Their names are made of checksums, so that a moved store keeps its runs."""
    for name, sha256 in (("a", "12"), ("moved", "12"), ("b", "34")):
        (tmp_path / name).mkdir()
        record = {"files": {"image.npy": {"sha256": sha256}}}
        io.write_json(tmp_path / name / "store.json", record)
    a, moved, b = (
        runs.digest(Experiment(data=Data("store", root=str(tmp_path / name))))
        for name in ("a", "moved", "b")
    )
    assert a == moved != b
