import json
import os

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from scbch_jax import features
from scbch_jax.errors import InputError
from scbch_jax.features import Sample

SAMPLES = [
    Sample("b.jpg", "A dog, running", ("dog", "grass")),
    Sample("sub/a.png", "", ("cat",)),
    Sample("c.jpg", 'Words "quoted"', ()),
]


def as_rows(names=("picture", "text", "labels"), joined=False):
    rows = []
    for sample in SAMPLES:
        labels = ";".join(sample.labels) if joined else list(sample.labels)
        rows.append(
            dict(zip(names, (sample.picture, sample.text, labels), strict=True))
        )
    return rows


def write(path, rows):
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif path.suffix == ".parquet":
        parquet.write_table(pa.Table.from_pylist(rows), path)
    else:
        import csv

        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("joined", [True, False])
def test_lists(tmp_path, ending, joined):
    write(tmp_path / f"a.{ending}", as_rows(joined=joined or ending == "csv"))
    found = features.read_manifest(tmp_path / f"a.{ending}")
    assert found.samples == SAMPLES
    assert found.folder == tmp_path


def test_columns_of_other_names(tmp_path):
    write(tmp_path / "a.jsonl", as_rows(("file", "caption", "labels")))
    columns = {"picture": "file", "text": "caption"}
    found = features.read_manifest(tmp_path / "a.jsonl", columns)
    assert found.samples == SAMPLES


def test_a_folder(tmp_path):
    """Labels beside a picture, or else the folder that it is in."""
    for name in ("b.jpg", "cats/a.PNG", "cats/c.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (4, 4)).save(tmp_path / name)
    (tmp_path / "b.txt").write_text("A dog,\n running\n")
    (tmp_path / "cats" / "c.labels").write_text("dog\n\n grass \ndog\n")
    found = features.read_manifest(tmp_path).samples
    assert found == [
        Sample("b.jpg", "A dog, running", ()),
        Sample("cats/a.PNG", "", ("cats",)),
        Sample("cats/c.png", "", ("dog", "grass")),
    ]


def test_labels_become_columns():
    labels, classes = features.multi_hot(SAMPLES)
    assert classes == ["cat", "dog", "grass"]
    np.testing.assert_array_equal(labels, [[0, 1, 1], [1, 0, 0], [0, 0, 0]])
    assert labels.dtype == np.uint8


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone.csv", None, "source: got .*gone.csv, wanted a folder or a list"),
        ("a.txt", "x", "wanted a folder, or a file ending in .csv"),
        ("a.csv", "", "without rows"),
        ("a.csv", "picture,text\n", "without rows"),
        ("a.csv", "file,words\na.jpg,b\n", "with file, words, wanted picture, text"),
        ("a.csv", 'picture,text\na.jpg,"b', "which cannot be read"),
        ("a.jsonl", "{", "which cannot be read"),
        ("a.jsonl", '{"text": "a"}\n\n[1]\n', "line 3 of .*: got list"),
        ("a.jsonl", "[1]\n", "line 1 of .*: got list, wanted a JSON object"),
        ("a.jsonl", '{"picture": 3}\n', "picture of row 0 of .*: got 3, wanted words"),
        ("a.jsonl", '{"text": "a", "labels": {"b": 1}}\n', "labels of row 0"),
        ("a.parquet", "PAR1", "which cannot be read"),
        ("a.csv", b"picture\n\xff\xfe.jpg\n", "which cannot be read"),
    ],
)
def test_bad_lists_are_one_line(tmp_path, name, content, message):
    if content is not None:
        content = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        features.read_manifest(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_pipe_is_no_list(tmp_path):
    os.mkfifo(tmp_path / "list.csv")
    with pytest.raises(InputError, match="wanted a folder, or a file ending in .csv"):
        features.read_manifest(tmp_path / "list.csv")


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_byte_order_mark_is_no_part_of_a_list(tmp_path, ending):
    """Excel writes one."""
    path = tmp_path / f"a.{ending}"
    write(path, as_rows(joined=True))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert features.read_manifest(path).samples == SAMPLES


def test_a_line_of_json_ends_at_a_newline_alone(tmp_path):
    """JSON allows these separators in a string; str.splitlines cuts at them."""
    text = "one\u2028two\x85three"
    row = json.dumps({"picture": "a.jpg", "text": text}, ensure_ascii=False)
    (tmp_path / "a.jsonl").write_text(f"{row}\r\n\n{row}", "utf-8", newline="")
    samples = features.read_manifest(tmp_path / "a.jsonl").samples
    assert [sample.text for sample in samples] == [text, text]


def test_pictures_outside_the_folder_are_refused(tmp_path):
    (tmp_path / "mine").mkdir()
    inside, outside = tmp_path / "mine" / "a.jpg", tmp_path / "b.jpg"
    for path in (inside, outside):
        Image.new("RGB", (4, 4)).save(path)
    (tmp_path / "mine" / "elsewhere").symlink_to(tmp_path)
    (tmp_path / "mine" / "loop.jpg").symlink_to(tmp_path / "mine" / "loop.jpg")
    (tmp_path / "mine" / "same.jpg").symlink_to(inside)

    def check(*names):
        samples = [Sample(name) for name in names]
        features.require_inside(features.Manifest(tmp_path / "mine", samples))

    check("a.jpg", "same.jpg", str(inside))
    for name in (str(outside), "../b.jpg", "elsewhere/b.jpg", "loop.jpg", "a\0b"):
        with pytest.raises(InputError, match="of row 1, which leads out of") as caught:
            check("a.jpg", name)
        assert "\n" not in str(caught.value)


def test_columns_that_are_not_there(tmp_path):
    write(tmp_path / "a.jsonl", as_rows())
    for columns, message in (
        ({"text": "caption"}, "wanted caption"),
        ({"words": "text"}, "columns: got words, wanted any of picture, text, labels"),
    ):
        with pytest.raises(InputError, match=message):
            features.read_manifest(tmp_path / "a.jsonl", columns)


def test_a_folder_without_pictures(tmp_path):
    with pytest.raises(InputError, match="without pictures"):
        features.read_manifest(tmp_path)
