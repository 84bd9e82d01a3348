import itertools

import jax.numpy as jnp
import numpy as np
import pytest
import references
from conftest import GOLDEN

from scbch_jax import retrieval
from scbch_jax.retrieval import DistanceCounts, PairedCodes


def case(seed, items=7, radii=4, queries=3):
    """Random distances with many ties, and relevance; the first query has none."""
    rng = np.random.default_rng(seed)
    distances = rng.integers(0, radii, (queries, items))
    relevance = rng.random((queries, items)) < 0.4
    relevance[0] = False
    return distances, relevance


def counts_of(distances, relevance, radii=4):
    at = distances[:, :, None] == np.arange(radii)
    relevant = (at & relevance[:, :, None]).sum(axis=1)
    return DistanceCounts(relevant=relevant, total=at.sum(axis=1))


@pytest.mark.parametrize("seed", range(10))
def test_ties_are_averaged_exactly(seed):
    """Against all orders of seven items, and their best and worst."""
    distances, relevance = case(seed)
    counts = counts_of(distances, relevance)
    for query in range(3):
        every = [
            references.average_precision(
                distances[query, list(o)], relevance[query, list(o)]
            )
            for o in itertools.permutations(range(7))
        ]
        wanted = {"expected": np.mean(every), "best": max(every), "worst": min(every)}
        for ties, value in wanted.items():
            result = retrieval.average_precision(counts, ties=ties)[query]
            np.testing.assert_allclose(result, value, rtol=0, atol=1e-12)


def test_by_hand():
    """One of two relevant at distance 0, (1 + 1/2)/2; one at distance 1, 2/3."""
    counts = DistanceCounts(np.array([[1, 1]]), np.array([[2, 1]]))
    expected = retrieval.average_precision(counts)[0]
    np.testing.assert_allclose(expected, (0.75 + 2 / 3) / 2)


@pytest.mark.parametrize("ties", ["expected", "best", "worst"])
def test_all_relevant_is_one(ties):
    counts = DistanceCounts(np.array([[3, 0, 2]]), np.array([[3, 0, 2]]))
    np.testing.assert_allclose(retrieval.average_precision(counts, ties=ties), 1.0)


def test_precision_and_recall_by_radius():
    """One query: of 4 relevant, 1 of 2 at distance 0, 3 of 4 at 2; one has none."""
    counts = DistanceCounts(
        np.array([[1, 0, 3], [0, 0, 0]]), np.array([[2, 0, 4], [1, 1, 1]])
    )
    precision, recall = retrieval.precision_recall(counts)
    np.testing.assert_allclose(precision, [1 / 2, 1 / 2, 4 / 6])
    np.testing.assert_allclose(recall, [1 / 4, 1 / 4, 1])
    assert retrieval.precision_within(counts, radius=2) == 4 / 6


def test_nothing_within_a_radius_is_precision_zero():
    counts = DistanceCounts(np.array([[0, 1], [1, 0]]), np.array([[0, 1], [1, 1]]))
    np.testing.assert_allclose(retrieval.precision_recall(counts)[0], [0.5, 0.75])


@pytest.mark.parametrize("seed", range(5))
def test_curve_at_depths_against_a_loop(seed):
    distances, relevance = case(seed, items=30, radii=6)
    depths = np.array([1, 7, 30, 31])
    precision, recall = retrieval.ranked_precision_recall(
        distances, relevance, depths=depths
    )
    order = np.argsort(distances, axis=1, kind="stable")
    for point, depth in enumerate(depths):
        hits = [
            r[o][:depth].sum() for r, o in zip(relevance[1:], order[1:], strict=True)
        ]
        np.testing.assert_allclose(precision[point], np.mean(hits) / depth)
        shares = np.array(hits) / relevance[1:].sum(axis=1)
        np.testing.assert_allclose(recall[point], shares.mean())


