"""A store becomes a set that TFDS reads, to the same bits, and a store again."""

import json
import pickle
import shutil
import subprocess
import sys

import layouts
import numpy as np
import pytest
from conftest import ROOT
from layouts import LAYOUTS

from scbch_jax import data
from scbch_jax.cli import program
from scbch_jax.data import store
from scbch_jax.data.tfds import builder, convert, prepared
from scbch_jax.errors import InputError

pytestmark = pytest.mark.usefixtures("without_tensorflow")

PARTS = ("query", "train", "database")
MATRICES = ("image", "text", "labels")


def write_store(folder, samples=40, rows=None, sizes=(6, 5, 4), **more):
    rng = np.random.default_rng(0)
    image = rng.normal(size=(samples, sizes[0])).astype(np.float32)
    # Values of which a detour by text or doubles might lose something.
    image[0, :4] = [-0.0, 1e-45, np.finfo(np.float32).max, 1 / 3]
    store.write(
        folder,
        image=image,
        text=rng.random((samples, sizes[1])).astype(np.float32),
        labels=rng.random((samples, sizes[2])) < 0.5,
        rows=rows or data.rows_drawn(samples, queries=8, train=20, seed=1),
        split="random, seed 1",
        title="a small set",
        source={"layout": "drawn"},
        **more,
    )
    return folder


def read_with_tfds(data_dir, name):
    """As it is read without this package."""
    import tensorflow_datasets as tfds

    return {
        part: tfds.data_source(
            f"cross_modal_features/{name}", data_dir=data_dir, split=part
        )
        for part in PARTS
    }


def same_as_store(sources, folder):
    kept = store.read(folder)
    for part, rows in kept.rows._asdict().items():
        records = list(sources[part])
        assert [record["row"] for record in records] == rows.tolist()
        for name in MATRICES:
            found = np.stack([record[name] for record in records])
            wanted = getattr(kept, name)[rows]
            assert found.dtype == wanted.dtype
            assert found.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("shard", [1, 300, 1 << 20])
def test_tfds_reads_the_same_bits_in_the_same_order(tmp_path, monkeypatch, shard):
    """One row a file, some rows a file, one file."""
    monkeypatch.setattr(builder, "SHARD_BYTES", shard)
    counted = []
    folder = write_store(tmp_path / "a store")
    written = convert.write(folder, tmp_path / "sets", on_rows=counted.append)
    assert written == tmp_path / "sets" / "cross_modal_features" / "a-store" / "1.0.0"
    files = len(list(written.glob("*query*")))
    assert files == {1: 8, 300: 2, 1 << 20: 1}[shard]
    assert sum(counted) == 8 + 20 + 32
    same_as_store(read_with_tfds(tmp_path / "sets", "a-store"), folder)


def test_metadata_of_a_store_is_kept(tmp_path):
    import tensorflow_datasets as tfds

    folder = write_store(tmp_path / "s", classes=list("abcd"), words=list("vwxyz"))
    info = tfds.builder_from_directory(convert.write(folder, tmp_path)).info
    assert info.metadata["classes"] == list("abcd")
    assert info.metadata["words"] == list("vwxyz")
    assert info.metadata["split"] == "random, seed 1"
    assert info.metadata["sums"] == store.verify(folder)
    assert info.features["image"].shape == (6,)
    assert info.features["labels"].np_dtype == np.uint8
    assert "2511.07780" in info.citation


def test_slices_and_pickles_as_tfds_has_them(tmp_path):
    """Once our builder is known to TFDS, it reads by it."""
    folder = write_store(tmp_path / "iapr", sizes=(4, 2912, 255))
    convert.write(folder, tmp_path)
    import tensorflow_datasets as tfds

    half = tfds.data_source(
        "cross_modal_features/iapr", data_dir=tmp_path, split="train[:50%]"
    )
    assert half.dataset_info.features["text"].shape == (2912,)
    rows = store.read(folder).rows.train[:10]
    assert [x["row"] for x in pickle.loads(pickle.dumps(half))] == rows.tolist()


