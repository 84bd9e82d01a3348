import draws
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import retrieval

pytestmark = pytest.mark.usefixtures("strict")


def codes(seed, n, bits):
    return retrieval.pack(draws.normal(seed, n, bits))


def labels(seed, n, classes=5):
    return draws.labels(seed, n, classes)


@pytest.mark.parametrize("bits", [8, 16, 24, 32, 40, 64, 128, 256])
def test_distance_is_that_of_the_signs(bits):
    """(bits - b·b') / 2, for lengths that fill 32-bit words and such that do not."""
    queries, items = codes(1, 6, bits), codes(2, 9, bits)
    signs = [np.asarray(retrieval.unpack(c), int) for c in (queries, items)]
    expected = (bits - signs[0] @ signs[1].T) // 2
    np.testing.assert_array_equal(retrieval.hamming_matrix(queries, items), expected)


def test_distance_by_hand():
    left = jnp.array([[0b10110000]], jnp.uint8)
    right = jnp.array([[0b10110000], [0b01001111], [0b10110001]], jnp.uint8)
    np.testing.assert_array_equal(retrieval.hamming_matrix(left, right), [[0, 8, 1]])


@pytest.mark.parametrize(
    ("bits", "block", "transform"),
    [(8, 64, "eager"), (8, 64, "jit"), (24, 4, "jit"), (64, 1, "jit")],
    indirect=["transform"],
)
def test_counts_are_those_of_the_full_matrices(bits, block, transform):
    queries, items = codes(1, 6, bits), codes(2, 30, bits)
    wanted, there = labels(3, 6), labels(4, 30)

    def count(*arrays):
        return retrieval.distance_counts(*arrays, block=block)

    counts = transform(count)(queries, items, wanted, there)
    distance = np.asarray(retrieval.hamming_matrix(queries, items))
    relevant = np.asarray(wanted @ there.T) > 0
    for radius in range(bits + 1):
        at = distance == radius
        np.testing.assert_array_equal(counts.total[:, radius], at.sum(axis=1))
        np.testing.assert_array_equal(
            counts.relevant[:, radius], (at & relevant).sum(axis=1)
        )


@pytest.mark.parametrize("counting", ["sort", "one-hot"])
def test_every_way_to_count_gives_the_same(counting):
    arrays = codes(1, 6, 24), codes(2, 30, 24), labels(3, 6), labels(4, 30)
    found = retrieval.distance_counts(*arrays, counting=counting)
    wanted = retrieval.distance_counts(*arrays)
    np.testing.assert_array_equal(found.total, wanted.total)
    np.testing.assert_array_equal(found.relevant, wanted.relevant)


@pytest.mark.errors
def test_mismatched_shapes_are_named_in_errors():
    with pytest.raises(ValueError, match="got 2 bytes a code, wanted 1 as query_codes"):
        retrieval.hamming_matrix(codes(1, 2, 8), codes(2, 2, 16))
    with pytest.raises(ValueError, match="query_labels: got 3 rows, wanted 2"):
        retrieval.distance_counts(
            codes(1, 2, 8), codes(2, 4, 8), labels(3, 3), labels(4, 4)
        )