def test_stable_order():
    """More queries than are ranked at once, against the plain function."""
    rng = np.random.default_rng(0)
    sides = [
        PairedCodes(
            *(jnp.asarray(rng.integers(0, 4, (n, 1)), jnp.uint8) for _ in range(2)),
            labels=jnp.asarray(rng.random((n, 3)) < 0.4, jnp.float32),
        )
        for n in (300, 40)
    ]
    result = retrieval.stable_map(
        sides[0].image, sides[1].text, sides[0].labels, sides[1].labels
    )
    relevance = np.asarray(sides[0].labels @ sides[1].labels.T) > 0
    distances = np.asarray(retrieval.hamming_matrix(sides[0].image, sides[1].text))
    wanted = np.nanmean(retrieval.ranked_average_precision(distances, relevance))
    np.testing.assert_allclose(result, wanted)


def test_queries_with_nothing_relevant_do_not_count():
    counts = DistanceCounts(np.array([[1, 0], [0, 0]]), np.array([[1, 1], [1, 1]]))
    assert retrieval.mean_average_precision(counts) == 1.0
    nothing = DistanceCounts(np.zeros((2, 3), int), np.ones((2, 3), int))
    assert retrieval.mean_average_precision(nothing) == 0.0


@pytest.mark.parametrize("seed", range(5))
def test_ranked_keeps_the_order_of_the_database(seed):
    distances, relevance = case(seed, items=50, radii=6)
    expected = [
        references.average_precision(d, r)
        for d, r in zip(distances, relevance, strict=True)
    ]
    np.testing.assert_allclose(
        retrieval.ranked_average_precision(distances, relevance), expected, atol=1e-12
    )


def test_agreement_with_the_released_code():
    """Stable order to the float32 that it was recorded in, 6e-8 relative; averaged ties
    within 3 standard errors of the mean over 200 shuffles."""
    arrays = np.load(GOLDEN / "metrics.npz")
    queries, items = (
        retrieval.pack(jnp.asarray(arrays[k])) for k in ("query_codes", "db_codes")
    )
    labels = [jnp.asarray(arrays[k]) for k in ("query_labels", "db_labels")]
    ranked = retrieval.ranked_average_precision(
        np.asarray(retrieval.hamming_matrix(queries, items)),
        np.asarray(labels[0] @ labels[1].T) > 0,
    )
    np.testing.assert_allclose(np.nanmean(ranked), arrays["exp_map_stable"], rtol=6e-8)
    first = retrieval.ranked_average_precision(
        np.asarray(retrieval.hamming_matrix(queries, items)),
        np.asarray(labels[0] @ labels[1].T) > 0,
        first=50,
    )
    wanted = arrays["exp_map_k50_upstream_stable"]
    np.testing.assert_allclose(np.nanmean(first), wanted, rtol=6e-8)
    averaged = retrieval.mean_average_precision(
        retrieval.distance_counts(queries, items, *labels)
    )
    error = arrays["exp_map_std_over_shuffles"] / np.sqrt(200)
    assert abs(averaged - arrays["exp_map_mean_over_200_shuffles"]) < 3 * error


def test_score_searches_across_modalities():
    """Images equal the other modality's texts; texts have the opposite bits."""
    right, wrong = (
        jnp.array([[255], [0]], jnp.uint8),
        jnp.array([[0], [255]], jnp.uint8),
    )
    labels = jnp.eye(2)
    query = PairedCodes(image=right, text=right, labels=labels)
    database = PairedCodes(image=wrong, text=right, labels=labels)
    assert retrieval.score(query, database) == {"i2t": 1.0, "t2i": 0.5, "average": 0.75}


def test_roc_area():
    scores = np.array([0.1, 0.4, 0.4, 0.9])
    assert retrieval.roc_auc(scores, np.array([False, False, True, True])) == 0.875
    assert retrieval.roc_auc(scores, np.array([True, True, False, False])) == 0.125
    assert np.isnan(retrieval.roc_auc(scores, np.ones(4, bool)))