@pytest.mark.parametrize("block", [1, 7, 512])
def test_there_and_back_is_the_same_store(tmp_path, monkeypatch, block):
    monkeypatch.setattr(convert, "BLOCK_ROWS", block)
    lines = [{"picture": f"{i}.jpg", "text": "ein Äffchen"} for i in range(40)]
    names = {"classes": list("abcd"), "words": list("vwxyz"), "lines": lines}
    folder = write_store(tmp_path / "s", **names)
    opened = convert.open_set(convert.write(folder, tmp_path))
    convert.write_store(opened, tmp_path / "again")
    assert "rows.jsonl" in store.verify(tmp_path / "again")
    first, again = store.read(folder), store.read(tmp_path / "again")
    assert again.sums == first.sums
    for name in ("title", "split", "classes", "words"):
        assert getattr(again, name) == getattr(first, name)
    assert again.source["made from"] == first.source
    assert again.source["sums"] == first.sums


def test_rows_in_no_part_are_left_out(tmp_path):
    """And the order of a part, and rows of training that are searched or not, stay."""
    rows = data.Rows(np.array([30, 3]), np.array([9, 5, 12]), np.array([12, 7, 9]))
    folder = write_store(tmp_path / "s", rows=rows)
    opened = convert.open_set(convert.write(folder, tmp_path))
    convert.write_store(opened, tmp_path / "again")
    first, again = (
        store.dataset(store.read(tmp_path / name)) for name in ("s", "again")
    )
    assert len(store.read(tmp_path / "again").labels) == 6
    for part in PARTS:
        for name in MATRICES:
            actual, expected = (getattr(getattr(x, part), name) for x in (first, again))
            np.testing.assert_array_equal(actual, expected)


def test_files_in_the_manual_folder(tmp_path):
    """As TFDS expects it: files of a published dataset that the user has."""
    import tensorflow_datasets as tfds

    layout, manual = LAYOUTS["scbch split"], tmp_path / "sets" / "downloads" / "manual"
    manual.mkdir(parents=True)
    parts = layouts.draw(layout.sizes)
    layout.write(manual, layouts.arrays_of(layout, parts))
    with prepared.quiet():
        sources = {
            part: tfds.data_source(
                "cross_modal_features/mirflickr",
                data_dir=tmp_path / "sets",
                split=part,
            )
            for part in PARTS
        }
    found = np.stack([record["text"] for record in sources["train"]])
    wanted = parts.text[layouts.QUERIES :][: layouts.TRAIN]
    np.testing.assert_array_equal(found, wanted.astype(np.float32))
    assert len(sources["query"]) == layouts.QUERIES
    written = tmp_path / "sets" / "cross_modal_features" / "mirflickr" / "1.0.0"
    assert {path.suffix for path in written.iterdir()} == {
        ".json",
        ".array_record-00000-of-00001",
    }
    with pytest.raises(InputError, match="text: got 1386 columns, wanted 1000 as nusw"):
        tfds.data_source("cross_modal_features/nuswide", data_dir=tmp_path / "sets")


def test_names_of_published_sets(tmp_path):
    for name, known in data.BENCHMARKS.items():
        widths = (4, known.text_dim, known.classes)
        folder = write_store(tmp_path / f"a {name}", sizes=widths)
        assert convert.default_name(store.read(folder), folder) == name


@pytest.mark.commands
def test_a_killed_process_leaves_nothing_that_is_taken_for_complete(tmp_path):
    folder = write_store(tmp_path / "s")
    code = (
        "import os; from pathlib import Path; from scbch_jax.data.tfds import convert\n"
        "left = [30]\n"
        "def die(rows):\n    left[0] -= rows\n    left[0] or os._exit(9)\n"
        f"convert.write(Path({str(folder)!r}), Path('sets'), on_rows=die)"
    )
    command = [sys.executable, "-c", code]
    path = {"PYTHONPATH": str(ROOT), "PATH": ""}
    assert subprocess.run(command, cwd=tmp_path, env=path, check=False).returncode == 9
    assert list(tmp_path.glob("sets/**/*query*")), "killed too early"
    with pytest.raises(InputError, match="no cross_modal_features in it"):
        prepared.find(tmp_path / "sets", builder.NAME)
    written = convert.write(folder, tmp_path / "sets")
    assert prepared.find(tmp_path / "sets", builder.NAME) == written
    assert {path.name for path in written.parent.iterdir()} == {"1.0.0"}


