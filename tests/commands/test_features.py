"""From folders of pictures and words to features, stores and codes."""

import errno
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import picture_folders
import pytest
from conftest import ROOT

from scbch_jax import data, features
from scbch_jax.cli import program
from scbch_jax.data import store

SMOKE = str(ROOT / "configs" / "smoke.py")
COLORS_AND_EDGES = ["--network", "descriptor", "--batch-size", "16"]


@pytest.fixture
def folder(tmp_path):
    return picture_folders.draw(tmp_path / "pictures")


def scbch(*words):
    return program.main([str(word) for word in words])


def error_line(capsys, *words):
    assert scbch(*words) == 2
    said = capsys.readouterr()
    lines = said.err.splitlines()
    assert said.out == ""
    assert lines[-1].startswith("scbch: ")
    assert all(line.startswith("pictures  ") for line in lines[:-1])
    return lines[-1]


def cut_short(path):
    path.write_bytes(path.read_bytes()[:60])


@pytest.mark.slow
def test_a_folder_to_a_model_to_codes(tmp_path, folder, capsys):
    """The three commands of the README, and the same for pictures that came later."""
    mine, run = tmp_path / "mine", tmp_path / "run"
    words = ["features", "all", folder, *COLORS_AND_EDGES, "--out", mine]
    assert scbch(*words, "--queries", "8") == 0
    said = capsys.readouterr().out
    assert "48 rows (8 query, 40 train, 40 database)" in said
    of_store = ["--data.name", "store", "--data.root", mine, "--training.epochs", "2"]
    narrow = ["--options.neighbors", "5", "--options.hidden", "16"]
    assert scbch("train", SMOKE, *of_store, *narrow, "--out", run) == 0
    assert scbch("encode", run, "--out", tmp_path / "codes.npz") == 0
    codes = np.load(tmp_path / "codes.npz")
    assert codes["image"].shape == codes["text"].shape == (40, 4)
    later = ["--out", tmp_path / "later.npz"]
    assert scbch("features", "images", folder, *COLORS_AND_EDGES, *later) == 0
    later = ["--features", tmp_path / "later.npz", "--out", tmp_path / "b.npz"]
    assert scbch("encode", run, *later) == 0
    database = store.read(mine).rows.database
    again = np.load(tmp_path / "b.npz")["image"][database]
    np.testing.assert_array_equal(again, codes["image"])
    names = np.load(tmp_path / "b.npz")["names"]
    lines = list(store.read_lines(mine))
    assert [lines[row]["picture"] for row in codes["rows"]] == list(names[database])


def test_the_store_has_what_the_folder_has(tmp_path, folder):
    mine = tmp_path / "mine"
    words = ["features", "all", folder, *COLORS_AND_EDGES, "--out", mine]
    assert scbch(*words, "--seed", "3", "--train", "20") == 0
    found = store.read(mine)
    samples = features.read_manifest(folder).samples
    rows = [features.read_picture(folder / sample.picture) for sample in samples]
    np.testing.assert_array_equal(
        found.image, features.compute_descriptors(np.stack(rows))
    )
    np.testing.assert_array_equal(found.labels, features.multi_hot(samples)[0])
    assert found.classes == ["blue", "green", "red", "square", "stripes"]
    assert [len(part) for part in found.rows] == [4, 20, 44]
    assert found.split == "random, seed 3"
    assert found.source["pictures"] == "descriptor"
    assert found.source["texts without a known word"] == 0
    kept = [sample.picture for sample in samples]
    assert [line["picture"] for line in store.read_lines(mine)] == kept
    model = features.load_text_model(tmp_path / "mine.model")
    sha256 = features.model_sha256(model)
    assert found.source["text model"] == {"sha256": sha256}
    texts = [sample.text for sample in samples]
    np.testing.assert_array_equal(features.text_features(model, texts), found.text)
    expected = [texts[i] for i in found.rows.database]
    vocabulary = features.build_vocabulary(expected, min_count=2, max_words=1000)
    assert model.vocabulary == vocabulary
    assert not (tmp_path / "mine.partial").exists()
    assert store.verify(mine)
    assert data.check_dataset(store.dataset(found))


