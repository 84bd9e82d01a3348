import json

import numpy as np
import pytest
from indexes import drawn, kill_writers

from scbch_jax import extras, index
from scbch_jax.errors import InputError
from scbch_jax.index import Cursor, Index, Rows, Where

pytest.importorskip("faiss", reason="FAISS is not installed")


def clustered(count, *, bits=64, clusters=20, seed=0):
    """Codes around a few centers, each bit flipped with probability 0.08."""
    random = np.random.default_rng(seed)
    centers = np.random.default_rng(99).random((clusters, bits)) < 0.5
    rows = centers[random.integers(0, clusters, count)]
    return np.packbits(rows ^ (random.random((count, bits)) < 0.08), axis=1)


def rows(count, **drawn):
    labels = np.arange(count)[:, None] % 10 == np.arange(2)[None]
    names = [{"name": f"{drawn.get('seed', 0)} {i}"} for i in range(count)]
    return Rows({"image": clustered(count, **drawn)}, labels, names)


@pytest.fixture
def path(tmp_path):
    index.build(tmp_path / "index", rows(2000), classes=("a", "b"))
    return tmp_path / "index"


@pytest.fixture
def copies(tmp_path):
    """Half of the rows have one code, and the engine was built."""
    codes = clustered(400)
    codes[:200] = codes[0]
    index.build(tmp_path / "index", Rows({"image": codes}))
    index.set_engine(tmp_path / "index")
    return tmp_path / "index", codes


def both(path, queries, **options):
    """Hits of the approximate engine, and of the flat one."""
    opened = Index(path, engine="faiss-ivf"), Index(path)
    assert [x.exact for x in opened] == [False, True]
    return [x.search(queries, find="image", **options) for x in opened]


def changed(path):
    """Rows are removed before and after the engine is built, and others are added."""
    index.remove(path, ids=range(0, 200, 5))
    index.set_engine(path)
    index.add(path, rows(500, seed=1))
    index.remove(path, ids=[1, 2, 3, 2100])