def test_one_that_is_interrupted_leaves_nothing(tmp_path):
    folder = write_store(tmp_path / "s")

    def interrupt(rows):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert.write(folder, tmp_path / "sets", on_rows=interrupt)
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_a_folder_that_names_code_runs_none(tmp_path, monkeypatch):
    """TFDS would import it."""
    written = convert.write(write_store(tmp_path / "s"), tmp_path)
    (tmp_path / "evil.py").write_text("raise SystemExit('it ran')")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("features.json", "dataset_info.json"):
        bad = tmp_path / f"bad {name}"
        shutil.copytree(written, bad)
        content = json.loads((bad / name).read_text())
        content["features"] = {"pythonClassName": "evil.Kind"}
        (bad / name).write_text(json.dumps(content))
        with pytest.raises(InputError, match="got evil.Kind, wanted those of tensorf"):
            prepared.open_folder(bad)
    older = {"type": "evil.Kind", "content": {}}
    (bad / "features.json").write_text(json.dumps(older))
    with pytest.raises(InputError, match="got evil.Kind, wanted those of tensorf"):
        prepared.open_folder(bad)
    assert "evil" not in sys.modules


def test_the_command_both_ways(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_store(tmp_path / "mine")
    assert program.main(["data", "tfds", "mine", "--out", "sets"]) == 0
    said = capsys.readouterr()
    first, second = said.out.splitlines()
    assert first.startswith("sets/cross_modal_features/mine/1.0.0: 8 query, 20 train, ")
    assert second == (
        'read it with tfds.data_source("cross_modal_features/mine", data_dir="sets", '
        'split="train")'
    )
    assert said.err.splitlines()[-1] == "rows  60 of 60"
    assert program.main(["data", "tfds", "sets", "--out", "again"]) == 0
    said = capsys.readouterr()
    assert "train --data.name store --data.root again; with --method" in said.out
    assert said.err.splitlines()[-1] == "rows  40 of 40"
    assert program.main(["data", "verify", "again"]) == 0
    words = ["data", "tfds", "mine", "--out", "sets", "--name", "other"]
    assert program.main(words) == 0
    capsys.readouterr()
    words = ["data", "tfds", "sets", "--name", "other", "--out", "one-of-two"]
    assert program.main(words) == 0
    assert store.read(tmp_path / "one-of-two").title == "a small set"
    capsys.readouterr()
    bad = tmp_path / "bad"
    shutil.copytree(tmp_path / "sets" / "cross_modal_features" / "mine" / "1.0.0", bad)
    shard = next(bad.glob("*train*"))
    shard.write_bytes(shard.read_bytes()[:-30])
    for words, message in (
        (["gone", "--out", "a"], "source: got gone, wanted the folder of a store"),
        ([".", "--out", "a"], "source: got . with no cross_modal_features in it"),
        (
            ["sets", "--out", "a"],
            "other/1.0.0 in it, wanted the folder of one of them",
        ),
        (["mine", "--out", "sets"], "mine/1.0.0, which exists, wanted a new folder"),
        (
            ["mine", "--out", "a", "--name", "a/b"],
            "name: got a/b, wanted up to",
        ),
        (["again", "--out", "mine/store.json"], "1.0.0: not a directory"),
        (["bad", "--out", "a", "--name", "a/b"], "name: got a/b, wanted up to 100"),
        (["bad", "--out", "again"], "out: got again, which exists"),
        (["bad", "--out", "a"], "record 0 of train of cross_modal_features/mine/1.0.0"),
    ):
        assert program.main(["data", "tfds", *words]) == 2
        said = capsys.readouterr()
        assert message in said.err
        assert said.err.count("\n") == 1
        assert not (tmp_path / "a").exists()


def test_a_missing_array_record_is_named(tmp_path, monkeypatch):
    folder = write_store(tmp_path / "s")
    written = convert.write(folder, tmp_path)
    monkeypatch.setitem(sys.modules, "array_record", None)
    for call in (
        lambda: convert.write(folder, tmp_path / "a"),
        lambda: prepared.open_folder(written),
    ):
        with pytest.raises(InputError, match="TFDS needs array-record: pip install"):
            call()


def test_another_dataset_is_no_set(tmp_path):
    written = convert.write(write_store(tmp_path / "s"), tmp_path)
    for text, message in (
        ('{"title": "a"}', "wanted a dataset that scbch_jax wrote"),
        ('{"title"', "metadata.json .* wanted JSON"),
    ):
        (written / "metadata.json").write_text(text)
        with pytest.raises(InputError, match=message):
            convert.open_set(written)