def test_corrupt_pictures_are_refused_or_skipped(tmp_path, folder, capsys):
    for name in ("007.png", "030.png"):
        cut_short(folder / name)
    mine = tmp_path / "mine"
    words = ["features", "all", folder, *COLORS_AND_EDGES, "--out", mine]
    said = error_line(capsys, *words)
    assert "pictures: got 2 that cannot be read: " in said
    assert "007.png (" in said
    assert "030.png (" in said
    assert "or --skip-corrupt" in said
    assert not mine.exists()
    assert scbch(*words, "--skip-corrupt") == 0
    said = capsys.readouterr()
    assert said.err.count("skipped: picture: got ") == 2
    assert "46 rows" in said.out
    assert "2 pictures skipped" in said.out
    found = store.read(mine)
    assert found.source["skipped"] == ["007.png", "030.png"]
    names = [line["picture"] for line in store.read_lines(mine)]
    assert len(names) == 46
    assert "007.png" not in names
    assert "008.png" in names


def test_more_corrupt_pictures_than_a_line_should_name(tmp_path, folder, capsys):
    for path in sorted(folder.glob("*.png"))[:14]:
        cut_short(path)
    words = ["features", "images", folder, *COLORS_AND_EDGES]
    said = error_line(capsys, *words, "--out", tmp_path / "a.npz")
    assert "got 14 that cannot be read" in said
    assert "009.png (" in said
    assert "010.png" not in said
    assert " and 4 more" in said


def test_texts_that_come_later_land_in_the_same_space(tmp_path, folder, capsys):
    for kind in ("words", "doc2vec"):
        out = tmp_path / f"{kind}.npz"
        words = ["features", "texts", folder, "--kind", kind, "--dim", "12"]
        assert scbch(*words, "--out", out) == 0
        rows = np.load(out)["text"]
        listed = tmp_path / "later.csv"
        caption = (folder / "005.txt").read_text().strip()
        listed.write_text(f'caption\n"{caption}"\n')
        later = ["--columns", "text=caption", "--out", tmp_path / "later.npz"]
        model = ["--model", out.with_suffix(".model")]
        assert scbch("features", "texts", listed, *later, *model) == 0
        found = np.load(tmp_path / "later.npz")["text"]
        np.testing.assert_array_equal(found, rows[5:6])
    assert "Doc2Vec" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["images", "gone"], "weights: got none, wanted a file of VGG19's weights"),
        (
            ["images", "gone", "--network", "descriptor", "--weights", "a.pt"],
            "weights: got a.pt, wanted none",
        ),
        (["images", "gone", "--network", "descriptor"], "source: got gone, wanted"),
        (
            ["images", ".", "--network", "descriptor", "--out", "a.txt"],
            "out: got a.txt, wanted a file ending in .npz",
        ),
        (["images", ".", "--weights", "a.pt"], "source: got . without pictures"),
        (["texts", "gone", "--kind", "x"], "--kind: got x, wanted"),
        (["texts", "gone", "--columns", "x"], "columns: got x, wanted picture"),
        (["texts", "gone", "--dim", "0"], "dim: got 0, wanted a whole number"),
        (["texts", "gone", "--seed", "4294967296"], "seed: got 4294967296, wanted"),
        (["texts", "gone", "--window", "9" * 20], f"window: got {'9' * 20}, wanted"),
        (["texts", "gone", "--epochs", "9" * 9], "epochs: got 999999999, wanted"),
        (["images", "gone", "--max-pixels", "178956971"], "max_pixels: got 178956971"),
        (["images", "gone", "--batch-size", "99999"], "batch_size: got 99999, wanted"),
        (["all", "gone"], "--out"),
        (
            ["all", "gone", "--network", "descriptor", "--out", "a"],
            "source: got gone, wanted a folder or a list",
        ),
    ],
)
def test_bad_input_is_one_line(capsys, monkeypatch, tmp_path, words, message):
    monkeypatch.chdir(tmp_path)
    assert message in error_line(capsys, "features", *words)
    assert not list(tmp_path.iterdir()), "nothing half-written"