@pytest.mark.parametrize("bits", [8, 64, 256])
def test_all_lists_together_give_the_distances_of_the_flat_engine(tmp_path, bits):
    """Ids, too, but for items at the last distance, of which FAISS keeps any."""
    path = tmp_path / "index"
    index.build(path, rows(2000, bits=bits))
    index.set_engine(path, lists=4, probes=4)
    queries = clustered(20, bits=bits, seed=2)
    for options in ({"k": 1}, {"k": 10, "within": bits // 8}, {"k": 3000}):
        near, exact = both(path, queries, **options)
        np.testing.assert_array_equal(near.distances, exact.distances)
        sure = exact.distances < exact.distances[:, -1:]
        np.testing.assert_array_equal(near.ids[sure], exact.ids[sure])
        assert (near.cut == -1).all()


@pytest.mark.parametrize("bits", [8, 64])
def test_hits_are_in_the_order_of_distance_and_id(tmp_path, bits):
    """FAISS keeps the order itself; with 8 bits nearly all distances are tied."""
    path = tmp_path / "index"
    index.build(path, rows(2000, bits=bits))
    index.set_engine(path)
    for options in ({"k": 50}, {"k": 50, "within": bits // 8}, {"k": 2500}):
        for _ in range(2):
            near, _ = both(path, clustered(20, bits=bits, seed=2), **options)
            ids = np.where(near.ids < 0, 10**6, near.ids)
            keys = near.distances * 10**7 + ids
            assert (np.diff(keys, axis=1) >= 0).all()
            assert (near.distances[near.ids < 0] == bits + 1).all()
            index.remove(path, ids=near.ids[0, :1].tolist())


def test_threads_give_the_same_hits(path):
    index.set_engine(path)
    queries = clustered(50, seed=2)
    one, two = (
        Index(path, engine="faiss-ivf", threads=n).search(queries, find="image")
        for n in (1, 2)
    )
    np.testing.assert_array_equal(one.ids, two.ids)


def test_rows_behind_many_that_were_removed_are_found(copies):
    path, codes = copies
    index.remove(path, ids=range(195))
    near, exact = both(path, codes[:1], k=5)
    assert near.ids.tolist() == exact.ids.tolist() == [[195, 196, 197, 198, 199]]
    near, _ = both(path, codes[:1], k=8, within=0)
    assert near.ids.tolist() == [[195, 196, 197, 198, 199, -1, -1, -1]]


def test_ids_of_any_size_are_found(tmp_path):
    codes, first = clustered(50), 2**60
    ids = first + np.arange(50)
    index.build(tmp_path / "index", Rows({"image": codes}), ids=ids)
    index.set_engine(tmp_path / "index")
    near, exact = both(tmp_path / "index", codes[7:8], k=1)
    assert near.ids.tolist() == exact.ids.tolist()
    assert near.ids.min() >= first


def test_the_seed_decides_the_file(path):
    found = []
    for seed in (0, 0, 1):
        engine = index.set_engine(path, seed=seed).engine
        assert engine["seed"] == seed
        found.append(engine["files"]["image"]["facts"]["sha256"])
    assert found[0] == found[1] != found[2]


def test_probing_some_lists_finds_nearly_all_of_clustered_codes(path):
    index.set_engine(path)
    engine = Index(path).manifest.engine
    assert (engine["kind"], engine["next_id"]) == ("faiss-ivf", 2000)
    assert index.recall(path, 200)["image"] > 0.99


def test_one_probe_of_many_lists_misses_some(path):
    """Or else recall would measure nothing."""
    index.set_engine(path, lists=200, probes=1)
    assert index.recall(path, 200)["image"] < 0.95


def test_rows_that_were_added_or_removed_since_are_respected(path):
    changed(path)
    queries = clustered(30, seed=3)
    near, exact = both(path, queries, k=20)
    assert (near.distances <= exact.distances[:, -1:]).mean() > 0.98
    assert not np.isin(near.ids, [0, 5, 1, 2, 3, 2100]).any()
    assert (near.ids >= 2000).any(), "rows of the new segment"
    everything, _ = both(path, queries[:1], k=10_000)
    assert (everything.ids >= 0).sum() <= Index(path).size


def test_compacting_builds_the_engine_again(path):
    changed(path)
    before = Index(path).manifest.engine["files"]["image"]["name"]
    index.compact(path)
    engine = Index(path).manifest.engine
    assert engine["next_id"] == 2500
    assert [p.name for p in (path / "engines").iterdir()] != [before]
    near, exact = both(path, clustered(30, seed=3), k=20)
    assert (near.distances <= exact.distances[:, -1:]).mean() > 0.98
    assert not np.isin(near.ids, [0, 5, 1, 2, 3, 2100]).any()


def test_an_index_that_shrinks_below_its_lists_is_compacted(path):
    index.set_engine(path, lists=300)
    index.remove(path, ids=range(1900))
    index.compact(path)
    assert Index(path).manifest.engine["lists"] == 300, "as it was asked for"
    assert index.recall(path, 50)["image"] > 0


def test_an_index_without_rows_has_no_engine(copies):
    path, codes = copies
    index.remove(path, ids=range(400))
    near, _ = both(path, codes[:1], k=3)
    assert not near.ids.size
    with pytest.raises(InputError, match="without rows, wanted at least one row"):
        index.recall(path, 5)
    index.compact(path)
    assert Index(path).manifest.engine is None
    assert not list((path / "engines").iterdir())
    assert not Index(path).search(codes[:1], find="image", k=3).ids.size
    with pytest.raises(InputError, match="index: got no rows, wanted at least one"):
        index.set_engine(path)


def test_recall_does_not_count_hits_that_are_not_there(tmp_path):
    """Six rows are fewer than the ten that recall looks for."""
    index.build(tmp_path / "index", rows(6))
    index.set_engine(tmp_path / "index", lists=6, probes=1)
    assert index.recall(tmp_path / "index", 50) == {"image": pytest.approx(1 / 6)}


@pytest.mark.parametrize("change", [index.set_engine, index.drop_engine, index.compact])
def test_an_open_index_keeps_its_engine(path, change):
    index.set_engine(path)
    index.remove(path, ids=[5])
    queries = clustered(3, seed=3)
    expected, _ = both(path, queries, k=3)
    opened = Index(path, engine="faiss-ivf")
    before = list((path / "engines").iterdir())
    change(path)
    assert not any(file.exists() for file in before)
    found = opened.search(queries, find="image", k=3)
    np.testing.assert_array_equal(found.ids, expected.ids)


def test_an_index_survives_kills_of_a_process_that_builds_its_engine(tmp_path):
    path = tmp_path / "index"
    index.build(path, drawn(60))
    index.set_engine(path)
    kill_writers(path, kills=3, engine=True)
    near, _ = both(path, drawn(3).codes["image"], k=3)
    assert (near.ids >= 0).all()


def test_a_leftover_of_a_killed_writer_is_deleted_by_the_next(path):
    index.set_engine(path)
    leftovers = [path / "engines" / x for x in (".x.bin.partial", "other.bin")]
    for file in leftovers:
        file.write_bytes(b"left")
    index.remove(path, ids=[1])
    assert not any(file.exists() for file in leftovers)
    assert len(list((path / "engines").iterdir())) == 1


def test_filters_are_compared_exactly(path):
    index.set_engine(path)
    near, exact = both(path, clustered(5, seed=3), k=5, where=Where(any_of=("b",)))
    for one, other in zip(near, exact, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_page_needs_an_exact_engine(path):
    index.set_engine(path)
    with pytest.raises(InputError, match="after: got a page of faiss-ivf"):
        both(path, clustered(1), k=3, after=Cursor(1, 2))


def test_an_index_without_the_engine_names_the_command(path):
    made = f"scbch index engine {path} faiss-ivf makes it"
    with pytest.raises(InputError, match=made):
        Index(path, engine="faiss-ivf")
    index.set_engine(path)
    index.drop_engine(path)
    assert not list((path / "engines").iterdir())
    with pytest.raises(InputError, match=made):
        Index(path, engine="faiss-ivf")


def test_an_index_that_was_written_before_there_were_engines_is_read(path):
    manifest = json.loads((path / "index.json").read_text())
    del manifest["engine"]
    (path / "index.json").write_text(json.dumps(manifest))
    assert Index(path).manifest.engine is None
    index.set_engine(path)
    assert both(path, clustered(1), k=3)[0].ids.shape == (1, 3)


def test_without_faiss_one_line_names_the_extra(path, monkeypatch):
    index.set_engine(path)
    index.remove(path, ids=[0])
    before = (path / "index.json").read_bytes()
    monkeypatch.setattr(extras, "is_installed", lambda package: package != "faiss")
    needs = r"the engine faiss-ivf needs FAISS: pip install 'scbch_jax\[faiss\]'"
    for change in (index.set_engine, index.compact):
        with pytest.raises(InputError, match=needs):
            change(path)
    with pytest.raises(InputError, match=needs):
        Index(path, engine="faiss-ivf")
    assert (path / "index.json").read_bytes() == before
    assert Index(path).search(clustered(1), find="image", k=3).ids.shape == (1, 3)
    assert index.drop_engine(path).engine is None


def test_a_changed_file_is_not_given_to_faiss(path):
    index.set_engine(path)
    (file,) = (path / "engines").iterdir()
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert index.verify(path) == [str(file)]
    with pytest.raises(InputError, match="damaged"):
        both(path, clustered(1), k=3)


def test_a_file_of_the_other_modality_is_not_given_to_faiss(tmp_path):
    index.build(tmp_path / "index", drawn(60))
    engine = index.set_engine(tmp_path / "index").engine
    image, text = (
        tmp_path / "index" / "engines" / engine["files"][modality]["name"]
        for modality in ("image", "text")
    )
    contents = image.read_bytes(), text.read_bytes()
    image.write_bytes(contents[1])
    text.write_bytes(contents[0])
    assert sorted(index.verify(tmp_path / "index")) == sorted(map(str, (image, text)))
    with pytest.raises(InputError, match="image.bin, damaged"):
        both(tmp_path / "index", drawn(1).codes["image"], k=3)


@pytest.mark.parametrize("damage", ["missing", "empty"])
def test_an_index_whose_engine_is_gone_is_searched_by_flat(path, damage):
    index.set_engine(path)
    (file,) = (path / "engines").iterdir()
    file.unlink()
    if damage == "empty":
        file.touch()
    assert index.verify(path) == [str(file)]
    with pytest.raises(InputError, match="bin, damaged"):
        Index(path, engine="faiss-ivf")
    assert Index(path).search(clustered(1), find="image", k=3).ids.shape == (1, 3)
    index.set_engine(path)
    assert index.verify(path) == []


def test_more_lists_than_rows_are_refused(path):
    with pytest.raises(InputError, match="lists: got 2001, wanted at most the 2000"):
        index.set_engine(path, lists=2001)
    assert index.verify(path) == []
