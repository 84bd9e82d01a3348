"""Parts of a folder of features are what the whole has."""

import json

import numpy as np
import pytest

from scbch_jax.data.feature_folder import (
    find_records,
    open_folder,
    read_part,
    read_records,
)
from scbch_jax.errors import InputError

ROWS = 11


@pytest.fixture
def path(tmp_path):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "image.npy", rng.normal(size=(ROWS, 3)))
    np.save(tmp_path / "text.npy", rng.integers(0, 2, (ROWS, 4)))
    np.save(tmp_path / "labels.npy", rng.integers(0, 2, (ROWS, 2)))
    return tmp_path


def write_lines(path, lines):
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (path / "rows.jsonl").write_text(text, encoding="utf-8")


def test_features_and_labels_of_a_part(path):
    folder = open_folder(path)
    assert folder.rows == ROWS
    features, labels = read_part(folder, 4, 7)
    for modality in ("image", "text"):
        whole = np.load(path / f"{modality}.npy").astype(np.float32)
        np.testing.assert_array_equal(features[modality], whole[4:7])
    np.testing.assert_array_equal(labels, np.load(path / "labels.npy")[4:7])
    for name in ("text", "labels"):
        (path / f"{name}.npy").unlink()
    features, labels = read_part(open_folder(path), 0, 2)
    assert list(features) == ["image"]
    assert labels is None


@pytest.mark.parametrize("step", [1, 2, 5, ROWS, 100])
def test_records_of_parts_are_those_of_all_rows(path, step):
    lines = [{"picture": f"ä{i}" * i + ".jpg", "text": "\u2028"} for i in range(ROWS)]
    write_lines(path, lines)
    folder = open_folder(path)
    found = find_records(folder, step=step)
    expected = [{"name": line["picture"], **line} for line in lines]
    assert list(read_records(folder, found)) == expected
    parts = [
        list(read_records(folder, found, start, min(start + step, ROWS)))
        for start in range(0, ROWS, step)
    ]
    assert sum(parts, []) == expected


def test_a_row_is_named_by_a_picture_of_its_own_or_by_its_name(path):
    folder = open_folder(path)
    assert list(read_records(folder, find_records(folder, step=4))) == []
    own = [{"picture": f"{i}.jpg", "name": f"n{i}"} for i in range(ROWS)]
    for lines, names in (
        (own, [f"n{i}" for i in range(ROWS)]),
        ([{"picture": "same.jpg"}] * ROWS, [None] * ROWS),
        ([{"text": "a"}, *own[1:]], [None, *(f"n{i}" for i in range(1, ROWS))]),
    ):
        write_lines(path, lines)
        found = read_records(folder, find_records(folder, step=4))
        assert [record.get("name") for record in found] == names


@pytest.mark.errors
@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("text", np.zeros((3, 2)), "rows: got 11 of image, 3 of text, 11 of labels in"),
        ("text", np.zeros(ROWS), r"features: got float64 of shape \(11,\)"),
        ("image", np.array(["a"] * ROWS)[:, None], "features: got <U1 of shape"),
        ("labels", np.full((ROWS, 2), 0.5), "labels: got the value 0.5 in row 4"),
        ("image", np.full((ROWS, 2), np.nan), "image: got NaN or infinity in row 4"),
    ],
)
def test_matrices_that_do_not_fit_are_refused(path, name, array, message):
    np.save(path / f"{name}.npy", array)
    with pytest.raises(InputError, match=message):
        read_part(open_folder(path), 4, 7)


@pytest.mark.errors
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{}\n" * (ROWS - 1), "rows: got 10 lines in .*, wanted 11, one for each row"),
        (b"{}\n" * (ROWS + 1), "rows: got 12 lines in"),
        (b"[]\n" * ROWS, "wanted a JSON object in each line"),
        (b"{}\n\xff\n" * ROWS, "wanted a JSON object in each line"),
        (b"", "rows: got 0 lines"),
    ],
)
def test_lines_that_do_not_fit_are_refused(path, content, message):
    (path / "rows.jsonl").write_bytes(content)
    with pytest.raises(InputError, match=message):
        find_records(open_folder(path), step=4)


@pytest.mark.errors
def test_other_folders_and_damaged_files_are_refused(path, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(
        InputError, match=r"wanted a store, or a folder with image\.npy"
    ):
        open_folder(tmp_path / "empty")
    (path / "image.npy").write_bytes(b"\x93NUMPY cut short")
    with pytest.raises(
        InputError, match=r"features: got .*image\.npy, which cannot be"
    ):
        open_folder(path)
