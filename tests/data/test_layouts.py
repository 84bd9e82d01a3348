"""Each layout is recognized and read to identical arrays; none is read wrongly."""

import layouts
import numpy as np
import pytest
from layouts import LAYOUTS, QUERIES, TRAIN

from scbch_jax import data, datasets
from scbch_jax.cli import program
from scbch_jax.config import Data
from scbch_jax.data import store


def files_in(folder):
    return sorted(p for p in folder.iterdir() if p.is_file())


def imported(folder, *words):
    """The store that the command line makes of a folder's files."""
    files = list(map(str, files_in(folder)))
    assert (
        program.main(["data", "import", *files, "--out", str(folder / "s"), *words])
        == 0
    )
    return store.read(folder / "s")


SIZES = ("--queries", str(QUERIES), "--train", str(TRAIN))


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_is_recognized_and_read(tmp_path, name):
    layout = LAYOUTS[name]
    parts = layouts.draw(layout.sizes)
    layout.write(tmp_path, layouts.arrays_of(layout, parts))
    found = imported(tmp_path, *([] if "query" in layout.keys else SIZES))
    np.testing.assert_array_equal(found.image, layouts.images_of(layout, parts))
    np.testing.assert_array_equal(found.text, parts.text)
    np.testing.assert_array_equal(found.labels, parts.labels)
    rows = data.rows_queries_first(layouts.SAMPLES, queries=QUERIES, train=TRAIN)
    for mine, wanted in zip(found.rows, rows, strict=True):
        np.testing.assert_array_equal(mine, wanted)
    assert found.split == ("file" if "query" in layout.keys else "scbch")
    known = data.benchmark_with(text_dim=layout.sizes[1], classes=layout.sizes[2])
    assert known is not None
    assert found.title == known.title
    assert bool(found.source["transposed"]) == ("transposed" in name)


def test_the_name_of_a_file_plays_no_part(tmp_path):
    """COCO's layout in a file named as MIRFlickr's is COCO."""
    layout = LAYOUTS["coco"]
    arrays = layouts.arrays_of(layout, layouts.draw(layout.sizes))
    layout.write(tmp_path, arrays)
    (tmp_path / "drawn.h5").rename(tmp_path / "mirflickr25k-iall-vgg.h5")
    assert imported(tmp_path, *SIZES).title == "MS-COCO"


SMALL = (6, 5, 4)


def written(folder, name, change=lambda arrays: arrays):
    """A small set in a layout, after a change of its arrays."""
    layout = LAYOUTS[name]
    parts = layouts.draw(SMALL)
    layout.write(folder, change(layouts.arrays_of(layout, parts)))
    return parts


def test_class_ids_are_one_hot_encoded(tmp_path):
    """Wikipedia as it circulates: MS-COCO's names, a class id a row."""

    def numbered(arrays):
        return {
            k: 1 + a.argmax(axis=1)[:, None].astype("u1") if "labels" in k else a
            for k, a in arrays.items()
        }

    parts = written(tmp_path, "coco", numbered)
    found = imported(tmp_path, *SIZES)
    first = parts.labels.argmax(axis=1)
    assert found.classes == [str(1 + c) for c in np.unique(first)]
    names = np.array(found.classes, int)
    np.testing.assert_array_equal(names[found.labels.argmax(axis=1)], 1 + first)
    assert (found.labels.sum(axis=1) == 1).all()


def test_training_rows_are_found_wherever_they_are_in_the_database(tmp_path):
    order = np.array([7, 2, 5])

    def shuffled(arrays):
        own = {
            k: arrays[k.replace("_tr", "_db")][order] for k in ("I_tr", "T_tr", "L_tr")
        }
        return arrays | own

    parts = written(tmp_path, "djsrh", shuffled)
    found = imported(tmp_path)
    np.testing.assert_array_equal(found.rows.train, QUERIES + order)
    np.testing.assert_array_equal(found.text, parts.text)


def test_of_equal_rows_the_one_with_the_same_labels_trains(tmp_path):
    """The first and the last row of the database differ in their labels alone."""

    def twins(arrays):
        image, text, labels = (arrays[k].copy() for k in ("I_db", "T_db", "L_db"))
        image[-1], text[-1], labels[-1] = image[0], text[0], 1 - labels[0]
        own = {"I_tr": image[[-1, 3]], "T_tr": text[[-1, 3]], "L_tr": labels[[-1, 3]]}
        return arrays | own | {"I_db": image, "T_db": text, "L_db": labels}

    written(tmp_path, "djsrh", twins)
    assert list(imported(tmp_path).rows.train) == [layouts.SAMPLES - 1, QUERIES + 3]


def test_training_rows_that_are_not_in_the_database_are_kept(tmp_path):
    def other(arrays):
        return arrays | {"I_tr": arrays["I_tr"] + 1}

    parts = written(tmp_path, "djsrh", other)
    found = imported(tmp_path)
    assert found.split == "file: training rows are not in the database"
    assert len(found.image) == layouts.SAMPLES + TRAIN
    rows = parts.image[QUERIES : QUERIES + TRAIN] + 1
    np.testing.assert_array_equal(found.image[found.rows.train], rows.astype("f4"))


def test_without_a_database_the_training_set_is_searched(tmp_path):
    written(tmp_path, "djsrh", lambda a: {k: x for k, x in a.items() if "db" not in k})
    found = imported(tmp_path)
    np.testing.assert_array_equal(found.rows.database, found.rows.train)
    assert found.split == "file: the training set is the database"


