import numpy as np
import pytest

from scbch_jax import index
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
    with pytest.raises(InputError, match="it is built by index engine"):
        Index(path, engine="faiss-ivf")
    index.set_engine(path)
    index.drop_engine(path)
    assert not list((path / "engines").iterdir())
    with pytest.raises(InputError, match="it is built by index engine"):
        Index(path, engine="faiss-ivf")


def test_a_changed_file_is_not_given_to_faiss(path):
    index.set_engine(path)
    (file,) = (path / "engines").iterdir()
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert index.verify(path) == [str(file)]
    with pytest.raises(InputError, match="damaged"):
        both(path, clustered(1), k=3)


def test_more_lists_than_rows_are_refused(path):
    with pytest.raises(InputError, match="lists: got 2001, wanted at most the 2000"):
        index.set_engine(path, lists=2001)
    assert index.verify(path) == []
