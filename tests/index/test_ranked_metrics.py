"""Metrics of pools by score, against every order that ties allow."""

import brute
import numpy as np
import pytest

from scbch_jax import retrieval
from scbch_jax.index import rank
from scbch_jax.index.ranked_metrics import ranked_metrics

QUERIES, ITEMS, BITS = 4, 6, 8


def case(seed):
    """Few codes, so that items tie by distance and by score."""
    random = np.random.default_rng(seed)
    pattern = random.normal(size=(4, BITS))
    relaxed = [pattern[random.integers(0, 4, n)] for n in (QUERIES, ITEMS)]
    codes = [np.packbits(x > 0, axis=1) for x in relaxed]
    labels = [
        (random.random((n, 3)) < 0.6).astype(np.float32) for n in (QUERIES, ITEMS)
    ]
    labels[0][:, 0] = labels[1][0, 0] = 1  # something is relevant
    return tuple(codes), tuple(relaxed), tuple(labels)


def places(code, query, codes, relaxed, by, pool):
    """The place of each item in the ranking; those of one place are tied."""
    items = rank.quantize(relaxed) if by == "both" else rank.hash_codes(codes)
    distances = np.bitwise_count(codes ^ code).sum(axis=1)
    inside = distances <= np.sort(distances)[pool - 1]
    scores = np.where(inside, rank.scores(query, items), -2)
    keys = [(-s, d) for s, d in zip(scores.tolist(), distances.tolist(), strict=True)]
    return [sorted(set(keys)).index(key) for key in keys]


@pytest.mark.parametrize("by", ["query", "both"])
@pytest.mark.parametrize("seed", range(8))
def test_map_and_ndcg_are_means_over_all_orders_of_ties(seed, by):
    codes, relaxed, labels = case(seed)
    pool = 1 + seed % ITEMS
    found = ranked_metrics(codes, relaxed, labels, ranks=[by], pool=pool, depth=3)
    average, ndcg = f"MAP, pool ranked by {by}", f"NDCG@3, pool ranked by {by}"
    assert list(found) == ["NDCG@3, ranked by bits", average, ndcg]
    grades = (labels[0] @ labels[1].T).astype(int).tolist()
    for i in range(QUERIES):
        place = places(codes[0][i], relaxed[0][i], codes[1], relaxed[1], by, pool)
        every = list(brute.orders(place, grades[i]))
        for name, values in (
            (average, [brute.average_precision(o) for o in every]),
            (ndcg, [brute.ndcg(o, 3) for o in every]),
        ):
            wanted = float(sum(values) / len(values))
            np.testing.assert_allclose(found[name][i], wanted, rtol=0, atol=1e-12)


def test_scores_that_say_what_bits_say_change_nothing():
    """The cosine of two hash codes is 1 - 2 distance / bits."""
    codes, relaxed, labels = case(1)
    signs = (np.sign(relaxed[0]), np.sign(relaxed[1]))
    found = ranked_metrics(codes, signs, labels, ranks=["query", "both"], depth=2)
    counts = retrieval.distance_counts(*codes, *labels)
    for by in ("query", "both"):
        np.testing.assert_allclose(
            found[f"MAP, pool ranked by {by}"], retrieval.average_precision(counts)
        )
        np.testing.assert_allclose(
            found[f"NDCG@2, pool ranked by {by}"], found["NDCG@2, ranked by bits"]
        )


def test_the_order_of_the_database_does_not_matter():
    codes, relaxed, labels = case(2)
    other = [5, 3, 0, 1, 4, 2]
    values = [
        ranked_metrics(
            (codes[0], codes[1][order]),
            (relaxed[0], relaxed[1][order]),
            (labels[0], labels[1][order]),
            ranks=["both"],
            pool=3,
        )
        for order in (slice(None), other)
    ]
    for name, value in values[0].items():
        np.testing.assert_allclose(value, values[1][name], rtol=0, atol=1e-12)


def test_a_query_without_relevant_items_has_no_value():
    codes, relaxed, labels = case(3)
    labels[0][2] = 0
    found = ranked_metrics(codes, (relaxed[0], None), labels, ranks=["query"])
    for values in found.values():
        assert np.isnan(values).tolist() == [False, False, True, False]


def test_queries_in_blocks_give_the_same_values(monkeypatch):
    codes, relaxed, labels = case(4)
    whole = ranked_metrics(codes, relaxed, labels, ranks=["query", "both"])
    monkeypatch.setattr("scbch_jax.index.ranked_metrics.BLOCK", 3)
    parts = ranked_metrics(codes, relaxed, labels, ranks=["query", "both"])
    for name, values in whole.items():
        np.testing.assert_allclose(values, parts[name], rtol=0, atol=1e-12)
