"""A store gives back what was written, loads what is used, and says what is wrong."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT

from scbch_jax import data, datasets
from scbch_jax.config import Data
from scbch_jax.data import store
from scbch_jax.data.formats import numpy_files
from scbch_jax.errors import InputError


def arrays(samples=20, seed=0):
    rng = np.random.default_rng(seed)
    labels = (rng.random((samples, 4)) < 0.4).astype(np.uint8)
    return {
        "image": rng.normal(size=(samples, 6)).astype(np.float32),
        "text": (rng.random((samples, 5)) < 0.5).astype(np.float32),
        "labels": labels,
    }


def write(folder, samples=20, rows=None, **parts):
    rows = rows or data.rows_queries_first(samples, queries=4, train=10)
    given = {**arrays(samples), "rows": rows, "split": "scbch", "title": "small"}
    store.write(folder, **{**given, "source": {"layout": "drawn"}, **parts})
    return folder


def test_what_was_written_is_read(tmp_path):
    folder = write(tmp_path / "s", classes=list("abcd"), words=list("vwxyz"))
    found = store.read(folder)
    for name, array in arrays().items():
        np.testing.assert_array_equal(getattr(found, name), array)
        assert getattr(found, name).dtype == array.dtype
    assert (found.title, found.split, found.source) == (
        "small",
        "scbch",
        {"layout": "drawn"},
    )
    assert (found.classes, found.words) == (list("abcd"), list("vwxyz"))
    np.testing.assert_array_equal(found.rows.database, np.arange(4, 20))
    assert store.verify(folder) == found.sums
    assert list(store.read_lines(folder)) == []


@pytest.mark.parametrize("block", [1, 7, 20])
def test_blocks_give_the_same_bytes_as_arrays(tmp_path, block):
    whole = store.verify(write(tmp_path / "whole"))

    def blocks_of(array):
        return (array[i : i + block] for i in range(0, 20, block))

    blocks = {name: blocks_of(array) for name, array in arrays().items()}
    assert store.verify(write(tmp_path / "blocks", **blocks)) == whole


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("image", np.nan, "image: got NaN or infinity in row 13, counted from 0"),
        ("labels", 3, "labels: got the value 3 in row 13, counted from 0"),
    ],
)
def test_messages_name_a_row_of_the_matrix_not_of_a_block(
    tmp_path, monkeypatch, name, value, message
):
    monkeypatch.setattr(numpy_files, "BLOCK_BYTES", 60)
    wrong = arrays()[name].astype(np.float64)
    wrong[13] = value
    with pytest.raises(InputError, match=message):
        write(tmp_path / "s", **{name: wrong})


def test_a_matrix_larger_than_a_block(tmp_path, monkeypatch):
    whole = store.verify(write(tmp_path / "whole"))
    monkeypatch.setattr(numpy_files, "BLOCK_BYTES", 60)
    assert store.verify(write(tmp_path / "parts")) == whole


def test_rows_that_follow_each_other_stay_on_disk(tmp_path):
    found = store.dataset(store.read(write(tmp_path / "s")))
    assert isinstance(found.database.image, np.memmap)
    assert np.shares_memory(found.train.image, found.database.image)
    np.testing.assert_array_equal(found.train.text, arrays()["text"][4:14])
    assert found.query.labels.dtype == np.float32


def test_rows_in_any_order_are_gathered(tmp_path):
    rows = data.Rows(np.array([19, 3]), np.array([5, 1, 2]), np.array([0, 1, 2, 5]))
    found = store.dataset(store.read(write(tmp_path / "s", rows=rows)))
    for name, numbers in rows._asdict().items():
        part = getattr(found, name)
        np.testing.assert_array_equal(part.image, arrays()["image"][numbers])
        np.testing.assert_array_equal(part.labels, arrays()["labels"][numbers])


def test_lines_are_kept_in_order(tmp_path):
    lines = [{"image": f"{i}.jpg", "caption": "ein Äffchen"} for i in range(20)]
    folder = write(tmp_path / "s", lines=lines)
    assert list(store.read_lines(folder)) == lines
    assert "rows.jsonl" in store.verify(folder)


def test_lines_may_have_any_character(tmp_path):
    """U+2028 is a line's end for str.splitlines, and none in JSON lines."""
    folder = write(tmp_path / "s", lines=[{}] * 20)
    line = json.dumps({"text": "two\u2028lines"}, ensure_ascii=False)
    (folder / "rows.jsonl").write_text(f"{line}\n" * 20 + "\n", "utf-8")
    assert store.read_lines(folder) == [{"text": "two\u2028lines"}] * 20


def test_training_reads_a_store(tmp_path):
    folder = write(tmp_path / "s")
    loaded = datasets.load(Data("store", root=str(folder)))
    assert (loaded.title, loaded.split) == ("small", "scbch")
    assert loaded.sources["image.npy"].startswith("image.npy, sha256 ")
    np.testing.assert_array_equal(loaded.dataset.query.text, arrays()["text"][:4])


