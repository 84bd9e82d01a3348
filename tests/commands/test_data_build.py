"""`scbch data build`: from original files to a store, features, and a verdict."""

import coco_originals
import current_forms as forms
import mirflickr_files as made
import numpy as np
import nuswide_files
import original_files
import pytest
from command_line import error_line

from scbch_jax.cli import program
from scbch_jax.data import store

SIZES = ("--queries", "4", "--train", "9")


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A folder with MIRFlickr's miniature."""
    folder = tmp_path_factory.mktemp("originals") / "mirflickr"
    return original_files.write(folder, made.miniature(nested=False))


def build(original, out, *words):
    words = ["mirflickr", "--from", original, "--out", out, *SIZES, *words]
    return program.main(["data", "build", *map(str, words)])


def test_a_store_of_labels_tags_and_pictures(original, tmp_path, capsys):
    assert build(original, tmp_path / "s") == 0
    said = capsys.readouterr().out
    assert f"MIRFlickr-25K from {original}" in said
    assert "this is 30 of 25,000 pictures" in said
    assert "with a label and a common tag                       26      20,015" in said
    assert "query: 4 rows, im1 to im5" in said
    assert "1 rows have no picture on disk: mirflickr/im30.jpg" in said
    assert f"scbch features images {tmp_path / 's'} --root {original}" in said
    found = store.read(tmp_path / "s", partial=True)
    labels, text = made.expected()
    np.testing.assert_array_equal(found.labels, labels)
    np.testing.assert_array_equal(found.text, text)
    assert found.image.shape == (len(labels), 0)
    assert found.words == list(made.WORDS)
    line = store.read_lines(tmp_path / "s")[0]
    assert line == {"picture": "mirflickr/im1.jpg", "text": "sea españa", "id": "im1"}
    assert program.main(["data", "verify", str(tmp_path / "s")]) == 0
    assert "without image features" in capsys.readouterr().out


def test_a_store_without_features_is_not_trained_on(original, tmp_path, capsys):
    build(original, tmp_path / "s")
    capsys.readouterr()
    words = ["--name", "store", "--root", str(tmp_path / "s")]
    said = error_line(capsys, "data", "show", *words)
    assert "without image features, wanted a complete store" in said


def features(path, pictures):
    rng = np.random.default_rng(0)
    np.savez(path, image=rng.normal(size=(len(pictures), 6)), names=pictures)
    return path


def test_labeled_rows_have_an_earlier_spelling(original, tmp_path):
    for rows in ("labeled", "labelled"):
        assert build(original, tmp_path / rows, "--rows", rows) == 0
    old, new = (
        store.read(tmp_path / rows, partial=True) for rows in ("labelled", "labeled")
    )
    assert old.sums == new.sums
    assert len(new.labels) > len(made.EXPECTED)


def test_features_are_added_to_the_rows_that_have_them(original, tmp_path, capsys):
    pictures = [f"mirflickr/im{n}.jpg" for n in made.EXPECTED]
    every = features(tmp_path / "every.npz", pictures)
    assert build(original, tmp_path / "every", "--image", every) == 0
    assert len(store.read(tmp_path / "every").image) == len(pictures)
    some = features(tmp_path / "some.npz", [p for p in pictures if "im5." not in p])
    assert build(original, tmp_path / "some", "--image", f"{some}:image") == 0
    assert "1 rows without features are left out" in capsys.readouterr().out
    found = store.read(tmp_path / "some")
    np.testing.assert_array_equal(found.image, np.load(some)["image"].astype("f4"))
    left = made.EXPECTED.index(5)
    np.testing.assert_array_equal(found.text, np.delete(made.expected()[1], left, 0))
    ids = [line["id"] for line in store.read_lines(tmp_path / "some")]
    assert ids == [f"im{n}" for n in made.EXPECTED if n != 5]


def test_features_of_other_rows_are_refused(original, tmp_path, capsys):
    other = features(tmp_path / "a.npz", ["mirflickr/im3.jpg", "mirflickr/im1.jpg"])
    np.save(tmp_path / "b.npy", np.ones((5, 3)))
    for path, wanted in (
        (other, "got mirflickr/im1.jpg, which is none of the pictures that follow"),
        (tmp_path / "b.npy", "got 5 rows, wanted 26, one for each row of the original"),
        (tmp_path / "gone.npy", "wanted FILE or FILE:KEY of a file that exists"),
    ):
        words = ["mirflickr", "--from", str(original), "--out", str(tmp_path / "s")]
        words += [*SIZES, "--image", f"{path}"]
        assert wanted in error_line(capsys, "data", "build", *words)
        assert not (tmp_path / "s").exists()


def flipped(labels, text):
    return labels, np.where(
        np.arange(text.size).reshape(text.shape) == 6, 1 - text, text
    )