def test_rows_that_lack_something(tmp_path, folder, capsys):
    listed = folder / "list.jsonl"
    out = ["--out", tmp_path / "out"]
    words = ["features", "all", listed, *COLORS_AND_EDGES, *out]
    for row, message in (
        ({"text": "a", "labels": ["b"]}, "picture: got 1 rows without one"),
        ({"picture": "000.png", "labels": ["b"]}, "text: got no text in any row"),
        ({"picture": "000.png", "text": "a"}, "labels: got no label in any row"),
    ):
        listed.write_text(json.dumps(row) + "\n")
        assert message in error_line(capsys, *words)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--min-count", "999"], "no word occurs 999 times; lower --min-count"),
        (["--train", "999"], "got 48, wanted at least"),
        (["--queries", "48"], "got 48, wanted at least"),
    ],
)
def test_options_are_checked_before_pictures_are_read(
    tmp_path, folder, capsys, monkeypatch, words, message
):
    monkeypatch.setattr(features, "extract", None)
    mine = ["--out", tmp_path / "mine"]
    said = error_line(
        capsys, "features", "all", folder, *COLORS_AND_EDGES, *mine, *words
    )
    assert message in said
    assert [path.name for path in tmp_path.iterdir()] == ["pictures"]


def test_pictures_from_elsewhere_are_refused(tmp_path, folder, capsys):
    """A report of the store would not show them, and fail."""
    folder.rename(tmp_path / "elsewhere")
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    row = {"picture": "link/000.png", "text": "a", "labels": ["b"]}
    (folder / "list.jsonl").write_text(json.dumps(row) + "\n")
    words = ["features", "all", folder / "list.jsonl", *COLORS_AND_EDGES]
    said = error_line(capsys, *words, "--out", tmp_path / "mine")
    assert "picture: got 'link/000.png' of row 0, which leads out of" in said


@pytest.mark.parametrize("at", ["the store", "its model", "the cache"])
def test_a_call_that_ended_after_the_last_picture_goes_on(
    tmp_path, folder, capsys, monkeypatch, at
):
    """As one that is killed, or finds the disk full, while it writes what it made."""
    patched = {
        "its model": (features, "save_text_model"),
        "the store": (store, "write"),
        "the cache": (features.FeatureCache, "remove"),
    }
    words = ["features", "all", folder, *COLORS_AND_EDGES, "--out"]
    assert scbch(*words, tmp_path / "whole") == 0
    with monkeypatch.context() as patch:
        patch.setattr(*patched[at], stop)
        assert scbch(*words, tmp_path / "mine") == 130
    assert scbch(*words, tmp_path / "mine") == 0
    assert store.read(tmp_path / "mine").sums == store.read(tmp_path / "whole").sums
    assert store.verify(tmp_path / "mine")
    assert {path.name for path in tmp_path.glob("mine*")} == {"mine", "mine.model"}


def test_a_link_to_itself_as_store_is_refused_without_a_model(tmp_path, folder, capsys):
    (tmp_path / "mine").symlink_to("mine")
    words = ["features", "all", folder, *COLORS_AND_EDGES, "--out", tmp_path / "mine"]
    assert "too many levels of symbolic links" in error_line(capsys, *map(str, words))
    assert not (tmp_path / "mine.model").exists()


def test_texts_whose_call_ended_before_the_model_can_be_called_again(
    tmp_path, folder, monkeypatch
):
    words = ["features", "texts", folder, "--out", tmp_path / "a.npz"]
    with monkeypatch.context() as patch:
        patch.setattr(features, "save_text_model", stop)
        assert scbch(*words) == 130
    assert scbch(*words) == 0
    assert {path.name for path in tmp_path.glob("a.*")} == {"a.npz", "a.model"}


def stop(*_, **__):
    raise KeyboardInterrupt


