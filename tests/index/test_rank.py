"""Ranking by more than bits, against sorting every item by the definition."""

import math

import numpy as np
import pytest

from scbch_jax import index
from scbch_jax.errors import InputError
from scbch_jax.index import Index, Rows, Where, rank

BITS, ITEMS = 16, 120


def drawn(count=ITEMS, *, seed=0, prefix="row"):
    """Codes of few patterns, so that distances and scores tie."""
    random = np.random.default_rng(seed)
    pattern = random.normal(size=(12, BITS)).astype(np.float32)
    relaxed = {m: pattern[random.integers(0, 12, count)] for m in ("image", "text")}
    relaxed["text"][::2] *= random.uniform(0.5, 2, (count + 1) // 2)[:, None]
    relaxed["text"][1::4] += random.normal(size=relaxed["text"][1::4].shape) * 0.1
    codes = {m: np.packbits(x > 0, axis=1) for m, x in relaxed.items()}
    labels = random.random((count, 2)) < 0.5
    names = [{"name": f"{prefix}{i}"} for i in range(count)]
    return Rows(codes, labels, names, relaxed)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An index of two segments and removed rows; its rows and living ids."""
    path = tmp_path_factory.mktemp("ranked") / "index"
    first, second = drawn(), drawn(40, seed=1, prefix="new")
    index.build(path, first, classes=("cat", "dog"))
    index.add(path, second)
    gone = [2, 3, 130]
    index.remove(path, ids=gone)
    parts = [(x.codes["text"], x.relaxed["text"], x.labels) for x in (first, second)]
    codes, relaxed, labels = map(np.concatenate, zip(*parts, strict=True))
    living = [i for i in range(len(codes)) if i not in gone]
    return path, (codes, relaxed, labels, living)


def cosine(one, other):
    lengths = [math.sqrt(sum(x * x for x in side)) for side in (one, other)]
    product = math.fsum(x * y for x, y in zip(one, other, strict=True))
    return product / (lengths[0] * lengths[1])


def reference(rows, code, query, *, by, pool, k, within=BITS, passed=None):
    """Hits of one query: (rounded score, distance, id), by sorting all items."""
    codes, relaxed, _, living = rows
    items = (
        rank.quantize(relaxed)
        if by == "both"
        else np.unpackbits(codes, axis=1) * 2.0 - 1
    )
    every = sorted((int(np.bitwise_count(codes[i] ^ code).sum()), i) for i in living)
    every = [(d, i) for d, i in every if d <= within and (passed is None or passed[i])]
    last = every[min(pool, len(every)) - 1][0] if every else 0
    # Rounded, so that scores that are equal but for float64 tie.
    ranked = sorted(
        (-round(cosine(query.tolist(), items[i].tolist()), 9), d, i)
        for d, i in every
        if d <= last
    )
    cut = sum(x[:2] == ranked[k - 1][:2] for x in ranked[k:])
    return [(-s, d, i) for s, d, i in ranked[:k]], cut


@pytest.mark.parametrize("engine", ["flat", "device"])
@pytest.mark.parametrize("by", ["query", "both"])
@pytest.mark.parametrize(
    "how",
    [
        {"k": 5, "pool": 10},
        {"k": 10, "pool": 10, "within": 6},
        {"k": 30, "pool": 50, "where": Where(any_of=("cat",))},
        {"k": 400, "pool": 400},
    ],
)
def test_hits_are_those_of_sorting_every_item(made, engine, by, how):
    path, rows = made
    queries = drawn(6, seed=2)
    found = index.search_ranked(
        Index(path, engine=engine),
        queries.codes["image"],
        queries.relaxed["image"],
        rank=by,
        find="text",
        **how,
    )
    options = {name: how[name] for name in ("k", "pool", "within") if name in how}
    passed = rows[2][:, 0] if "where" in how else None
    for i, code in enumerate(queries.codes["image"]):
        query = queries.relaxed["image"][i]
        wanted, cut = reference(rows, code, query, by=by, passed=passed, **options)
        count = len(wanted)
        assert found.hits.ids[i, :count].tolist() == [x[2] for x in wanted]
        assert found.hits.distances[i, :count].tolist() == [x[1] for x in wanted]
        scores = [x[0] for x in wanted]
        np.testing.assert_allclose(found.scores[i, :count], scores, rtol=0, atol=2e-6)
        assert found.hits.cut[i] == cut
        assert (found.hits.ids[i, count:] == -1).all()
        assert (found.hits.distances[i, count:] == BITS + 1).all()
        assert np.isnan(found.scores[i, count:]).all()


def test_a_pool_has_all_ties_of_its_last_item():
    codes = np.array([[0], [1], [1], [3], [1]], np.uint8)
    search = index.FlatIndex(codes).search
    sizes = {1: [0], 2: [0, 1, 2, 4], 4: [0, 1, 2, 4], 5: [0, 1, 2, 4, 3]}
    for size, wanted in sizes.items():
        (pool,) = rank.pools(search, codes[:1], size=size)
        assert pool.ids.tolist() == wanted


def test_the_order_is_score_then_distance_then_id():
    pool = rank.Pool(np.array([9, 4, 7, 1]), np.array([1, 1, 2, 2]))
    assert rank.order(np.array([0.5, 0.5, 0.5, 0.6]), pool).tolist() == [3, 1, 0, 2]


def test_quantized_codes_keep_direction_and_stay_as_they_are():
    random = np.random.default_rng(0)
    relaxed = random.normal(size=(200, 64)) * 10.0 ** random.uniform(-30, 30, (200, 1))
    relaxed[3] = 0
    codes = rank.quantize(relaxed)
    assert np.abs(codes).max(axis=1).tolist() == [127, 127, 127, 0] + [127] * 196
    np.testing.assert_array_equal(rank.quantize(codes), codes)
    np.testing.assert_array_equal(rank.quantize(relaxed * 3), codes)
    largest = np.abs(relaxed).max(axis=1, keepdims=True) + (relaxed == 0)
    assert np.abs(relaxed / largest * 127 - codes).max() <= 0.5


def test_values_below_float32_are_quantized():
    assert rank.quantize(np.float32([[1e-45, 0], [-2e-44, 1e-44]])).tolist() == [
        [127, 0],
        [-127, 64],
    ]


def test_a_score_does_not_depend_on_the_items_beside_it():
    """Sums are exact: the order of items and of bits changes no bit of a score."""
    random = np.random.default_rng(0)
    items = random.integers(-127, 128, (501, 200)).astype(np.int8)
    query = random.normal(size=200).astype(np.float32)
    scores, shuffled = rank.scores(query, items), random.permutation(200)
    alone = [rank.scores(query, items[i : i + 1])[0] for i in range(501)]
    np.testing.assert_array_equal(scores, alone)
    other = rank.scores(query[shuffled], items[:, shuffled])
    np.testing.assert_array_equal(scores, other)
    wanted = [cosine(query.tolist(), item.tolist()) for item in items[:20]]
    np.testing.assert_allclose(scores[:20], wanted, rtol=0, atol=1e-6)


def test_zeros_score_zero():
    items = np.array([[0, 0], [1, -1]], np.int8)
    assert rank.scores(np.zeros(2), items).tolist() == [0, 0]
    assert rank.scores(np.array([1.0, 0]), items).tolist() == [0, 1 / math.sqrt(2)]


def test_compacting_changes_no_hit_and_no_score(made, tmp_path):
    path, (_, relaxed, _, _) = made
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in path.rglob("*"):
        if file.is_file():
            (copy / file.relative_to(path)).parent.mkdir(parents=True, exist_ok=True)
            (copy / file.relative_to(path)).write_bytes(file.read_bytes())
    index.compact(copy)
    opened = Index(copy)
    assert len(opened.segments) == 1
    assert opened.manifest.relaxed
    assert index.verify(copy) == []
    np.testing.assert_array_equal(
        opened.relaxed(131, "text"), rank.quantize(relaxed[131:132])
    )
    queries = drawn(6, seed=2)
    found = [
        index.search_ranked(
            one,
            queries.codes["text"],
            queries.relaxed["text"],
            rank="both",
            find="text",
        )
        for one in (Index(path), opened)
    ]
    np.testing.assert_array_equal(found[0].hits.ids, found[1].hits.ids)
    np.testing.assert_array_equal(found[0].scores, found[1].scores)


def test_relaxed_codes_are_left_out_where_the_index_has_none(tmp_path):
    index.build(tmp_path / "index", drawn()._replace(relaxed=None), classes=("a", "b"))
    changed = index.add(tmp_path / "index", drawn(3, prefix="new"))
    assert not changed.relaxed
    index.compact(tmp_path / "index")
    opened = Index(tmp_path / "index")
    assert not opened.manifest.relaxed
    queries = drawn(2, seed=3)
    codes, relaxed = queries.codes["text"], queries.relaxed["text"]
    index.search_ranked(opened, codes, relaxed, rank="query", find="text")
    with pytest.raises(InputError, match="rank: got both, but no relaxed codes in"):
        index.search_ranked(opened, codes, relaxed, rank="both", find="text")
    with pytest.raises(InputError, match="relaxed: got text, wanted one of none"):
        opened.relaxed(0, "text")


def of_text(rows):
    return rows._replace(codes={"text": rows.codes["text"]})


@pytest.mark.errors
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: None, "relaxed: got codes without relaxed ones, wanted those that"),
        (lambda r: {"text": r["text"]}, "relaxed: got text, wanted image and text"),
        (
            lambda r: {m: x[1:] for m, x in r.items()},
            "relaxed_image: got float32 of shape .2, 16., wanted real or int8",
        ),
        (
            lambda r: {m: x > 0 for m, x in r.items()},
            "relaxed_image: got bool of shape",
        ),
        (lambda r: {m: x / 0 for m, x in r.items()}, "relaxed_image: got NaN or infin"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_relaxed_codes_that_do_not_fit_are_refused(tmp_path, change, message):
    path = tmp_path / "index"
    index.build(path, drawn(), classes=("cat", "dog"))
    before = (path / "index.json").read_bytes()
    rows = drawn(3, prefix="new")
    with pytest.raises(InputError, match=message):
        index.add(path, rows._replace(relaxed=change(rows.relaxed)))
    assert (path / "index.json").read_bytes() == before


@pytest.mark.errors
@pytest.mark.parametrize(
    ("relaxed", "how", "message"),
    [
        (np.ones((1, BITS)), {"k": 301}, "k: got 301, wanted at most the 300 items"),
        (np.ones((2, BITS)), {}, "relaxed: got float64 of shape .2, 16., wanted real"),
        (np.ones((1, 8)), {}, "relaxed: got float64 of shape .1, 8., wanted real"),
        (np.full((1, BITS), np.nan), {}, "relaxed: got NaN or infinity"),
        (np.ones((1, BITS)), {"find": "sound"}, "find: got sound"),
    ],
)
def test_searches_that_do_not_fit_are_refused(made, relaxed, how, message):
    how = {"find": "text", "rank": "both", **how}
    with pytest.raises(InputError, match=message):
        index.search_ranked(Index(made[0]), np.zeros((1, 2), np.uint8), relaxed, **how)