VERDICTS = {
    "in order": (lambda a, b: (a, b), "26 of 26 equal, in this order"),
    "shuffled": (
        lambda a, b: (a[::-1], b[::-1]),
        "equal as a set: 26 of 26; placed ",
    ),
    "columns": (
        lambda a, b: (a, b[:, ::-1]),
        "6 columns of texts in another order; theirs is taken",
    ),
    "one bit": (flipped, "1 original rows, no equal row: 1 (im3)"),
    "equal rows": (
        lambda a, b: (a[[*range(25), 24]], b[[*range(25), 24]]),
        "1 published rows, no equal row: 25",
    ),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_published_rows_get_the_verdict_that_they_should(
    original, tmp_path, capsys, name
):
    change, verdict = VERDICTS[name]
    labels, text = change(*made.expected())
    path = original_files.write_published(tmp_path / "published.mat", labels, text)
    assert build(original, tmp_path / "s", "--against", path) == 0
    assert verdict in capsys.readouterr().out
    if name == "columns":
        assert store.read(tmp_path / "s", partial=True).words == list(made.WORDS)[::-1]
    lines = store.read_lines(tmp_path / "s")
    for row, line in enumerate(lines):
        if "published" in line:
            there = labels[line["published"]].tolist()
            assert there == made.expected()[0][row].tolist()


def test_lists_of_tags_are_compared_too(original, tmp_path, capsys):
    """Published labels and tags as lists, as the MITH code has them."""
    labels, tags = made.expected()
    forms.write_lists(tmp_path, {forms.LISTED: tags, "all_labels": labels})
    names = ("all_tags", "TagList", "all_labels")
    paths = [str(tmp_path / f"{name}.txt") for name in names]
    assert build(original, tmp_path / "s", "--against", *paths) == 0
    said = capsys.readouterr().out
    assert "published rows, by labels and texts:" in said
    assert f"{len(labels)} of {len(labels)} equal, in this order" in said


def test_pictures_of_a_store_become_features(original, tmp_path, capsys):
    """The commands that `data build` prints, with pictures that can be read."""
    from PIL import Image

    for n in made.EXPECTED:
        picture = tmp_path / "mirflickr" / f"im{n}.jpg"
        picture.parent.mkdir(exist_ok=True)
        Image.new("RGB", (40, 30), (8 * n, 100, 255 - 8 * n)).save(picture)
    files = {p: c for p, c in made.miniature(nested=True).items() if p[-3:] != "jpg"}
    original_files.write(tmp_path, files)
    assert build(tmp_path, tmp_path / "rows") == 0
    out = str(tmp_path / "image.npz")
    words = ["features", "images", str(tmp_path / "rows"), "--root", str(tmp_path)]
    assert program.main([*words, "--network", "descriptor", "--out", out]) == 0
    assert build(tmp_path, tmp_path / "full", "--image", out) == 0
    hint = f"--data.root {tmp_path / 'full'}; with --method robust"
    assert hint in capsys.readouterr().out
    full = store.read(tmp_path / "full")
    assert full.image.shape == (26, 509)
    assert store.extractors(full) == {"image": "descriptor"}
    for path in (tmp_path / "full", out):
        assert program.main(["data", "inspect", str(path)]) == 0
        assert "Features: images by descriptor\n" in capsys.readouterr().out


def test_options_that_do_not_fit_are_refused(original, tmp_path, capsys):
    words = ["mirflickr", "--from", str(original), "--out", str(tmp_path / "s")]
    for more, wanted in (
        (["--split", "file"], "split: got file, wanted another"),
        ([], "rows: got 26, wanted at least 2000 queries"),
        (["--against", str(tmp_path / "gone.mat")], "wanted a file that exists"),
        (["--out", str(tmp_path)], "which exists, wanted a new folder"),
        (["--from", str(tmp_path / "gone")], "from: got"),
    ):
        assert wanted in error_line(capsys, "data", "build", *words, *more)


@pytest.mark.parametrize("name", ["nuswide", "nuswide-10"])
def test_nuswide_is_built_and_matched(tmp_path, capsys, name):
    """Fewer concepts than are kept: all five, of rows with a label and a tag."""
    original_files.write(tmp_path / "from", nuswide_files.miniature(listed=False))
    hot, bags = nuswide_files.labels(), nuswide_files.tags()
    kept = hot.any(axis=1) & bags.any(axis=1)
    path = original_files.write_published(tmp_path / "a.mat", hot[kept], bags[kept])
    words = ["data", "build", name, "--from", str(tmp_path / "from"), *SIZES]
    words += ["--rows", "tagged", "--against", str(path), "--out", str(tmp_path / "s")]
    assert program.main(words) == 0
    said = capsys.readouterr().out
    assert f"{kept.sum()} of {kept.sum()} equal, in this order" in said
    assert "this is 40 of 269,648 pictures" in said
    found = store.read(tmp_path / "s", partial=True)
    np.testing.assert_array_equal(found.text, bags[kept])
    assert found.classes == list(nuswide_files.CONCEPTS)


def test_captions_become_features(tmp_path, capsys):
    """MS-COCO's store has neither features at first; both are added."""
    original_files.write(tmp_path / "from", coco_originals.miniature("2014"))
    words = ["data", "build", "coco", "--from", str(tmp_path / "from")]
    words += ["--queries", "3", "--train", "4"]
    assert program.main([*words, "--out", str(tmp_path / "rows")]) == 0
    assert "no text features: scbch features texts" in capsys.readouterr().out
    made_of = str(tmp_path / "text.npz")
    texts = ["features", "texts", str(tmp_path / "rows"), "--min-count", "1"]
    assert program.main([*texts, "--out", made_of]) == 0
    image = tmp_path / "image.npy"
    np.save(image, np.random.default_rng(0).normal(size=(11, 6)))
    words += ["--image", str(image), "--text", made_of, "--out", str(tmp_path / "s")]
    assert program.main(words) == 0
    found = store.read(tmp_path / "s")
    np.testing.assert_array_equal(found.text, np.load(made_of)["text"])
    assert (found.title, found.words) == ("MS-COCO", [])
    assert store.extractors(found) == {"text": np.load(made_of)["text_extractor"][0]}
    assert found.labels.tolist() == coco_originals.labels()