@pytest.mark.parametrize(
    ("words", "query", "train", "split"),
    [
        (("--split", "ucch", "--queries", "4"), range(19, 23), range(19), "ucch"),
        (
            ("--split", "ucch", *SIZES),
            range(19, 23),
            range(9),
            "ucch",
        ),
        (("--split", "scbch", *SIZES), range(4), range(4, 13), "scbch"),
    ],
)
def test_splits_by_name(tmp_path, words, query, train, split):
    written(tmp_path, "mirflickr")
    found = imported(tmp_path, *words)
    assert (list(found.rows.query), list(found.rows.train)) == ([*query], [*train])
    assert found.split == split
    assert len(found.rows.database) == 19


def test_the_seed_decides_a_random_split(tmp_path):
    written(tmp_path, "mirflickr")
    drawn = []
    for seed in ("0", "0", "1"):
        folder = tmp_path / f"{len(drawn)}"
        words = ["--split", "random", *SIZES, "--seed", seed, "--out", str(folder)]
        files = list(map(str, files_in(tmp_path)))
        assert program.main(["data", "import", *files, *words]) == 0
        drawn.append(store.read(folder))
    first, again, other = drawn
    np.testing.assert_array_equal(first.rows.query, again.rows.query)
    assert (first.rows.query != other.rows.query).any()
    assert (first.split, other.split) == ("random, seed 0", "random, seed 1")
    assert sorted([*first.rows.query, *first.rows.database]) == list(range(23))


def test_splits_by_row_numbers_and_masks(tmp_path):
    written(tmp_path, "all, npz")
    (tmp_path / "rows").mkdir()
    query, mask = np.array([[3, 1, 2]]), np.arange(23) % 2 == 0
    np.save(tmp_path / "rows" / "query.npy", query.astype(np.float64))
    np.savez(tmp_path / "rows" / "train.npz", is_train=mask)
    words = ["--query-rows", str(tmp_path / "rows" / "query.npy")]
    found = imported(tmp_path, *words)
    assert list(found.rows.query) == [3, 1, 2]
    assert list(found.rows.database) == [0, *range(4, 23)] == list(found.rows.train)
    assert found.split == "given: query rows"
    (tmp_path / "s").rename(tmp_path / "first")
    found = imported(tmp_path, "--train-rows", f"{tmp_path}/rows/train.npz:is_train")
    assert list(found.rows.query) == list(range(1, 23, 2))
    assert list(found.rows.train) == list(range(0, 23, 2))


MAPPING = ("--image", "a", "--text", "b", "--labels", "c")


def mapped(parts):
    return {"a": parts.image, "b": parts.text, "c": parts.labels.astype(np.uint8)}


def by_parquet(folder, arrays):
    reason = "no pyarrow to write .parquet with"
    arrow = pytest.importorskip("pyarrow", reason=reason)
    parquet = pytest.importorskip("pyarrow.parquet", reason=reason)
    table = arrow.table({k: list(x.astype(np.float64)) for k, x in arrays.items()})
    parquet.write_table(table, folder / "drawn.parquet")


def by_npy(folder, arrays):
    for key, array in arrays.items():
        np.save(folder / f"{key}.npy", array)


@pytest.mark.parametrize(
    "write",
    [
        layouts.write_npz,
        layouts.write_hdf5,
        layouts.write_nested,
        layouts.write_mat5,
        layouts.write_mat73,
        layouts.write_transposed,
        layouts.write_struct,
        by_parquet,
        by_npy,
    ],
)
def test_anything_else_by_a_mapping(tmp_path, write):
    parts = layouts.draw(SMALL)
    write(tmp_path, mapped(parts))
    found = imported(tmp_path, *MAPPING, *SIZES, "--title", "mine")
    np.testing.assert_array_equal(found.image, parts.image.astype(np.float32))
    np.testing.assert_array_equal(found.text, parts.text)
    np.testing.assert_array_equal(found.labels, parts.labels)
    assert found.title == "mine"


def test_objects_are_listed_and_never_read(tmp_path, capsys):
    """Strings are often saved so; reading them could run code."""
    extra = {"captions": np.array(["a", None], dtype=object)}
    written(tmp_path, "all, npz", lambda arrays: arrays | extra)
    assert imported(tmp_path, *SIZES).image.shape == (23, 6)
    words = ["--image", "captions", "--text", "YAll", "--labels", "LAll"]
    files = list(map(str, files_in(tmp_path)))
    assert (
        program.main(["data", "import", *files, *words, "--out", str(tmp_path / "t")])
        == 2
    )
    assert "got objects, wanted an array of numbers" in capsys.readouterr().err


@pytest.mark.slow
def test_a_store_of_mirflickr_is_the_benchmark(tmp_path, mirflickr):
    """Training on either is training on the same numbers."""
    names = ("lall.mat", "yall.mat", "image-mobilenetv2.npz", "meta.npz")
    files = [str(mirflickr / f"mirflickr25k-{name}") for name in names]
    assert program.main(["data", "import", *files, "--out", str(tmp_path / "s")]) == 0
    actual = datasets.load(Data("store", root=str(tmp_path / "s"))).dataset
    expected = datasets.load(Data("mirflickr", root=str(mirflickr))).dataset
    for mine, other in zip(actual, expected, strict=True):
        for array, wanted in zip(mine, other, strict=True):
            assert array.dtype == wanted.dtype
            np.testing.assert_array_equal(array, wanted)


def test_names_of_classes_and_words_are_kept(tmp_path):
    names = {"label_names": list("wxyz"), "tag_names": ["a", "b", "c", "d", "é"]}
    written(
        tmp_path, "all, npz", lambda a: a | {k: np.array(x) for k, x in names.items()}
    )
    found = imported(tmp_path, *SIZES)
    assert (found.classes, found.words) == tuple(names.values())
