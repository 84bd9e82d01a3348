import numpy as np
import pytest

from scbch_jax.index import FlatIndex


@pytest.fixture
def codes():
    return np.random.default_rng(0).integers(0, 4, (200, 2), dtype=np.uint8)


@pytest.mark.parametrize("k", [1, 10, 200])
def test_nearest_first_and_ties_in_the_order_of_rows(codes, k):
    queries = codes[:5] ^ 1
    hits = FlatIndex(codes).search(queries, k=k)
    for query, rows, distances in zip(queries, hits.rows, hits.distances, strict=True):
        every = np.bitwise_count(codes ^ query).sum(axis=1)
        expected = np.argsort(every, kind="stable")[:k]
        np.testing.assert_array_equal(rows, expected)
        np.testing.assert_array_equal(distances, every[expected])


def test_a_memory_mapped_file_is_searched(codes, tmp_path):
    np.save(tmp_path / "codes.npy", codes)
    mapped = np.load(tmp_path / "codes.npy", mmap_mode="r")
    from_disk, in_memory = (
        FlatIndex(c).search(codes[:3], k=4) for c in (mapped, codes)
    )
    np.testing.assert_array_equal(from_disk.rows, in_memory.rows)


@pytest.mark.errors
def test_bad_codes_and_sizes_are_refused(codes):
    index = FlatIndex(codes)
    with pytest.raises(ValueError, match="k: got 201, wanted 1 to 200"):
        index.search(codes[:1], k=201)
    with pytest.raises(ValueError, match="wanted a uint8 matrix"):
        FlatIndex(codes.astype(float))
    with pytest.raises(ValueError, match="queries: got"):
        index.search(codes[:1, :1], k=1)
