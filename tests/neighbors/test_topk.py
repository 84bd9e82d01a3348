import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax.neighbors import topk

pytestmark = pytest.mark.usefixtures("strict")


def test_blocks_hold_every_column_once_with_members_apart():
    codes = jnp.arange(1.0, 101.0).reshape(100, 1)
    blocks = topk.column_blocks(codes, most=40)
    np.testing.assert_array_equal(blocks.first, [0, 48, 96])
    groups = 48 // topk.GROUP
    first = blocks.codes[0, :, 0].reshape(topk.GROUP, groups)
    np.testing.assert_array_equal(first.T.ravel(), np.arange(1, 49))
    last = np.sort(np.asarray(blocks.codes[2, :, 0]))
    np.testing.assert_array_equal(last, [0] * 44 + [97, 98, 99, 100])


def test_by_hand():
    """Two rows, one group: self counts as 0, padding is never taken, ties in order."""
    best = topk.empty_topk(2, 3, jnp.float32)
    values = jnp.array([[9.0, -1, 2, 2], [5.0, -1, 2, 3]])
    values = jnp.pad(values, ((0, 0), (0, topk.GROUP - 4)), constant_values=7)
    own = jnp.array([0, 2], jnp.int32)
    best = topk.merge_block(best, values, first=jnp.int32(0), own=own, samples=4)
    np.testing.assert_array_equal(best.index, [[2, 3, 0], [0, 3, 2]])
    np.testing.assert_array_equal(best.similarity, [[2, 2, 0], [5, 3, 0]])


def test_of_equal_values_the_earlier_columns_are_kept():
    best = topk.TopK(jnp.full((1, 2), 4.0), jnp.array([[5, 3]], jnp.int32))
    block = jnp.full((1, topk.GROUP), 4.0)
    after = topk.merge_block(
        best, block, first=jnp.int32(16), own=jnp.array([0], jnp.int32), samples=32
    )
    np.testing.assert_array_equal(after.index, [[5, 3]])
