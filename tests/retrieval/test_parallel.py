"""Counts in parts of queries and chunks of items are the counts of the whole."""

import draws
import jax
import numpy as np
import pytest

from scbch_jax import retrieval
from scbch_jax.retrieval import parallel


@pytest.fixture
def problem():
    codes = [
        np.asarray(retrieval.pack(draws.normal(s, n, 24))) for s, n in ((1, 7), (2, 50))
    ]
    labels = [np.asarray(draws.labels(s, n, 40)) for s, n in ((3, 7), (4, 50))]
    return (*codes, *labels)


@pytest.mark.parametrize("chunk", [1, 7, 25, 50, 1000])
@pytest.mark.parametrize("workers", [1, 2, 3, 7])
def test_parts_and_chunks_add_up(problem, monkeypatch, chunk, workers):
    monkeypatch.setattr(parallel, "_workers", lambda n: [jax.devices()[0]] * workers)
    found = retrieval.count(*problem, chunk=chunk)
    wanted = retrieval.distance_counts(*problem)
    np.testing.assert_array_equal(found.total, wanted.total)
    np.testing.assert_array_equal(found.relevant, wanted.relevant)


def test_relevance_is_a_shared_label_in_any_word(problem):
    """40 classes fill more than one word of 32 bits."""
    query, items, wanted, there = problem
    found = retrieval.count(query, items, wanted, there).relevant.sum(axis=1)
    np.testing.assert_array_equal(found, ((wanted @ there.T) > 0).sum(axis=1))
    bools = retrieval.count(query, items, wanted > 0, there > 0)
    np.testing.assert_array_equal(bools.relevant.sum(axis=1), found)


def test_the_database_may_be_memory_mapped(problem, tmp_path):
    query, items, wanted, there = problem
    for name, array in (("codes", items), ("labels", there)):
        np.save(tmp_path / f"{name}.npy", array)
    mapped = [
        np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in ("codes", "labels")
    ]
    found = retrieval.count(query, mapped[0], wanted, mapped[1], chunk=20)
    np.testing.assert_array_equal(found.total, retrieval.count(*problem).total)


def test_chunks_are_of_two_sizes_at_most():
    for items in (1, 19, 20, 21, 399, 1000):
        chunks = list(parallel._chunks(items, 20))
        sizes = [c.stop - c.start for c in chunks]
        assert sum(sizes) == items
        assert max(sizes) <= 20
        assert len(set(sizes)) <= 2


@pytest.mark.errors
def test_mismatched_shapes_are_named_in_errors(problem):
    query, items, wanted, there = problem
    with pytest.raises(ValueError, match="database_labels: got 49 rows, wanted 50"):
        retrieval.count(query, items, wanted, there[:-1])


@pytest.mark.errors
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({0: np.zeros((3, 2))}, "query_codes: got float64, wanted packed bytes"),
        (
            {1: np.zeros((0, 2), np.uint8), 3: np.zeros((0, 4))},
            "database_codes: got none",
        ),
        ({2: np.zeros(3)}, "query_labels: got shape"),
    ],
)
def test_invalid_arguments_are_named_in_errors(changes, message):
    arrays = [np.zeros((n, 2), np.uint8) for n in (3, 5)]
    arrays += [np.zeros((n, 4)) for n in (3, 5)]
    with pytest.raises(ValueError, match=message):
        retrieval.count(*(changes.get(i, a) for i, a in enumerate(arrays)))
