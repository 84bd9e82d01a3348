import draws
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax.arrays import Batch
from scbch_jax.training.kept_rows import on_kept_rows, part_sizes

ROWS = 129
COUNTS = (0, 1, 33, 34, 65, 66, 129)
SIZES = (33, 33, 33, 65, 65, 129, 129)


@pytest.fixture(scope="module")
def batch():
    parts = draws.normal(1, ROWS, 3), draws.normal(2, ROWS, 2), draws.labels(3, ROWS, 4)
    return Batch(*parts, index=jnp.arange(ROWS))


def kept_rows(count):
    """So many rows, drawn."""
    order = np.random.default_rng(count).permutation(ROWS)
    return jnp.asarray(order < count)


@jax.jit
def looked_at(kept, batch):
    """Rows that are computed, and the sum of the kept ones."""

    def function(part):
        return len(part.index), part.image.sum(axis=0, where=kept[part.index][:, None])

    return on_kept_rows(function, kept, batch)


def test_the_smallest_part_with_all_kept_rows_is_computed(batch):
    for count, size in zip(COUNTS, SIZES, strict=True):
        kept = kept_rows(count)
        computed, total = looked_at(kept, batch)
        assert computed == size
        wanted = np.asarray(batch.image)[np.asarray(kept)].sum(axis=0)
        np.testing.assert_allclose(total, wanted, rtol=1e-5, atol=1e-5)


def test_lanes_share_a_part_and_compute_no_other(batch):
    kept = jnp.stack([kept_rows(count) for count in (1, 65, 34)])
    in_lanes = jax.vmap(looked_at, in_axes=(0, None))
    computed, totals = in_lanes(kept, batch)
    assert computed.tolist() == [65, 65, 65]
    for lane, total in enumerate(totals):
        alone = looked_at(kept[lane], batch)[1]
        np.testing.assert_allclose(total, alone, rtol=1e-5, atol=1e-5)


def test_small_parts_are_not_worth_a_compilation():
    assert part_sizes(128) == [32, 64, 128]
    assert part_sizes(62) == [62]
