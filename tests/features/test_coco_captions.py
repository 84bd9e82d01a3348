"""TFDS's coco_captions, prepared by its own generator, becomes pictures and a list."""

import json
import shutil

import coco_files
import pytest

from scbch_jax import features
from scbch_jax.cli import program
from scbch_jax.errors import InputError, Interrupted

TRAIN = "coco_captions-train.array_record-00000-of-00001"


pytestmark = pytest.mark.usefixtures("without_tensorflow")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory, without_tensorflow):
    folder = tmp_path_factory.mktemp("coco")
    coco_files.prepare(folder / "raw", folder / "data")
    return folder


def lines_of(folder):
    return [json.loads(x) for x in (folder / "list.jsonl").read_text().splitlines()]


def expected(number):
    classes = dict(zip(coco_files.NUMBERS, coco_files.CLASSES, strict=True))
    return {
        "picture": f"pictures/{coco_files.name_of(number)}",
        "text": f"Picture {number} shows a crème brûlée. Dessert, number {number}",
        "labels": [classes[n] for n in sorted(set(coco_files.OBJECTS[number]))],
    }


def test_pictures_captions_and_classes(prepared, tmp_path, capsys):
    out = tmp_path / "out"
    words = ["data", "captions", str(prepared / "data"), "--split", "train+restval"]
    assert program.main([*words, "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{out}: 4 pictures, 80 classes, 2 no label\n")
    numbers = coco_files.SPLITS["train"] + coco_files.SPLITS["restval"]
    lines = lines_of(out)
    by_name = {line["picture"]: line for line in lines}
    assert by_name == {expected(n)["picture"]: expected(n) for n in numbers}
    assert len(lines) == 4
    for number in numbers:
        name = coco_files.name_of(number)
        part = name.split("_")[1]
        raw = (prepared / "raw" / part / part / name).read_bytes()
        assert (out / "pictures" / name).read_bytes() == raw
    manifest = features.read_manifest(out / "list.jsonl")
    assert [sample._asdict() for sample in manifest.samples] == [
        line | {"labels": tuple(line["labels"])} for line in lines
    ]


def test_slices_leave_records_out(prepared):
    """As TFDS has them, so that what is damaged can be passed over."""
    whole = features.open_captions(prepared / "data", "train").records
    part = features.open_captions(prepared / "data", "train[:1]+train[2:]").records
    names = [[x["image/filename"] for x in source] for source in (whole, part)]
    assert names[1] == [names[0][0], names[0][2]]


def test_a_stopped_call_goes_on(prepared, tmp_path, monkeypatch):
    monkeypatch.setattr(features.coco_captions, "BLOCK", 1)
    captions = features.open_captions(prepared / "data", "train")
    features.write_captions(captions, tmp_path / "whole")
    out, partial = tmp_path / "out", tmp_path / "out.partial"
    with pytest.raises(Interrupted, match="1 pictures of 3"):
        features.write_captions(captions, out, stop=lambda: True)
    assert not out.exists()
    with (partial / "list.jsonl").open("a") as file:
        file.write('{"picture": "pictures/COCO')
    other = features.open_captions(prepared / "data", "val")
    with pytest.raises(InputError, match="left by a call with others, wanted the same"):
        features.write_captions(other, out)
    counted = []
    features.write_captions(captions, out, on_pictures=counted.append)
    assert counted == [1, 1, 1]
    assert lines_of(out) == lines_of(tmp_path / "whole")
    assert not partial.exists()


def damaged(prepared, tmp_path, name, change):
    folder = tmp_path / "bad"
    shutil.copytree(prepared / "data" / "coco_captions" / "2014" / "1.1.0", folder)
    path = folder / name
    path.write_bytes(change(path.read_bytes()))
    return folder


def flipped(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (
            TRAIN,
            flipped,
            "record 0 of train of coco_captions/2014/1.1.0: got Corrupted",
        ),
        (TRAIN, lambda b: b"", "record 0 of train of coco_captions/2014/1.1.0: got "),
        (TRAIN, lambda b: b[:-9], "record 0 of train of coco_captions/2014/1.1.0: got"),
        ("dataset_info.json", lambda b: b[:50], "source: got "),
        ("features.json", lambda b: b"[]", "source: got "),
        (
            "features.json",
            lambda b: b.replace(b"image_feature.Image", b"image_feature.Gone"),
            "source: got ",
        ),
        (
            "dataset_info.json",
            lambda b: b.replace(b'"array_record"', b'"tfrecord"'),
            "got tfrecord, wanted array_record",
        ),
        (
            "features.json",
            lambda b: b.replace(b'"captions"', b'"titles"'),
            "without captions, wanted all features of coco_captions",
        ),
    ],
)
def test_damage_is_one_line(prepared, tmp_path, capsys, name, change, message):
    folder = damaged(prepared, tmp_path, name, change)
    out = tmp_path / "out"
    assert program.main(["data", "captions", str(folder), "--out", str(out)]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not out.exists()


def test_a_name_that_leads_elsewhere_is_refused(prepared, tmp_path):
    captions = features.open_captions(prepared / "data", "val")
    record = {**captions.records[0], "image/filename": b"../../evil.jpg"}
    wrong = captions._replace(records=Listed([record]))
    with pytest.raises(InputError, match="picture of record 0: got ../../evil.jpg"):
        features.write_captions(wrong, tmp_path / "out")
    assert not list(tmp_path.rglob("*.jpg"))


class Listed(list):
    """Records in memory, read as those of TFDS are."""

    def __getitems__(self, indices):
        return [self[i] for i in indices]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["gone"], "source: got gone with no coco_captions in it"),
        (
            ["data", "--split", "tain"],
            "split: got tain, wanted any of train, val, test",
        ),
        (["data", "--split", "train[:x]"], "split: got train[:x]"),
        (["data", "--out", "."], "out: got ., which exists"),
    ],
)
def test_bad_options_are_one_line(prepared, capsys, monkeypatch, words, message):
    monkeypatch.chdir(prepared)
    before = sorted(prepared.rglob("*"))
    if "--out" not in words:
        words = [*words, "--out", "out"]
    assert program.main(["data", "captions", *words]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert sorted(prepared.rglob("*")) == before
