"""Codes of a run's own data, of a file, and what is refused."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from command_line import error_line

from scbch_jax import datasets, training
from scbch_jax.cli import program
from scbch_jax.config import experiment_file
from scbch_jax.data import store
from scbch_jax.data.split import Rows
from scbch_jax.training import scoring


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
    assert file.files == ["image", "encoder"]
    assert file["encoder"] == own["encoder"]


def test_relaxed_codes_are_written_beside_the_same_packed_codes(trained, tmp_path):
    words = ["encode", str(trained[0]), "--part", "query", "--out"]
    assert program.main([*words, str(tmp_path / "packed.npz")]) == 0
    assert program.main([*words, str(tmp_path / "both.npz"), "--relaxed"]) == 0
    packed, both = (np.load(tmp_path / f"{x}.npz") for x in ("packed", "both"))
    for name in packed:
        np.testing.assert_array_equal(packed[name], both[name])
    assert set(both) - set(packed) == {"relaxed_image", "relaxed_text"}
    for modality in ("image", "text"):
        relaxed = both[f"relaxed_{modality}"]
        assert (relaxed.dtype, relaxed.shape) == (np.float32, (300, 32))
        np.testing.assert_array_equal(
            np.packbits(relaxed > 0, axis=1), packed[modality]
        )
        np.testing.assert_allclose((relaxed**2).sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"other": np.ones((3, 2))}, "with other, wanted an array image or text"),
        ({"image": np.ones((3, 2))}, "image: got 2 columns, wanted 128"),
        ({"image": np.full((3, 128), np.nan)}, "image: got NaN or infinity in row 0"),
        ({"image": np.zeros((3, 128))}, "image: got only zeros"),
        ({"image": np.ones((0, 128))}, "image: got shape (0, 128)"),
        ({"image": np.array([["a"] * 128])}, "wanted real numbers"),
        ({"image": np.full((3, 128), 1e300)}, "image: got NaN or infinity in row 0"),
        (
            {"image": np.ones((3, 128)), "text": np.ones((4, 300))},
            "rows: got 3 of image, 4 of text",
        ),
    ],
)
def test_encode_refuses_bad_features(trained, tmp_path, capsys, arrays, message):
    np.savez(tmp_path / "bad.npz", **arrays)
    words = ["--features", str(tmp_path / "bad.npz"), "--out", str(tmp_path / "o.npz")]
    assert message in error_line(capsys, "encode", str(trained[0]), *words)
    assert not (tmp_path / "o.npz").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--out", "codes.txt"], "wanted a file ending in .npz"),
        (["--out", "no/such/codes.npz"], "wanted a file in a folder that exists"),
        (["--seed", str(10**20)], "seed: got 1000"),
        (["--seed", "9"], "seed: got 9, wanted one of (4, 5)"),
        (["--features", "gone.npz"], "wanted a file that exists"),
    ],
)
def test_encode_refuses_bad_options(trained, capsys, words, message):
    assert message in error_line(capsys, "encode", str(trained[0]), *words)


def test_only_the_file_that_is_named_is_written(trained, tmp_path, monkeypatch):
    """Not one whose name resembles it, nor the link to it."""
    monkeypatch.chdir(tmp_path)
    Path("my.tmp.npz").write_text("precious")
    Path("my.npz").symlink_to("far.npz")
    words = ["encode", str(trained[0]), "--part", "query", "--out", "my.npz"]
    assert program.main(words) == 0
    assert Path("my.tmp.npz").read_text() == "precious"
    assert Path("my.npz").is_symlink()
    assert set(np.load("far.npz")) == {"image", "text", "labels", "encoder"}
    assert sorted(os.listdir()) == ["far.npz", "my.npz", "my.tmp.npz"]


@pytest.mark.parametrize("name", [b"back\\slash.npz", b"\xff.npz"])
def test_any_name_that_a_file_may_have_is_written(trained, tmp_path, name, capsys):
    out = tmp_path / os.fsdecode(name)
    words = ["encode", str(trained[0]), "--part", "query", "--out", str(out)]
    assert program.main(words) == 0
    assert os.listdir(os.fsencode(tmp_path)) == [name]


def with_options(run, copy, options):
    """A copy of a run with other options, as if they had been those of its training."""
    shutil.copytree(run, copy)
    options = json.loads((copy / "experiment.json").read_text()) | options
    (copy / "experiment.json").write_text(json.dumps(options))
    record = json.loads((copy / "run.json").read_text())
    record["digest"] = experiment_file.digest_of_saved(options)
    (copy / "run.json").write_text(json.dumps(record))


def test_codes_of_a_runs_own_data_go_with_the_names_of_its_classes(
    trained, tmp_path, capsys
):
    """So an index of them needs no --classes."""
    saved = experiment_file.load(trained[0] / "experiment.json").data
    query = datasets.load(saved).dataset.query
    rows = Rows(*(np.arange(a, b) for a, b in ((0, 20), (20, 40), (20, 300))))
    arrays = query._asdict() | {"labels": np.asarray(query.labels)}
    names = [f"class {i}" for i in range(query.labels.shape[1])]
    how = {"split": "mine", "title": "mine", "source": {}, "classes": names}
    store.write(tmp_path / "mine", **arrays, rows=rows, **how)
    options = {"data.name": "store", "data.root": str(tmp_path / "mine")}
    with_options(trained[0], tmp_path / "run", options)
    codes, index = str(tmp_path / "codes.npz"), str(tmp_path / "index")
    assert program.main(["encode", str(tmp_path / "run"), "--out", codes]) == 0
    assert np.load(codes)["classes"].tolist() == names
    assert program.main(["index", "build", codes, "--out", index]) == 0
    capsys.readouterr()
    assert program.main(["index", "info", index, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["classes"] == names


def test_a_streamed_run_is_encoded_and_evaluated_in_blocks(
    trained, tmp_path, monkeypatch, capsys
):
    """The same codes and scores, with a part of the features on the device."""
    copy = tmp_path / "copy"
    with_options(trained[0], copy, {"training.features": "stream"})
    lines, ranked, streamed, rows = [], [], [], []
    spy(monkeypatch, scoring, "encode_streamed", streamed)
    spy(monkeypatch, training, "encode_features", rows)
    for run in (trained[0], copy):
        words = ["evaluate", str(run), "--json", "--resamples", "0", "--rank"]
        assert program.main([*words, "query", "both", "--pool", "40"]) == 0
        ranked.append(capsys.readouterr().out)
    assert ranked[0] == ranked[1]
    streamed.clear()
    for run in (trained[0], copy):
        assert program.main(["evaluate", str(run), "--json"]) == 0
        lines.append(capsys.readouterr().out)
        out = str(tmp_path / f"{run.name}.npz")
        assert program.main(["encode", str(run), "--out", out]) == 0
        capsys.readouterr()
    assert lines[0] == lines[1]
    assert len(streamed) == 2 * 2, "queries and database of two seeds, of the copy only"
    assert [len(x) for x in rows] == [3000, 3000, 2048, 952, 2048, 952]
    whole, blocks = (np.load(tmp_path / f"{x}.npz") for x in ("run", "copy"))
    for name in whole:
        np.testing.assert_array_equal(whole[name], blocks[name])


def spy(monkeypatch, module, name, seen):
    """Notes the features with which a function is called."""
    function = getattr(module, name)

    def noted(params, hparams, features, **more):
        seen.append(features)
        return function(params, hparams, features, **more)

    monkeypatch.setattr(module, name, noted)


def test_a_run_without_checkpoints_is_named(trained, tmp_path, capsys):
    copy = tmp_path / "copy"
    shutil.copytree(trained[0], copy)
    shutil.rmtree(copy / "seed-4" / "checkpoints")
    assert "which has no checkpoint" in error_line(capsys, "encode", str(copy))
    (copy / "run.json").write_text("{}")
    assert "without the sizes" in error_line(capsys, "encode", str(copy))
