"""`data clean`: its files, its page, and what it refuses."""

import csv
import re

import jax
import numpy as np
import pytest
from command_line import error_line
from PIL import Image

from scbch_jax import data, labels
from scbch_jax.cli import program
from scbch_jax.config import Planted
from scbch_jax.data import label_noise, store
from scbch_jax.data.planted import planted

NAMES = ["sea", "sky", "<b>sand</b>", "dog"]


def clean(*words):
    return program.main(["data", "clean", *map(str, words)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A store of easy rows with noisy labels, captions, and pictures beside it."""
    root = tmp_path_factory.mktemp("clean")
    sizes = Planted(400, queries=1, database=400, classes=4, clutter=0.5, image_dim=32)
    rows = planted(sizes).train
    noisy = label_noise.swap_labels(rows.labels, np.random.default_rng(0), rate=0.2)
    (root / "pictures").mkdir()
    Image.new("RGB", (8, 6), "gray").save(root / "pictures" / "7.png")
    store.write(
        root / "store",
        image=rows.image,
        text=rows.text,
        labels=noisy,
        rows=data.rows_queries_first(400, queries=40, train=300),
        split="scbch",
        title="a shore",
        source={},
        classes=NAMES,
        lines=[{"picture": f"{i}.png", "text": f"caption {i}"} for i in range(400)],
    )
    np.save(root / "true.npy", rows.labels)
    assert clean(root / "store", "--out", root / "out", "--folds", 4, "--shown", 9) == 0
    return root


def read_corrections(folder):
    with (folder / "corrections.csv").open() as file:
        return list(csv.DictReader(file))


def test_posteriors_are_those_of_the_package(folder):
    """Of all rows of the store, in its order."""
    opened = store.read(folder / "store")
    expected = labels.posteriors(
        opened.image, opened.text, opened.labels, key=jax.random.key(0), folds=4
    )
    with np.load(folder / "out" / "posteriors.npz") as file:
        found = dict(file)
    np.testing.assert_array_equal(found["probability"], expected.probability)
    np.testing.assert_array_equal(found["given"], opened.labels)
    np.testing.assert_array_equal(found["rows"], np.arange(400))
    np.testing.assert_array_equal(found["missing"], expected.rates.missing)
    np.testing.assert_array_equal(found["wrong"], expected.rates.wrong)
    assert found["classes"].tolist() == NAMES


def test_corrections_are_the_entries_that_the_posterior_contradicts(folder):
    with np.load(folder / "out" / "posteriors.npz") as file:
        given, probability = file["given"], file["probability"]
    lines = read_corrections(folder / "out")
    entries = [(int(line["row"]), NAMES.index(line["class"])) for line in lines]
    contradicted = np.argwhere((probability > 0.5) != (given > 0))
    assert sorted(entries) == sorted(map(tuple, contradicted.tolist()))
    doubts = [abs(int(x["given"]) - float(x["probability"])) for x in lines]
    assert doubts == sorted(doubts, reverse=True)
    assert all(line["file"] == f"{line['row']}.png" for line in lines)


def test_most_corrections_are_right(folder):
    true = np.load(folder / "true.npy")
    lines = read_corrections(folder / "out")
    right = [
        true[int(line["row"]), NAMES.index(line["class"])] != int(line["given"])
        for line in lines
    ]
    assert len(right) > 50
    assert np.mean(right) > 0.8


def test_the_page_shows_the_most_doubtful_rows(folder):
    text = (folder / "out" / "index.html").read_text()
    shown = [int(row) for row in re.findall(r"row (\d+)</span>", text)]
    with np.load(folder / "out" / "posteriors.npz") as file:
        given, doubt = (
            file["given"],
            labels.expected_errors(file["given"], file["probability"]),
        )
    assert shown == np.argsort(-doubt, kind="stable")[:9].tolist()
    true = np.load(folder / "true.npy")
    assert (given[shown] != true[shown]).any(axis=1).all()
    assert f"“caption {shown[0]}”" in text
    assert "probably wrong</b>" in text
    assert "probably missing</b>" in text
    assert "&lt;b&gt;sand" in text
    assert "<b>sand" not in text
    assert "<img" not in text
    assert "Pictures are shown if --root names their folder." in text


def test_pictures_are_shown_from_the_folder_that_is_named(folder, tmp_path):
    words = ["--out", tmp_path / "out", "--root", folder / "pictures", "--shown", 400]
    assert clean(folder / "store", *words) == 0
    text = (tmp_path / "out" / "index.html").read_text()
    assert text.count('src="data:image/png;base64,') == 1
    assert "--root" not in text


def test_known_rates_replace_estimates(folder, tmp_path, capsys):
    words = ["--missing-rate", 0.15, "--wrong-rate", 0.05, "--out", tmp_path / "out"]
    assert clean(folder / "store", *words) == 0
    said = capsys.readouterr().out
    assert "a shore: all 400 rows of the store" in said
    with np.load(tmp_path / "out" / "posteriors.npz") as file:
        assert (file["missing"] == np.float32(0.15)).all()
        assert (file["wrong"] == np.float32(0.05)).all()
    assert "The rates are those" in (tmp_path / "out" / "index.html").read_text()


def test_a_small_store_without_names_and_captions(tmp_path, capsys):
    rng = np.random.default_rng(0)
    arrays = {"X": rng.normal(size=(12, 4)), "Y": rng.random((12, 3))}
    given = rng.random((12, 2)) < 0.5
    np.savez(tmp_path / "a.npz", **arrays, L=given.astype(np.uint8))
    keys = ["--image", "X", "--text", "Y", "--labels", "L"]
    sizes = ["--queries", "2", "--train", "8", "--out", str(tmp_path / "store")]
    assert program.main(["data", "import", str(tmp_path / "a.npz"), *keys, *sizes]) == 0
    words = [tmp_path / "store", "--out", tmp_path / "out", "--shown", 0]
    assert clean(*words, "--folds", 13) == 2
    wanted = "folds: got 13, wanted at most the 12 rows of the store"
    assert wanted in capsys.readouterr().err
    assert clean(*words) == 0
    text = (tmp_path / "out" / "index.html").read_text()
    assert "label 1" in text
    assert "The most doubtful rows" not in text
    assert {line["file"] for line in read_corrections(tmp_path / "out")} <= {""}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--folds", 1], "folds: got 1, wanted a whole number from 2"),
        (["--ridge", 0], "ridge: got 0"),
        (
            ["--missing-rate", 0.1],
            "missing-rate, wrong-rate: got one of them, wanted both, or none",
        ),
        (
            ["--missing-rate", 0.5, "--wrong-rate", 0.6],
            "missing-rate, wrong-rate: got 1.1 together, wanted at most 0.9 together",
        ),
        (["--root", "nowhere"], "root: got nowhere, wanted a folder that exists"),
        (["--out", "."], "out: got ., which exists, wanted a new folder"),
    ],
)
def test_bad_input_is_one_line(folder, tmp_path, capsys, words, message):
    out = ["--out", tmp_path / "new"] if "--out" not in words else []
    assert clean(folder / "store", *words, *out) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_a_folder_that_is_no_store(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert clean(tmp_path / "empty", "--out", tmp_path / "new") == 2
    assert "wanted a folder with store.json" in capsys.readouterr().err


def correct(*words):
    return program.main(["data", "correct", *map(str, words)])


def test_nothing_is_written_into_the_store(folder, capsys):
    path, corrections = folder / "store", folder / "out" / "corrections.csv"
    before = sorted(path.rglob("*"))
    assert clean(path, "--out", path / "new") == 2
    assert clean(path / ".." / path.name, "--out", path / "new") == 2
    assert correct(path, corrections, "--out", path / "new") == 2
    said = capsys.readouterr().err.splitlines()
    assert all("in the store, wanted a folder outside it" in line for line in said)
    (folder / "loop").symlink_to("loop")
    assert correct(path, corrections, "--out", folder / "loop") == 2
    assert "loop: too many levels of symbolic links" in capsys.readouterr().err
    assert sorted(path.rglob("*")) == before


def test_corrections_that_a_person_kept_are_applied(folder, tmp_path, capsys):
    lines = (folder / "out" / "corrections.csv").read_text().splitlines()
    kept = tmp_path / "kept.csv"
    kept.write_text("\n".join(lines[:6]) + "\n")
    assert correct(folder / "store", kept, "--out", tmp_path / "new") == 0
    assert "new: 5 labels of" in capsys.readouterr().out
    before, after = store.read(folder / "store"), store.read(tmp_path / "new")
    changed = np.argwhere(before.labels != after.labels)
    expected = [
        (int(x["row"]), NAMES.index(x["class"]))
        for x in read_corrections(folder / "out")
    ]
    assert sorted(map(tuple, changed.tolist())) == sorted(expected[:5])
    np.testing.assert_array_equal(before.image, after.image)
    assert store.read_lines(tmp_path / "new") == store.read_lines(folder / "store")
    # The whole list removes more errors than it makes.
    everything = folder / "out" / "corrections.csv"
    assert correct(folder / "store", everything, "--out", tmp_path / "all") == 0
    true, all_of = np.load(folder / "true.npy"), store.read(tmp_path / "all").labels
    assert np.sum(all_of != true) < np.sum(before.labels != true)


@pytest.mark.errors
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("row,class\n", "got row, class, wanted the columns row, class, given"),
        ("", "got nothing, wanted the columns"),
        ("row,class,given\n400,sea,1\n", "got row 400, wanted a row of the store"),
        ("row,class,given\n-1,sea,1\n", "got row -1, wanted a row of the store"),
        ("row,class,given\n0,see,1\n", "got class see, wanted a class of the store"),
        ("row,class,given\n0,sea,2\n", "got given 2, wanted"),
        ("row,class,given\n0\n", "got class None, wanted a class of the store"),
        ('row,class,given\n"0', "wanted CSV in UTF-8"),
    ],
)
def test_corrections_of_another_store_are_refused(
    folder, tmp_path, capsys, text, message
):
    (tmp_path / "kept.csv").write_text(text)
    words = folder / "store", tmp_path / "kept.csv", "--out", tmp_path / "new"
    assert message in error_line(capsys, "data", "correct", *map(str, words))
    assert not (tmp_path / "new").exists()


@pytest.mark.errors
def test_a_correction_is_made_once(folder, tmp_path, capsys):
    given = store.read(folder / "store").labels[0, 0]
    line = f"0,sea,{given}\n"
    (tmp_path / "kept.csv").write_text(f"row,class,given\n{line}{line}")
    words = folder / "store", tmp_path / "kept.csv", "--out", tmp_path / "new"
    said = error_line(capsys, "data", "correct", *map(str, words))
    assert "got sea of row 0 again, wanted it only once" in said