def changed(name, change):
    array = arrays()[name].astype(np.float64)
    return {name: change(array)}


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (changed("image", lambda a: a[:-1]), "rows: got 19 of image, 20 of text, 20"),
        (changed("image", lambda a: a * np.nan), "image: got NaN or infinity in row 0"),
        (changed("image", lambda a: a * 1e300), "image: got NaN or infinity in row 0"),
        (changed("text", lambda a: a * 0), "text: got only zeros"),
        (changed("labels", lambda a: a * 2), "labels: got the value 2 in row "),
        (
            changed("labels", lambda a: a[:, 0]),
            "labels: got shape|array: got shape",
        ),
        (changed("labels", lambda a: a * 0), "labels: got only zeros, wanted labels, "),
        ({"text": iter(())}, "text: got no rows"),
        (
            {"text": iter([np.ones((9, 2)), np.ones((11, 3))])},
            "text: got 3 columns from row 9 on",
        ),
        ({"classes": ["a"]}, "classes: got 1 names, wanted 4"),
        ({"lines": [{}]}, "lines: got 1, wanted 20"),
        (
            {"rows": data.Rows(np.arange(5), np.arange(4, 9), np.arange(4, 20))},
            "query rows: got 1 rows that are also in the train rows",
        ),
        (
            {"rows": data.Rows(np.arange(5), np.arange(5, 9), np.arange(5, 21))},
            "database rows: got 5 to 20, wanted 0 to 19",
        ),
        (
            {"rows": data.Rows(np.array([0, 0]), np.arange(5, 9), np.arange(5, 9))},
            "query rows: got 1 of them twice",
        ),
        (
            {"rows": data.Rows(np.array([]), np.arange(5, 9), np.arange(5, 9))},
            "query rows: got float64",
        ),
    ],
)
def test_bad_parts_are_one_line_and_leave_nothing(tmp_path, parts, message):
    with pytest.raises(InputError, match=message) as caught:
        write(tmp_path / "s", **parts)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_what_a_killed_import_left_is_no_obstacle_and_does_not_stay(
    tmp_path, monkeypatch
):
    """In a container each process has the same number."""
    code = (
        "import os, numpy as np; from pathlib import Path\n"
        "from scbch_jax.data import Rows, store\n"
        "os.getpid = lambda: 7\n"
        "def die():\n    yield np.ones((2, 3))\n    os._exit(9)\n"
        "store.write(Path('s'), image=die(), text=[], labels=[], rows=Rows(0, 0, 0),\n"
        "            split='', title='', source={})"
    )
    command, path = [sys.executable, "-c", code], {"PYTHONPATH": str(ROOT)}
    killed = subprocess.run(command, cwd=tmp_path, env=path, check=False)
    assert killed.returncode == 9
    assert list(tmp_path.iterdir()), "killed too early"
    monkeypatch.setattr(os, "getpid", lambda: 7)
    write(tmp_path / "s")
    assert [child.name for child in tmp_path.iterdir()] == ["s"]


def test_a_store_without_any_label_is_not_trained_on(tmp_path):
    """As versions that did not refuse it wrote them."""
    folder = write(tmp_path / "s")
    np.save(folder / "labels.npy", np.zeros((20, 4), np.uint8))
    with pytest.raises(InputError, match=r"query.labels: got only zeros, wanted label"):
        datasets.load(Data("store", root=str(folder)))


def test_a_folder_that_is_there_is_left_alone(tmp_path):
    folder = write(tmp_path / "s")
    before = store.verify(folder)
    with pytest.raises(InputError, match="out: got .*which exists"):
        write(folder, samples=30)
    assert store.verify(folder) == before
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write .*/s: file exists"):
        write(tmp_path / "file" / "s")


@pytest.mark.parametrize("name", ["image", "text", "labels", "query", "database"])
def test_a_changed_byte_is_found(tmp_path, name):
    folder = write(tmp_path / "s")
    path = folder / f"{name}.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(
        InputError, match=rf"{name}.npy with another checksum|rows: got"
    ):
        store.verify(folder)


@pytest.mark.parametrize("name", ["image", "labels", "train"])
def test_a_file_cut_short_is_seen_at_once(tmp_path, name):
    folder = write(tmp_path / "s")
    path = folder / f"{name}.npy"
    for share in (0, 0.2, 0.9):
        path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
        with pytest.raises(InputError, match=rf"store: got .*{name}.npy") as caught:
            store.read(folder)
        assert "\n" not in str(caught.value)


def test_files_missing_or_too_many(tmp_path):
    folder = write(tmp_path / "s")
    (folder / "more.npy").write_text("")
    with pytest.raises(InputError, match="got more.npy missing or unknown"):
        store.verify(folder)
    (folder / "text.npy").unlink()
    with pytest.raises(InputError, match="store: got no .*text.npy"):
        store.read(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 9}, "wanted the record of a store of format 1"),
        ({"title": 3}, "title in .*: got 3, wanted a str"),
        ({"files": {"image.npy": 3}}, "files in .*: got image.npy: 3"),
        ({"files": {}}, "store: got no .*image.npy"),
        ({"classes": ["a"]}, "classes: got 1 names"),
    ],
)
def test_a_record_that_does_not_fit(tmp_path, change, message):
    folder = write(tmp_path / "s")
    record = json.loads((folder / "store.json").read_text())
    (folder / "store.json").write_text(json.dumps({**record, **change}))
    with pytest.raises(InputError, match=message):
        store.read(folder)


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"format": 1}'])
def test_a_record_that_is_none(tmp_path, text):
    folder = write(tmp_path / "s")
    (folder / "store.json").write_text(text)
    with pytest.raises(InputError, match="store.json"):
        store.read(folder)
    with pytest.raises(
        InputError, match="store: got .*wanted a folder with store.json"
    ):
        store.read(tmp_path)
