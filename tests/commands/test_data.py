"""What data inspect says, of good files and of bad ones."""

import h5py
import layouts
import numpy as np
import pytest
from conftest import MIRFLICKR
from layouts import LAYOUTS

from scbch_jax.cli import program
from scbch_jax.data import store

SMALL = (6, 5, 4)


def inspect(capsys, *words):
    assert program.main(["data", "inspect", *map(str, words)]) == 0
    return capsys.readouterr().out


def write(folder, name="djsrh", sizes=SMALL, **changes):
    """A drawn set in a layout, some arrays of which were changed."""
    layout = LAYOUTS[name]
    arrays = layouts.arrays_of(layout, layouts.draw(sizes))
    for key, change in changes.items():
        arrays[key] = change(arrays[key].copy())
    layout.write(folder, arrays)
    return sorted(folder.iterdir())


def test_a_set_in_words(tmp_path, capsys):
    said = inspect(capsys, *write(tmp_path, sizes=LAYOUTS["djsrh"].sizes))
    assert "| I_db  | 19 x 4,096 | float64 |" in said
    assert "Layout: split file of the DJSRH family" in said
    assert "Dataset: NUS-WIDE, 21 concepts" in said
    assert "23 rows; image features of 4,096 columns" in said
    assert "Labels per row: " in said
    assert "file (query 4, train 9, database 19 rows)" in said
    assert "23 rows, where NUS-WIDE, 21 concepts is published with 190,421 or" in said


def zeroed(index):
    def change(array):
        array[index] = 0
        return array

    return change


def with_nan(array):
    array[3, 2] = np.nan
    return array


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        ({"I_db": with_nan}, "image: NaN or infinity in 1 row"),
        ({"T_te": zeroed(slice(2))}, "text: 2 rows of zeros only"),
        ({"L_db": zeroed([1, 2, 3])}, "labels: 3 rows without a label"),
        ({k: np.zeros_like for k in ("L_te", "L_db", "L_tr")}, "labels: only zeros"),
        (
            {k: zeroed(np.s_[:, 1]) for k in ("L_te", "L_db", "L_tr")},
            "no row has class 1",
        ),
        ({k: zeroed(np.s_[:, 4]) for k in ("T_te", "T_db", "T_tr")}, "1 of 5 columns"),
        ({k: np.zeros_like for k in ("I_te", "I_db", "I_tr")}, "image: only zeros"),
        ({"I_db": lambda a: a[1:]}, "rows: got I_db of 18 x 6, T_db of 19 x 5"),
        ({"L_db": lambda a: 2 * a}, "labels: got the value 2|got the value 2"),
        (
            {"L_db": lambda a: a / 2},
            "got the value 0.5 in row 0, counted from 0, wanted only 0 and 1",
        ),
    ],
)
def test_what_looks_wrong_is_said(tmp_path, capsys, changes, warning):
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.mkdir()
    bad.mkdir()
    said = inspect(capsys, *write(bad, **changes))
    assert any(words in said for words in warning.split("|")), said
    assert warning.split("|")[0] not in inspect(capsys, *write(good))


@pytest.mark.parametrize(
    ("name", "array", "said"),
    [
        ("mine", [[1, np.nan], [2, 3]], "mine: NaN or infinity in 1 row"),
        ("LAll", [[1, -1], [0, 1]], "LAll: values other than 0 and 1"),
        ("mine", [[1, 4], [2, 3]], "Nothing looks wrong with the arrays themselves."),
    ],
)
def test_a_single_array_is_described_too(tmp_path, capsys, name, array, said):
    np.savez(tmp_path / "a.npz", **{name: np.array(array)})
    assert program.main(["data", "inspect", str(tmp_path / "a.npz")]) == 0
    out = capsys.readouterr().out
    assert said in out
    assert ("Nothing looks wrong" in out) == ("Nothing" in said)


def test_queries_that_are_also_in_the_database(tmp_path, capsys):
    parts = layouts.draw(SMALL)
    again = {"I_te": parts.image[6:10], "T_te": parts.text[6:10].astype("f8")}
    changes = {key: lambda _, array=array: array for key, array in again.items()}
    said = inspect(capsys, *write(tmp_path, **changes))
    assert "4 rows of the queries are also in the database" in said
    assert "4 rows of the queries are also in the training set" in said
    assert "4 rows repeat image and text of an earlier row" in said


def test_each_array_of_an_archive_is_unpacked_once(tmp_path, monkeypatch, capsys):
    read = []

    def reader(archive, key, once=np.lib.npyio.NpzFile.__getitem__):
        read.append(key)
        return once(archive, key)

    monkeypatch.setattr(np.lib.npyio.NpzFile, "__getitem__", reader)
    inspect(capsys, *write(tmp_path, "all, npz", sizes=LAYOUTS["all, npz"].sizes))
    assert sorted(read) == ["LAll", "XAll", "YAll"]


def test_pictures_are_not_taken_for_features(tmp_path, capsys):
    with h5py.File(tmp_path / "a.mat", "w") as file:
        file["IAll"] = np.zeros((9, 3, 8, 8), np.uint8)
        file["YAll"], file["LAll"] = np.ones((9, 5)), np.eye(9, 4)
    said = inspect(capsys, tmp_path / "a.mat")
    assert "pictures" in said
    assert "as pictures have, wanted features of them" in said


