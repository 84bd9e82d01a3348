"""A second call of train with the folder of a run: resumed, or refused."""

import json
import shutil

import numpy as np
import pytest
from command_line import SMOKE, error_line

from scbch_jax import datasets
from scbch_jax.cli import program
from scbch_jax.config import experiment_file


def test_a_finished_run_is_not_repeated(trained, capsys):
    folder, words = trained
    assert "which holds a run" in error_line(capsys, "train", *words)
    before = (folder / "seed-4" / "results.jsonl").read_bytes()
    assert program.main(["train", *words, "--resume"]) == 0
    assert "seed 4, last epoch" in capsys.readouterr().out
    assert (folder / "seed-4" / "results.jsonl").read_bytes() == before


def test_another_configuration_is_not_resumed(trained, capsys):
    _, words = trained
    said = error_line(capsys, "train", *words, "--bits", "16", "--resume")
    assert "a run of another configuration (bits: 32 -> 16)" in said


@pytest.mark.parametrize("out", ["taken/inside", "taken"])
def test_a_folder_that_cannot_be_made_is_named(trained, tmp_path, capsys, out):
    (tmp_path / "taken").write_text("a file")
    words = [*trained[1], "--out", str(tmp_path / out)]
    assert "cannot write " in error_line(capsys, "train", *words)


def test_a_folder_of_other_files_is_left_alone(tmp_path, capsys):
    (tmp_path / "letter.txt").write_text("dear")
    said = error_line(capsys, "train", SMOKE, "--out", str(tmp_path))
    assert "which holds other files" in said
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]


def test_other_data_are_not_resumed(trained, tmp_path, capsys):
    """The options are the same, the files behind them are not."""
    copy = tmp_path / "copy"
    shutil.copytree(trained[0], copy)
    record = json.loads((copy / "run.json").read_text())
    words = [*trained[1], "--out", str(copy), "--resume"]
    for name, other in (("files", {"image": "x.mat"}), ("extra_terms", ["mine"])):
        (copy / "run.json").write_text(json.dumps({**record, name: other}))
        assert f"resume: got {name}" in error_line(capsys, "train", *words)
    sizes = {**record["sizes"], "image_dim": 7}
    (copy / "run.json").write_text(json.dumps({**record, "sizes": sizes}))
    assert "resume: got sizes" in error_line(capsys, "train", *words)
    assert "data: got sizes" in error_line(capsys, "evaluate", str(copy))


def test_lost_result_lines_are_named(trained, tmp_path, capsys):
    copy = tmp_path / "copy"
    shutil.copytree(trained[0], copy)
    lines = copy / "seed-4" / "results.jsonl"
    lines.write_bytes(lines.read_bytes()[:300])
    said = error_line(capsys, "train", *trained[1], "--out", str(copy), "--resume")
    assert "resume: got 0 result lines of 6 saved epochs" in said


def test_damaged_result_lines_are_named(trained, tmp_path, capsys):
    copy = tmp_path / "copy"
    shutil.copytree(trained[0], copy)
    (copy / "seed-4" / "results.jsonl").write_text("{\n{}\n")
    words = [*trained[1], "--out", str(copy), "--resume"]
    assert "with a line that is not JSON" in error_line(capsys, "train", *words)


def test_the_labels_that_noise_changed_are_recorded(trained):
    folder, _ = trained
    experiment = experiment_file.load(folder / "experiment.json")
    clean = datasets.load(experiment.data).dataset.train.labels
    noisy = datasets.noisy_labels(experiment.data, experiment.noise, clean, seed=4)
    kept = np.load(folder / "seed-4" / "noise.npz")
    back = noisy.copy()
    back[kept["rows"], kept["classes"]] = ~kept["added"]
    np.testing.assert_array_equal(back, clean)
    assert len(set(kept["rows"])) == 1000
