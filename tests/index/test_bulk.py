"""Indexes and searches in parts give what is computed at once, whoever computes."""

import pickle
import random
import re

import clusters
import numpy as np
import pytest
from clusters import read_with_nan, source
from indexes import CLASSES, drawn

from scbch_jax import index, parallel
from scbch_jax.errors import InputError
from scbch_jax.index import Cursor, Hits, Index, Where, bulk
from scbch_jax.parallel import serial


@pytest.fixture(scope="module")
def at_once(tmp_path_factory):
    """An index of two segments, with removed rows in both."""
    path = tmp_path_factory.mktemp("at-once") / "index"
    index.build(path, drawn(100), classes=CLASSES)
    index.add(path, drawn(50, seed=1, prefix="new"))
    index.remove(path, ids=[3, 120])
    return path


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    pytest.importorskip("distributed", reason="Dask is not installed")
    with clusters.started(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def elsewhere(cluster):
    """The maps of workers on this machine, and of a scheduler."""
    with (
        parallel.opened(workers=2) as local,
        parallel.opened(scheduler=cluster.address) as remote,
    ):
        yield local, remote


def shuffled(function, parts):
    """A map that completes parts in any order."""
    done = list(serial(function, parts))
    random.Random(0).shuffle(done)
    yield from done


def twice(function, parts):
    """A map that computes every part twice, as if its worker had seemed lost."""
    for number, part in enumerate(parts):
        function(part)
        yield number, function(part)


def names_in(path):
    return sorted(p.name for p in (path / "segments").iterdir())


def contents(path):
    files = (p for p in path.rglob("*") if p.is_file())
    return {str(p.relative_to(path)): p.read_bytes() for p in files}


def check_equal(found, expected):
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


SEARCHES = [
    {"find": "text", "k": 1},
    {"find": "image", "k": 20},
    {"find": "text", "k": 500},
    {"find": "text", "k": 20, "within": 5},
    {"find": "text", "k": 9, "where": Where(any_of=("cat",), none_of=("sky",))},
    {"find": "text", "k": 9, "where": Where(all_of=CLASSES), "within": 0},
]


@pytest.mark.parametrize("options", SEARCHES, ids=str)
@pytest.mark.parametrize("mapped", [serial, shuffled, twice])
def test_a_search_in_parts_has_the_hits_of_a_whole_one(
    at_once, monkeypatch, mapped, options
):
    monkeypatch.setattr(bulk, "QUERIES", 7)
    opened, queries = Index(at_once), drawn(30, seed=2).codes["image"]
    answered = []
    parts = {"mapped": mapped, "on_queries": answered.append}
    found = index.search_parts(opened, queries, **options, **parts)
    check_equal(found, opened.search(queries, **options))
    assert sum(answered) == 30


def test_one_query_no_query_and_pages_are_searched_in_parts_too(at_once):
    opened, queries = Index(at_once), drawn(30, seed=2).codes["image"]
    for some, after in ((queries[:1], Cursor(6, 40)), (queries[:0], None)):
        how = {"find": "text", "k": 5, "after": after}
        found = index.search_parts(opened, some, mapped=shuffled, **how)
        check_equal(found, opened.search(some, **how))


def test_the_approximate_engine_is_searched_in_parts_too(tmp_path):
    pytest.importorskip("faiss", reason="FAISS is not installed")
    index.build(tmp_path / "index", drawn(100), classes=CLASSES)
    index.set_engine(tmp_path / "index", lists=4, probes=1)
    index.add(tmp_path / "index", drawn(50, seed=1, prefix="new"))
    opened = Index(tmp_path / "index", engine="faiss-ivf")
    queries = drawn(30, seed=2).codes["image"]
    for options in SEARCHES:
        found = index.search_parts(opened, queries, mapped=shuffled, **options)
        check_equal(found, opened.search(queries, **options))


def test_other_processes_find_the_same_to_the_bit(at_once, elsewhere, monkeypatch):
    monkeypatch.setattr(bulk, "QUERIES", 7)
    opened, queries = Index(at_once), drawn(30, seed=2).codes["image"]
    for mapped in elsewhere:
        for options in SEARCHES:
            found = index.search_parts(opened, queries, mapped=mapped, **options)
            check_equal(found, opened.search(queries, **options))


def test_an_index_is_sent_to_a_process_as_a_path_and_must_be_the_same(tmp_path):
    path = tmp_path / "index"
    index.build(path, drawn(20), classes=CLASSES)
    sent = pickle.dumps(Index(path))
    assert len(sent) < 1000
    received = pickle.loads(sent)
    assert received is pickle.loads(sent), "a process opens it once"
    queries = drawn(2, seed=1).codes["text"]
    found = received.search(queries, find="text")
    check_equal(found, Index(path).search(queries, find="text"))
    index.add(path, drawn(5, prefix="new"))
    newer = pickle.dumps(Index(path))
    with pytest.raises(InputError, match="which was changed meanwhile"):
        bulk_open(sent)
    assert bulk_open(newer).size == 25


def bulk_open(sent):
    """As a process that has opened nothing before."""
    from scbch_jax.index import reader

    reader._open_same.cache_clear()
    return pickle.loads(sent)


@pytest.mark.parametrize("step", [1, 7, 60, 61])
@pytest.mark.parametrize("mapped", [serial, shuffled, twice])
def test_parts_make_the_index_of_all_rows(tmp_path, mapped, step):
    written = []
    made = index.build_parts(
        tmp_path / "parts",
        source(60),
        step=step,
        mapped=mapped,
        on_rows=written.append,
    )
    index.build(tmp_path / "whole", drawn(60), classes=CLASSES)
    assert sum(written) == made.next_id == 60
    assert len(made.segments) == -(-60 // step) == len(names_in(tmp_path / "parts"))
    assert index.verify(tmp_path / "parts") == []
    parts, whole = (Index(tmp_path / name) for name in ("parts", "whole"))
    queries = drawn(9, seed=1).codes["text"]
    for options in SEARCHES:
        found, expected = (x.search(queries, **options) for x in (parts, whole))
        check_equal(found, expected)
    for item in range(60):
        assert parts.record(item) == whole.record(item)
        assert parts.find_name(f"row{item}") == item


def test_the_first_id_is_given(tmp_path):
    made = index.build_parts(tmp_path / "index", source(20), step=7, first_id=1000)
    assert made.next_id == 1020
    assert Index(tmp_path / "index").find_name("row19") == 1019


def test_rows_are_added_in_parts_in_one_change(tmp_path):
    for name in ("parts", "whole"):
        index.build(tmp_path / name, drawn(40), classes=CLASSES)
    again = {"step": 7, "replace": True, "mapped": twice}
    made = index.add_parts(tmp_path / "parts", source(60), **again)
    index.add(tmp_path / "whole", drawn(60), replace=True)
    assert made.generation == 2
    parts, whole = (Index(tmp_path / name) for name in ("parts", "whole"))
    assert parts.size == whole.size == 60
    assert parts.find_name("row3") == whole.find_name("row3") == 43
    queries = drawn(9, seed=1).codes["text"]
    check_equal(parts.search(queries, find="text"), whole.search(queries, find="text"))
    index.add(tmp_path / "parts", drawn(3, prefix="more"))
    index.compact(tmp_path / "parts")
    assert Index(tmp_path / "parts").find_name("more2") == 102


def test_other_processes_write_the_same_files(tmp_path, elsewhere):
    ways = dict(zip(("local", "remote"), elsewhere, strict=True)) | {"here": serial}
    for name, mapped in ways.items():
        path = tmp_path / name
        index.build_parts(path, source(60), step=7, mapped=mapped)
        index.add_parts(path, source(60), step=9, replace=True, mapped=mapped)
    here = contents(tmp_path / "here")
    assert len(here) > 100
    for name in ways:
        assert contents(tmp_path / name) == here


def test_a_killed_worker_changes_nothing(tmp_path, cluster):
    slow = source(60, clusters.read_drawn_slowly)
    index.build_parts(tmp_path / "expected", source(60), step=3)
    killed = []

    def kill(count):
        if not killed:
            killed.append(count)
            cluster.kill_one()

    with parallel.opened(scheduler=cluster.address) as mapped:
        index.build_parts(tmp_path / "index", slow, step=3, mapped=mapped, on_rows=kill)
    cluster.workers.append(cluster.add_worker())
    assert killed
    assert contents(tmp_path / "index") == contents(tmp_path / "expected")


@pytest.mark.errors
def test_workers_that_are_lost_leave_the_index_as_it_was(tmp_path):
    dask = pytest.importorskip("dask", reason="Dask is not installed")
    index.build(tmp_path / "index", drawn(40), classes=CLASSES)
    before = contents(tmp_path / "index")
    deadly = source(20, clusters.die_on_rows, records=tuple)
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        parallel.opened(workers=1) as mapped,
    ):
        for change in (index.add_parts, index.build_parts):
            name = "index" if change is index.add_parts else "new"
            with pytest.raises(InputError, match="workers: got several lost"):
                change(tmp_path / name, deadly, step=5, mapped=mapped)
    assert contents(tmp_path / "index") == before
    assert [p.name for p in tmp_path.iterdir()] == ["index"]


@pytest.mark.errors
def test_a_part_that_is_refused_leaves_what_the_next_writer_deletes(tmp_path):
    path = tmp_path / "index"
    index.build(path, drawn(40), classes=CLASSES)
    before = (path / "index.json").read_bytes()
    refused = source(60, read_with_nan)
    with pytest.raises(InputError, match="labels: got NaN or infinity"):
        index.add_parts(path, refused, step=7, replace=True)
    assert (path / "index.json").read_bytes() == before
    assert index.verify(path) == []
    assert len(names_in(path)) == 9
    index.add(path, drawn(1, prefix="new"))
    assert len(names_in(path)) == 2
    with pytest.raises(InputError, match="labels: got NaN or infinity"):
        index.build_parts(tmp_path / "new", refused, step=7)
    assert not (tmp_path / "new").exists()


@pytest.mark.errors
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "names: got row0, wanted names that are not in the index"),
        ({"records": lambda: [{"name": "a"}, {"name": "a"}]}, "names: got a twice"),
        ({"encoder": "ab"}, "encoder: got ab, wanted none"),
        ({"records": tuple, "rows": 61}, "rows: got 4, wanted 5 in this part"),
        (
            {"records": tuple, "read": clusters.read_texts},
            "codes: got text, wanted image and text",
        ),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(tmp_path, changes, message):
    index.build(tmp_path / "index", drawn(40), classes=CLASSES)
    before = (tmp_path / "index" / "index.json").read_bytes()
    with pytest.raises(InputError, match=re.escape(message)):
        index.add_parts(tmp_path / "index", source(60, **changes), step=7)
    assert (tmp_path / "index" / "index.json").read_bytes() == before
    assert index.verify(tmp_path / "index") == []


def test_hits_can_be_merged_in_any_order():
    """By the definition: sort all, cut at k, count what is left at that distance."""
    draw = np.random.default_rng(0)
    for _ in range(200):
        k, sizes = int(draw.integers(1, 9)), draw.integers(0, 6, 4)
        ids = draw.permutation(int(sizes.sum()))
        distances = draw.integers(0, 4, len(ids))
        edges = np.cumsum([0, *sizes])
        parts = [
            best(ids[a:b], distances[a:b], k)
            for a, b in zip(edges, edges[1:], strict=False)
        ]
        merged = parts[0]
        for part in parts[1:]:
            merged = index.merge([merged, part], k=k, bits=8)
        check_equal(merged, best(ids, distances, k))


def best(ids, distances, k):
    order = np.lexsort((ids, distances))
    kept, left = order[:k], order[k:]
    last = distances[kept[-1]] if len(left) else -1
    cut = np.array([np.sum(distances[left] == last)])
    return Hits(ids[kept][None], distances[kept][None], cut)