def test_names_and_files_that_are_not_there(tmp_path, capsys):
    files = list(map(str, write(tmp_path, "all, npz")))
    again = [f"{tmp_path}/../{tmp_path.name}/drawn.npz"]
    for words, message in (
        (["inspect"], "files: got none"),
        (["inspect", "gone.npz"], "file: got gone.npz, wanted a file that exists"),
        (["inspect", *files, "--image", "a"], "image, text, labels: got image alone"),
        (
            ["inspect", *files, "--image", "a", "--text", "YAll", "--labels", "LAll"],
            "a, wanted the name of an array: XAll, YAll, LAll",
        ),
        (["verify", str(tmp_path)], "wanted a folder with store.json"),
        (
            ["import", *files, "--out", "s"],
            "queries: got none, wanted a number of rows",
        ),
        (
            ["import", *files, "--out", str(tmp_path)],
            "which exists, wanted a new folder",
        ),
        (["inspect", *files, *files], "npz twice, wanted each file once"),
        (["import", *files, *again, "--out", "s"], "wanted each file once"),
        (["import", *files, "--out", "s", "--split", "file"], "has no split"),
    ):
        code = program.main(["data", *words])
        said = capsys.readouterr()
        if words[0] == "inspect" and code == 0:
            assert message in said.out
            continue
        assert code == 2
        assert message in said.err
        assert said.err.count("\n") == 1


def test_a_store_from_end_to_end(tmp_path, capsys):
    files = list(map(str, write(tmp_path, "djsrh")))
    out = str(tmp_path / "s")
    assert (
        program.main(["data", "import", *files, "--out", out, "--title", "mine"]) == 0
    )
    said = capsys.readouterr().out
    assert "database: 19 rows, 4 to 22" in said
    assert program.main(["data", "verify", out]) == 0
    assert "6 files as they were written" in capsys.readouterr().out
    assert program.main(["data", "show", "--name", "store", "--root", out]) == 0
    said = capsys.readouterr().out
    assert said.startswith("mine\n")
    assert "split: file" in said
    said = inspect(capsys, out)
    assert said.startswith("Store: mine\n23 rows, image features of 6 columns, text fe")
    assert "Features: the store does not say what made them\nSplit: file (query" in said
    assert "Labels per row: " in said


def test_what_made_features_is_kept(tmp_path, capsys):
    """As files of features name it; of arrays that are used, not of others."""
    parts = layouts.draw(SMALL)
    image = {"image": parts.image, "image_extractor": np.array(["descriptor"])}
    np.savez(tmp_path / "image.npz", **image)
    text = {"text": parts.text, "text_extractor": np.array(["a" * 64])}
    np.savez(tmp_path / "text.npz", **text)
    np.savez(tmp_path / "labels.npz", labels=parts.labels, other=parts.image + 1)
    paths = [str(tmp_path / f"{name}.npz") for name in ("image", "text", "labels")]
    sizes = ["--queries", "4", "--train", "9", "--out"]
    assert program.main(["data", "import", *paths, *sizes, str(tmp_path / "s")]) == 0
    capsys.readouterr()
    made = {"image": "descriptor", "text": "a" * 64}
    assert store.extractors(store.read(tmp_path / "s")) == made
    words = f"images by descriptor; texts by the text model of SHA-256 {'a' * 64}"
    assert f"Features: {words}\n" in inspect(capsys, tmp_path / "s")
    assert f"Features: {words}\n" in inspect(capsys, *paths)
    named = ["--image", "other", "--text", "text", "--labels", "labels"]
    paths[0] = str(tmp_path / "labels.npz")
    words = ["data", "import", *paths[:2], *named, *sizes, str(tmp_path / "t")]
    assert program.main(words) == 0
    assert store.extractors(store.read(tmp_path / "t")) == {"text": "a" * 64}


def test_the_real_mirflickr(mirflickr, capsys):
    """What its README says of labels, tags and noise files."""
    said = inspect(capsys, mirflickr / "mirflickr25k-lall.mat")
    assert "labels, as wide as those of MIRFlickr-25K" in said
    assert "Labels per row: 3.78" in said
    assert "wanted also XAll" in said
    said = inspect(capsys, mirflickr / "mirflickr25k-yall.mat")
    assert "0 and 1, 4.64 per row" in said
    for rate in (0.2, 0.5, 0.8):
        file = mirflickr / "noise" / f"mirflickr25k-lall-noise_{rate}.h5"
        said = inspect(capsys, file)
        changed = int(10000 * rate)
        assert f"{changed:,} rows are noisy, {100 * rate:.1f} %" in said
        assert f"{changed:,} labels added and {changed:,} removed" in said


def test_the_real_wikipedia_and_pascal(capsys):
    folder = MIRFLICKR.parent
    wikipedia = folder / "wikipedia" / "wikipedia.npz"
    pascal = folder / "pascal-sentences-vgg19-sample" / "pascal-sample.npz"
    if not (wikipedia.is_file() and pascal.is_file()):
        pytest.skip(f"no Wikipedia and Pascal files beside {MIRFLICKR}")
    said = inspect(capsys, wikipedia)
    assert "wanted --image, --text and --labels" in said
    assert "May be labels: labels." in said
    words = ("--image", "image128", "--text", "text100", "--labels", "labels")
    said = inspect(capsys, wikipedia, *words)
    assert "2,866 rows; image features of 128 columns" in said
    words = ("test_image_vgg19", "test_text300", "test_label")
    options = ("--image", "--text", "--labels")
    both = [w for pair in zip(options, words, strict=True) for w in pair]
    said = inspect(capsys, pascal, *both)
    assert "100 rows; image features of 4,096 columns, text features of 300" in said
    assert "20 classes" in said


def test_show_says_what_a_set_holds(capsys):
    words = ["data", "show", "--planted.train", "50", "--planted.database", "60"]
    assert program.main(words) == 0
    assert "| train    |   50 |" in capsys.readouterr().out