def test_results_of_other_options_are_not_mixed(tmp_path, folder, capsys):
    """Beside an unfinished cache there may be a model, but of other options."""
    mine = tmp_path / "mine"
    words = ["features", "all", folder, *COLORS_AND_EDGES, "--out", mine]
    cut_short(folder / "007.png")
    error_line(capsys, *words)
    assert (tmp_path / "mine.partial").is_dir()
    other = features.BagOfWords((("cat", 3),))
    features.save_text_model(tmp_path / "mine.model", other)
    capsys.readouterr()
    assert scbch(*words, "--skip-corrupt") == 2
    said = capsys.readouterr().err
    assert "mine.model of other texts or options, wanted a new folder" in said
    assert not mine.exists()


def test_texts_without_a_known_word_are_reported(tmp_path, folder, capsys):
    (folder / "007.txt").write_text("Zwei Hunde\n")
    mine = tmp_path / "mine"
    words = ["features", "all", folder, *COLORS_AND_EDGES, "--out", mine]
    assert scbch(*words) == 0
    said = "1 of 48 have no word that the model knows"
    assert said in capsys.readouterr().err
    found = store.read(mine)
    assert found.source["texts without a known word"] == 1
    assert not found.text[7].any()


def test_later_texts_in_another_language_are_refused(tmp_path, folder, capsys):
    words = ["features", "texts", folder, "--out"]
    assert scbch(*words, tmp_path / "a.npz") == 0
    capsys.readouterr()
    listed = tmp_path / "later.jsonl"
    listed.write_text('{"text": "Zwei Hunde"}\n')
    later = [listed, "--model", tmp_path / "a.model", "--out", tmp_path / "b.npz"]
    said = error_line(capsys, "features", "texts", *later)
    assert "texts: got no text with a word that the model knows" in said
    assert not (tmp_path / "b.npz").exists()


def test_a_full_disk_is_one_line(tmp_path, folder, capsys, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    words = ["features", "images", folder, *COLORS_AND_EDGES]
    said = error_line(capsys, *words, "--out", tmp_path / "a.npz")
    assert said.startswith("scbch: cannot write ")
    assert said.endswith("features.npy: no space left on device")


def test_a_limit_of_pixels_is_an_option(tmp_path, folder, capsys):
    words = ["features", "images", folder, *COLORS_AND_EDGES, "--out"]
    said = error_line(capsys, *words, tmp_path / "a.npz", "--max-pixels", "2303")
    assert "48 x 48 pixels are more than 2,303, the limit; see --max-pixels" in said


@pytest.mark.slow
@pytest.mark.commands
@pytest.mark.parametrize(
    "number", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.nightly)]
)
def test_a_killed_call_goes_on_to_the_same_bits(tmp_path, number):
    folder = picture_folders.draw(tmp_path / "pictures", count=120)
    options = [folder, "--network", "descriptor", "--batch-size", "2"]
    assert scbch("features", "images", *options, "--out", tmp_path / "whole.npz") == 0
    command = [sys.executable, "-m", "scbch_jax.cli", "features", "images"]
    command += [*map(str, options), "--out", str(tmp_path / "a.npz")]
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, env=surroundings, stderr=subprocess.PIPE)
    done = tmp_path / "a.partial" / "done.jsonl"
    while not done.is_file() or done.read_text().count("\n") < 5:
        assert process.poll() is None, "it ended before it could be stopped"
        time.sleep(0.005)
    process.send_signal(number)
    process.communicate()
    assert process.returncode == (143 if number == signal.SIGTERM else -number)
    before = done.read_text().count("\n")
    assert 5 <= before < 60
    assert scbch("features", "images", *options, "--out", tmp_path / "a.npz") == 0
    whole, again = (np.load(tmp_path / name) for name in ("whole.npz", "a.npz"))
    np.testing.assert_array_equal(again["image"], whole["image"])
    np.testing.assert_array_equal(again["names"], whole["names"])
    assert not (tmp_path / "a.partial").exists()
