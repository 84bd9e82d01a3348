"""Codes of a run's own data, of a file, and what is refused."""

import shutil

import numpy as np
import pytest
from command_line import complaint

from scbch_jax import datasets
from scbch_jax.cli import program
from scbch_jax.config import experiment_file


def test_encode_own_data_and_a_file_agree(trained, tmp_path, capsys):
    folder, _ = trained
    words = ["--part", "query", "--out", str(tmp_path / "own.npz")]
    assert program.main(["encode", str(folder), *words]) == 0
    assert "image (300, 4)" in capsys.readouterr().out
    source = experiment_file.load(folder / "experiment.json").data
    query = datasets.load(source).dataset.query
    np.savez(tmp_path / "features.npz", pictures=query.image)
    words = ["--features", str(tmp_path / "features.npz"), "--image-key", "pictures"]
    out = tmp_path / "file.npz"
    assert program.main(["encode", str(folder), *words, "--out", str(out)]) == 0
    own, file = np.load(tmp_path / "own.npz"), np.load(out)
    np.testing.assert_array_equal(own["image"], file["image"])
    np.testing.assert_array_equal(own["labels"], query.labels)
    assert file.files == ["image"]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"other": np.ones((3, 2))}, "with other, wanted an array image or text"),
        ({"image": np.ones((3, 2))}, "image: got 2 columns, wanted 128"),
        ({"image": np.full((3, 128), np.nan)}, "image: got NaN or infinity in 3 rows"),
        ({"image": np.zeros((3, 128))}, "image: got only zeros"),
        ({"image": np.ones((0, 128))}, "image: got shape (0, 128)"),
        ({"image": np.array([["a"] * 128])}, "wanted real numbers"),
        ({"image": np.full((3, 128), 1e300)}, "image: got NaN or infinity in 3 rows"),
        (
            {"image": np.ones((3, 128)), "text": np.ones((4, 300))},
            "rows: got 3 of image, 4 of text",
        ),
    ],
)
def test_encode_refuses_bad_features(trained, tmp_path, capsys, arrays, message):
    np.savez(tmp_path / "bad.npz", **arrays)
    words = ["--features", str(tmp_path / "bad.npz"), "--out", str(tmp_path / "o.npz")]
    assert message in complaint(capsys, "encode", str(trained[0]), *words)
    assert not (tmp_path / "o.npz").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--out", "codes.txt"], "wanted a file ending in .npz"),
        (["--out", "no/such/codes.npz"], "wanted a file in a folder that exists"),
        (["--seed", "9"], "seed: got 9, wanted one of (4, 5)"),
        (["--features", "gone.npz"], "wanted a file that exists"),
    ],
)
def test_encode_refuses_bad_options(trained, capsys, words, message):
    assert message in complaint(capsys, "encode", str(trained[0]), *words)


def test_a_run_without_checkpoints_is_named(trained, tmp_path, capsys):
    copy = tmp_path / "copy"
    shutil.copytree(trained[0], copy)
    shutil.rmtree(copy / "seed-4" / "checkpoints")
    assert "which has no checkpoint" in complaint(capsys, "encode", str(copy))
    (copy / "run.json").write_text("{}")
    assert "without the sizes" in complaint(capsys, "encode", str(copy))
