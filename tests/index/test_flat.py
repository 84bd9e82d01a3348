import sys

import numpy as np
import pytest

from scbch_jax.errors import InputError
from scbch_jax.index import (
    Cursor,
    FlatIndex,
    ShardedEngine,
    compiled_scan,
    flat,
    scan,
)
from scbch_jax.index.device import DeviceIndex


def reference(codes, query, *, k, within=None, living=None, after=None):
    """Ids, distances and cut of one query, by sorting every item."""
    distance = np.bitwise_count(codes ^ query).sum(axis=1).astype(int)
    every = sorted((d, i) for i, d in enumerate(distance.tolist()))
    every = [x for x in every if living is None or x[1] in living]
    every = [x for x in every if within is None or x[0] <= within]
    every = [x for x in every if after is None or x > tuple(after)]
    hits, rest = every[:k], every[k:]
    cut = sum(d == hits[-1][0] for d, _ in rest) if hits else 0
    return [i for _, i in hits], [d for d, _ in hits], cut


def drawn(kind, *, items, bits):
    random = np.random.default_rng(bits)
    codes = random.integers(0, 256, (items, bits // 8), dtype=np.uint8)
    if kind == "clustered":
        return codes[random.integers(0, 20, items)] ^ (random.random(codes.shape) < 0.1)
    return np.zeros_like(codes) if kind == "equal" else codes


def check(hits, codes, queries, **options):
    for i, query in enumerate(queries):
        ids, distances, cut = reference(codes, query, **options)
        count = len(ids)
        assert hits.ids[i, :count].tolist() == ids
        assert hits.distances[i, :count].tolist() == distances
        assert hits.cut[i] == cut
        assert (hits.ids[i, count:] == -1).all()
        assert (hits.distances[i, count:] == 8 * codes.shape[1] + 1).all()


@pytest.fixture(autouse=True)
def short_blocks(monkeypatch):
    monkeypatch.setattr(scan, "BLOCK", 64)
    for module in (flat, compiled_scan):
        monkeypatch.setattr(module, "LARGE_BLOCK", 64)


class NumpyIndex(FlatIndex):
    """Searches without JAX, however many rows there are."""

    def _is_compiled(self, queries):
        return False


def sharded(codes):
    """Engines of every third item, one of them on the device."""
    kinds = (FlatIndex, DeviceIndex, FlatIndex)
    rows = [np.arange(start, len(codes), 3) for start in range(3)]
    return ShardedEngine(
        [kind(codes[x], ids=x) for kind, x in zip(kinds, rows, strict=True)]
    )


FLAT = (FlatIndex, NumpyIndex)
ENGINES = (*FLAT, DeviceIndex, sharded)


@pytest.mark.parametrize("engine", [DeviceIndex, sharded])
@pytest.mark.parametrize("kind", ["random", "clustered", "equal"])
@pytest.mark.parametrize(("bits", "k"), [(8, 10), (24, 500), (64, 1), (1024, 10)])
def test_other_engines_give_the_same_hits(engine, kind, bits, k):
    codes = drawn(kind, items=300, bits=bits)
    queries = codes[:3] ^ 1
    made = engine(codes)
    assert (made.bits, made.size, made.exact) == (bits, 300, True)
    check(made.search(queries, k=k), codes, queries, k=k)
    options = {"within": bits // 4, "after": Cursor(bits // 8, 150)}
    check(made.search(queries, k=k, **options), codes, queries, k=k, **options)


@pytest.mark.parametrize("kind", ["random", "clustered", "equal"])
@pytest.mark.parametrize("bits", [8, 24, 64, 128, 1024])
@pytest.mark.parametrize("k", [1, 10, 500])
@pytest.mark.parametrize("engine", FLAT)
def test_hits_are_the_first_of_all_items_sorted(engine, kind, bits, k):
    codes = drawn(kind, items=300, bits=bits)
    check(engine(codes).search(codes[:3] ^ 1, k=k), codes, codes[:3] ^ 1, k=k)


@pytest.mark.parametrize("items", [64, 65, 127, 128, 300])
@pytest.mark.parametrize("queries", [1, 2, 16, 17, 40])
def test_blocks_of_rows_and_queries_are_compared_once(items, queries):
    codes = drawn("clustered", items=items, bits=32)
    asked = drawn("random", items=queries, bits=32)
    check(FlatIndex(codes).search(asked, k=20), codes, asked, k=20)


def test_the_scan_is_compiled_for_large_databases_where_jax_is_there(monkeypatch):
    few, many = (FlatIndex(np.zeros((n, 8), np.uint8)) for n in (63, 64))
    assert not few._is_compiled(1)
    assert many._is_compiled(1)
    assert not many._is_compiled(0)
    monkeypatch.delitem(sys.modules, "jax")
    assert not many._is_compiled(1)
    assert many._is_compiled(flat.PAYS // 64)


@pytest.mark.parametrize("engine", [*FLAT, DeviceIndex])
@pytest.mark.parametrize("bits", [8, 64])
def test_a_radius_and_removed_rows_together(engine, bits):
    codes = drawn("clustered", items=300, bits=bits)
    removed, queries = np.arange(0, 300, 7), codes[:4]
    made = engine(codes, removed=removed)
    living = set(range(300)) - set(removed.tolist())
    assert made.size == len(living)
    for within in (None, 0, 3):
        hits = made.search(queries, k=20, within=within)
        check(hits, codes, queries, k=20, within=within, living=living)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", ["random", "clustered", "equal"])
def test_pages_hold_every_item_once(engine, kind):
    codes = drawn(kind, items=200, bits=16)
    made = engine(codes)
    whole = made.search(codes[:1], k=200)
    after, pages = None, []
    while True:
        hits = made.search(codes[:1], k=23, after=after)
        found = hits.ids[0] >= 0
        if not found.any():
            break
        check(hits, codes, codes[:1], k=23, after=after)
        pages += hits.ids[0, found].tolist()
        last = np.flatnonzero(found)[-1]
        after = Cursor(int(hits.distances[0, last]), int(hits.ids[0, last]))
    assert pages == whole.ids[0].tolist()


def test_threads_change_no_hit():
    codes = drawn("clustered", items=300, bits=16)
    one, three = (NumpyIndex(codes, threads=n).search(codes[:3], k=9) for n in (1, 3))
    for a, b in zip(one, three, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_memory_mapped_file_is_searched(tmp_path):
    codes = drawn("random", items=200, bits=64)
    np.save(tmp_path / "codes.npy", codes)
    mapped = np.load(tmp_path / "codes.npy", mmap_mode="r")
    for engine in FLAT:
        check(engine(mapped).search(codes[:3], k=4), codes, codes[:3], k=4)


@pytest.mark.parametrize("engine", [FlatIndex, DeviceIndex])
def test_an_empty_index_finds_nothing(engine):
    hits = engine(np.zeros((0, 8), np.uint8)).search(np.zeros((2, 8), np.uint8), k=3)
    assert hits.ids.shape == (2, 0)
    assert hits.cut.tolist() == [0, 0]


@pytest.mark.errors
def test_bad_codes_and_sizes_are_refused():
    codes = drawn("random", items=20, bits=16)
    index = FlatIndex(codes)
    with pytest.raises(InputError, match="k: got 0, wanted at least 1"):
        index.search(codes[:1], k=0)
    with pytest.raises(InputError, match="within: got -1, wanted at least 0"):
        index.search(codes[:1], k=1, within=-1)
    with pytest.raises(InputError, match="queries: got uint8 of shape"):
        index.search(codes[:1, :1], k=1)
    with pytest.raises(ValueError, match="wanted a uint8 matrix"):
        FlatIndex(codes.astype(float))
