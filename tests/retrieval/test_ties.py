"""Metrics from counts against every order that ties allow, in exact fractions."""

from fractions import Fraction

import brute
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import retrieval

ITEMS = 5


def words(rng, bits, n, patterns=3):
    """Codes of few patterns, so that distances tie and codes repeat."""
    known = rng.integers(0, 256, (patterns, bits // 8))
    return jnp.asarray(known[rng.integers(0, patterns, n)], jnp.uint8)


def case(seed, bits):
    """Codes, labels, and by brute force the distances and grades of one query."""
    rng = np.random.default_rng([seed, bits])
    codes = [words(rng, bits, n) for n in (1, ITEMS)]
    chance = [0.2, 0.5, 1.0][seed % 3]
    labels = [(rng.random((n, 4)) < chance).astype(np.float32) for n in (1, ITEMS)]
    labels[0][:, 0] = labels[1][0, 0] = 1  # something is relevant
    signs = [np.unpackbits(np.asarray(c), axis=1) for c in codes]
    distances = [int((signs[0][0] != item).sum()) for item in signs[1]]
    shared = [int((labels[0][0] * item).sum()) for item in labels[1]]
    unions = [int(((labels[0][0] + item) > 0).sum()) for item in labels[1]]
    overlaps = [Fraction(a, b) for a, b in zip(shared, unions, strict=True)]
    arrays = (*codes, *map(jnp.asarray, labels))
    return arrays, distances, shared, overlaps


def close(value, wanted):
    np.testing.assert_allclose(float(value), float(wanted), rtol=0, atol=1e-12)


@pytest.mark.parametrize("bits", [8, 24, 64, 128, 1024])
def test_binary_relevance_metrics(bits):
    for seed in range(40):
        arrays, distances, shared, _ = case(seed, bits)
        counts = retrieval.distance_counts(*arrays)
        every = list(brute.orders(distances, shared))
        pick = {"expected": lambda v: sum(v) / len(v), "best": max, "worst": min}
        for depth in (None, 1, 2, 4, 9):
            values = [brute.average_precision(o, depth) for o in every]
            for ties, choose in pick.items():
                result = retrieval.average_precision(counts, ties=ties, depth=depth)
                close(result[0], choose(values))
        for first in (1, 2, 4):
            values = [brute.released_average_precision(o, first) for o in every]
            for ties, choose in pick.items():
                result = retrieval.released_average_precision(
                    counts, first=first, ties=ties
                )
                close(result[0], choose(values))
        depths = np.array([1, 3, 5, 8])
        found = retrieval.precision_recall_at(counts, depths)
        for metric, result in zip((brute.precision, brute.recall), found, strict=True):
            for depth, value in zip(depths, result[0], strict=True):
                close(value, pick["expected"]([metric(o, int(depth)) for o in every]))


@pytest.mark.parametrize("bits", [8, 64])
@pytest.mark.parametrize("grade", ["shared", "jaccard"])
def test_graded_relevance_metrics(bits, grade):
    for seed in range(40):
        arrays, distances, shared, overlaps = case(seed, bits)
        graded = retrieval.graded_counts(*arrays, grade=grade)
        every = list(brute.orders(distances, shared if grade == "shared" else overlaps))
        for depth in (1, 2, 4, 9):
            wanted = [brute.ndcg(o, depth) for o in every]
            close(retrieval.ndcg(graded, depth=depth)[0], sum(wanted) / len(wanted))
            wanted = [brute.cumulative_gain(o, depth) for o in every]
            result = retrieval.average_cumulative_gain(graded, depth=depth)
            close(result[0], sum(wanted) / len(wanted))
        wanted = [brute.weighted_average_precision(o) for o in every]
        result = retrieval.weighted_average_precision(graded)
        close(result[0], sum(wanted) / len(wanted))


def test_queries_without_relevant_items_are_nan():
    arrays, *_ = case(0, 8)
    nothing = (*arrays[:3], jnp.zeros((ITEMS, 4)))
    counts, graded = (
        retrieval.distance_counts(*nothing),
        retrieval.graded_counts(*nothing),
    )
    values = [
        retrieval.average_precision(counts, depth=3),
        retrieval.released_average_precision(counts, first=2),
        *retrieval.precision_recall_at(counts, np.array([2])),
        retrieval.ndcg(graded, depth=3),
        retrieval.weighted_average_precision(graded),
    ]
    assert all(np.isnan(v).all() for v in values)
    assert retrieval.average_cumulative_gain(graded, depth=3) == [0.0]


def test_one_item():
    arrays, *_ = case(0, 8)
    queries, items, wanted, there = arrays
    counts = retrieval.distance_counts(queries, items[:1], wanted, there[:1])
    close(retrieval.average_precision(counts)[0], 1)
    close(retrieval.average_precision(counts, depth=5)[0], 1)


def test_the_mean_over_sampled_orders_is_near():
    """Many items, where orders cannot be listed: within 4 standard errors."""
    rng = np.random.default_rng(5)
    codes = [words(rng, 16, n, patterns=5) for n in (3, 60)]
    labels = [jnp.asarray(rng.random((n, 4)) < 0.3, jnp.float32) for n in (3, 60)]
    counts = retrieval.distance_counts(*codes, *labels)
    distances = np.asarray(retrieval.hamming_matrix(*codes))
    relevance = np.asarray(labels[0] @ labels[1].T) > 0
    shuffles = [rng.permutation(60) for _ in range(400)]
    for first, result in (
        (None, retrieval.average_precision(counts)),
        (7, retrieval.released_average_precision(counts, first=7)),
    ):
        sampled = np.array(
            [
                retrieval.ranked_average_precision(
                    distances[:, order], relevance[:, order], first=first
                )
                for order in shuffles
            ]
        )
        error = sampled.std(axis=0, ddof=1) / len(sampled) ** 0.5
        assert (np.abs(result - sampled.mean(axis=0)) < 4 * error + 1e-12).all()


def test_agreement_with_scikit_learn():
    """Where definitions coincide: average precision without ties, NDCG with them."""
    from sklearn.metrics import average_precision_score, ndcg_score

    rng = np.random.default_rng(6)
    ladder = np.packbits(np.tri(16, 16, k=-1, dtype=bool), axis=1)
    there = jnp.asarray(rng.random((16, 4)) < 0.5, jnp.float32)
    arrays = (
        jnp.zeros((1, 2), jnp.uint8),
        jnp.asarray(ladder),
        jnp.ones((1, 4)),
        there,
    )
    shared = np.asarray(there.sum(axis=1), int)
    result = retrieval.average_precision(retrieval.distance_counts(*arrays))[0]
    close(result, average_precision_score(shared > 0, -np.arange(16.0)))
    tied = (arrays[0], jnp.asarray(ladder & 0b11001000), *arrays[2:])
    distances = np.asarray(retrieval.hamming_matrix(*tied[:2]))
    assert len(set(distances[0])) < 8
    graded = retrieval.graded_counts(*tied)
    for depth in (3, 10, 16):
        expected = ndcg_score(2.0 ** shared[None] - 1, -distances, k=depth)
        close(retrieval.ndcg(graded, depth=depth)[0], expected)


def test_a_short_tie_beside_a_long_one_does_not_overflow():
    """Two queries whose 20th relevant item is in a tie, of 100 and of 3,000 items."""
    codes = np.array([[255]] * 100 + [[0]] * 3000, np.uint8)
    labels = np.eye(2)[(np.arange(len(codes)) % 3 > 0).astype(int)]
    queries = np.array([[255], [0]], np.uint8)
    both = retrieval.count(queries, codes, np.eye(2)[[0, 0]], labels)
    values = retrieval.released_average_precision(both, first=20)
    alone = retrieval.count(queries[:1], codes, np.eye(2)[[0]], labels)
    assert values[0] == retrieval.released_average_precision(alone, first=20)[0]
