"""Features that a run encodes into an index in parts, and searches by workers."""

import json

import clusters
import numpy as np
import pytest
from command_line import SMOKE, error_line

from scbch_jax import datasets, index, parallel
from scbch_jax.cli import program
from scbch_jax.config import experiment_file
from scbch_jax.index import Index, bulk
from scbch_jax.runs import coding


def run(words, code=0):
    assert program.main(words.split()) == code


@pytest.fixture(scope="module")
def features(trained, tmp_path_factory):
    """The run's queries as a folder of features, as an npz file, and their codes."""
    path = tmp_path_factory.mktemp("features")
    source = experiment_file.load(trained[0] / "experiment.json").data
    part = datasets.load(source).dataset.query._asdict()
    (path / "folder").mkdir()
    part["labels"] = part["labels"].astype(np.uint8)
    for name, array in part.items():
        np.save(path / "folder" / f"{name}.npy", array)
    lines = [{"picture": f"{i}.jpg"} for i in range(len(part["labels"]))]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (path / "folder" / "rows.jsonl").write_text(text)
    run(f"encode {trained[0]} --part query --out {path / 'codes.npz'}")
    return path


@pytest.fixture
def there(features, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("folder", "codes.npz"):
        (tmp_path / name).symlink_to(features / name)
    return tmp_path


def contents(path):
    files = (p for p in path.rglob("*") if p.is_file())
    return {str(p.relative_to(path)): p.read_bytes() for p in files}


def test_an_index_of_features_has_the_codes_that_encode_writes(trained, there, capsys):
    run(f"index build folder --run {trained[0]} --part-rows 128 --out index")
    said = capsys.readouterr()
    assert said.out.startswith("index: 300 rows, ")
    assert said.err.splitlines()[-1] == "rows  300 of 300"
    run("index build codes.npz --out whole")
    parts, whole = Index(there / "index"), Index(there / "whole")
    assert [part["rows"] for part in parts.manifest.segments] == [128, 128, 44]
    assert parts.manifest.encoder == whole.manifest.encoder
    assert parts.manifest.classes == whole.manifest.classes
    for name in ("image", "text"):
        found = np.concatenate([part.codes[name] for part in parts.segments])
        np.testing.assert_array_equal(found, np.load("codes.npz")[name])
    assert parts.find_name("200.jpg") == 200
    assert parts.record(200)["labels"] == whole.record(200)["labels"]


def test_features_are_added_and_replaced_by_the_same_run_only(trained, there, capsys):
    words = f"--run {trained[0]} --part-rows 200"
    run(f"index build folder {words} --classes {' '.join('abcdefghijkl')} --out index")
    run(f"index add index folder {words} --replace")
    assert "index: 300 rows added, ids 300 to 599" in capsys.readouterr().out
    opened = Index(there / "index")
    assert (opened.size, len(opened.segments)) == (300, 4)
    assert opened.manifest.classes == list("abcdefghijkl")
    before = contents(there / "index")
    said = error_line(
        capsys, *f"index add index folder {words} --seed 5 --replace".split()
    )
    assert "encoder: got" in said
    said = error_line(capsys, *f"index add index folder {words}".split())
    assert "names: got 0.jpg, wanted names that are not in the index" in said
    assert contents(there / "index") == before


def test_many_queries_are_searched_in_parts_with_progress(there, capsys, monkeypatch):
    run("index build codes.npz --out index")
    run("search index --queries codes.npz --k 7 --out whole.npz")
    monkeypatch.setattr(bulk, "QUERIES", 64)
    monkeypatch.setattr("scbch_jax.index.QUERIES", 64)
    capsys.readouterr()
    run("search index --queries codes.npz --k 7 --out parts.npz")
    assert capsys.readouterr().err.splitlines()[-1] == "searching  300 of 300"
    whole, parts = np.load("whole.npz"), np.load("parts.npz")
    for name in whole:
        np.testing.assert_array_equal(whole[name], parts[name])


@pytest.mark.slow
def test_workers_and_a_scheduler_write_the_same_files(trained, there, capsys):
    """Each command by one of them."""
    pytest.importorskip("distributed", reason="Dask is not installed")
    build = f"index build folder --run {trained[0]} --part-rows 64"
    run(f"{build} --out here")
    search = "search here --queries codes.npz --k 7"
    run(f"{search} --out here.npz")
    run(f"{build} --workers 2 --out there")
    assert contents(there / "there") == contents(there / "here")
    with clusters.started(there, workers=1) as cluster:
        run(f"{search} --scheduler {cluster.address} --out there.npz")
    hits, expected = np.load("there.npz"), np.load("here.npz")
    for array in expected:
        np.testing.assert_array_equal(hits[array], expected[array])
    assert "Traceback" not in capsys.readouterr().err


@pytest.fixture
def many(tmp_path, monkeypatch):
    """A run of 64 bits on narrow features, and a folder of 200,000 rows of such."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    labels = np.eye(4, dtype=np.uint8)[rng.integers(4, size=60)]
    few = {m: rng.normal(size=(60, 6)).astype(np.float32) for m in ("image", "text")}
    np.savez("few.npz", **few, labels=labels)
    run("data import few.npz --queries 10 --train 40 --out store")
    sizes = "--bits 64 --options.hidden 8 --options.neighbors 3 --training.epochs 1"
    run(f"train {SMOKE} --data.name store --data.root store {sizes} --out run")
    (tmp_path / "folder").mkdir()
    for modality in few:
        rows = rng.normal(size=(200_000, 6)).astype(np.float32)
        np.save(tmp_path / "folder" / f"{modality}.npy", rows)
    return tmp_path


@pytest.mark.slow
@pytest.mark.nightly
def test_many_rows_by_workers_of_which_one_is_killed(many):
    """Every byte of the index, and every hit, is what one process computes."""
    pytest.importorskip("distributed", reason="Dask is not installed")
    rows = coding.coded_rows(many / "run", many / "folder", step=10_000)
    index.build_parts(many / "here", rows, step=10_000)
    with (
        clusters.started(many) as cluster,
        parallel.opened(scheduler=cluster.address) as mapped,
    ):
        written = []

        def kill_at_a_quarter(count):
            written.append(count)
            if len(written) == 5:
                cluster.kill_one()

        how = {"step": 10_000, "mapped": mapped, "on_rows": kill_at_a_quarter}
        index.build_parts(many / "there", rows, **how)
        assert len(written) == 20
        assert len(cluster.workers) == 1
        assert contents(many / "there") == contents(many / "here")
        here, there = Index(many / "here"), Index(many / "there")
        queries = np.array(here.segments[7].codes["image"][:600])
        expected = here.search(queries, find="text", k=100)
        found = index.search_parts(there, queries, find="text", k=100, mapped=mapped)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.errors
@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("index build folder --out new", "file: got folder, a folder, wanted a file"),
        (
            "index build codes.npz --run RUN --out new",
            "features: got codes.npz, wanted",
        ),
        (
            "index build folder --run folder --out new",
            "run: got folder, wanted the fold",
        ),
        (
            "index build folder --run RUN --seed 9 --out new",
            "seed: got 9, wanted one of",
        ),
        ("index build folder --run RUN --out folder", "cannot write folder: it exists"),
        (
            "index build folder --run RUN --classes a --out new",
            "classes: got 1, wanted",
        ),
        ("index build codes.npz --seed 4 --out new", "seed: got 4, wanted --run too"),
        ("index build codes.npz --workers 2 --out new", "workers: got 2, wanted --run"),
        ("index add index folder --run RUN --rows x", "rows: got x, wanted rows.jsonl"),
        (
            "index add index codes.npz --scheduler x",
            "scheduler: got x, wanted --run too",
        ),
        ("index add index narrow --run RUN", "image: got 3 columns, wanted 128 as"),
        (
            "search index --item 0 --workers 2 --scheduler tcp://127.0.0.1:9",
            "workers: got --workers with --scheduler, wanted one of them",
        ),
        (
            "search index --item 0 --scheduler tcp://127.0.0.1:9",
            "scheduler: got tcp://127.0.0.1:9, which does not answer, wanted",
        ),
        (
            "index add index folder --run RUN --scheduler tcp://127.0.0.1:9",
            "scheduler: got tcp://127.0.0.1:9, which does not answer, wanted",
        ),
    ],
)
def test_bad_input_is_one_line_and_changes_nothing(
    trained, there, capsys, monkeypatch, words, message
):
    if "tcp" in words:
        pytest.importorskip("distributed", reason="Dask is not installed")
    monkeypatch.setattr(parallel, "TIMEOUT", 0.2)
    run("index build codes.npz --out index")
    (there / "narrow").mkdir()
    np.save(there / "narrow" / "image.npy", np.ones((4, 3)))
    capsys.readouterr()
    before = contents(there / "index")
    words = words.replace("RUN", str(trained[0]))
    assert message in error_line(capsys, *words.split())
    assert contents(there / "index") == before
    assert not (there / "new").exists()
