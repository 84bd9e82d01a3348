import draws
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import neighbors
from scbch_jax.config import scbch
from scbch_jax.errors import InputError
from scbch_jax.methods import Sizes
from scbch_jax.methods import scbch as method
from scbch_jax.neighbors import tree

pytestmark = pytest.mark.usefixtures("strict")


@pytest.fixture(scope="module")
def clustered():
    """Relaxed codes of 40 clusters, whose rows are in no order."""
    centers = jnp.sign(draws.normal(3, 40, 16))
    rows = np.random.default_rng(0).integers(40, size=1001)
    image, text = (
        centers[rows] + 0.3 * draws.normal(seed, 1001, 16) for seed in (1, 2)
    )
    return image, text


@pytest.fixture(scope="module")
def leaves(clustered):
    image, _ = clustered
    found = jax.jit(lambda: tree.leaves(lambda rows: image[rows], 1001, most=130))()
    return tree.Leaves(*map(np.asarray, found))


def test_leaves_of_one_size_hold_every_row_once(leaves):
    rows, kept = leaves
    assert rows.shape == kept.shape == (8, 126)
    np.testing.assert_array_equal(np.sort(rows[kept]), np.arange(1001))


def test_rows_of_a_leaf_are_near_each_other(clustered, leaves):
    image = np.asarray(clustered[0])
    spread = image[leaves.rows].var(axis=1).sum(axis=-1).mean()
    assert spread < 0.8 * image.var(axis=0).sum()


def test_all_leaves_give_the_exact_neighbors(clustered):
    """With leaves that divide the rows unequally, so that some are repeated."""
    exact, found = (
        neighbors.nearest_rows(*clustered, neighbors=7, search=kind, row_block=130)
        for kind in ("exact", "tree")
    )
    np.testing.assert_allclose(found.similarity, exact.similarity, atol=1e-6)
    assert np.mean(np.sort(found.index) == np.sort(exact.index)) > 0.999


def test_few_leaves_give_most_neighbors(clustered):
    sizes = {"neighbors": 7, "row_block": 130, "column_block": 260}
    exact, found = (
        np.asarray(neighbors.nearest_rows(*clustered, search=kind, **sizes).index)
        for kind in ("exact", "tree")
    )
    hits = [np.isin(a, b).mean() for a, b in zip(found, exact, strict=True)]
    assert 0.7 < np.mean(hits) < 1
    assert not (found == np.arange(1001)[:, None]).any(), "a row is not its own"
    assert all(len(set(row)) == 7 for row in found)


def test_rows_lanes_and_conditions_change_nothing(clustered):
    image, text = (codes[:300] for codes in clustered)
    sizes = {"neighbors": 3, "search": "tree", "row_block": 80, "column_block": 150}

    def find(image, text):
        return neighbors.nearest_rows(image, text, **sizes).index

    alone = find(image, text)
    lanes = jax.jit(jax.vmap(find))(jnp.stack([text, image]), jnp.stack([text, text]))
    np.testing.assert_array_equal(lanes[1], alone)
    some = jnp.array([250, 3], jnp.int32)
    few = neighbors.nearest_rows(image, text, rows=some, **sizes)
    np.testing.assert_array_equal(few.index, alone[some])


def test_memory_grows_by_what_is_found():
    """No second copy of the codes, and nothing with the square of the samples."""

    def needed(samples):
        codes = jax.ShapeDtypeStruct((samples, 256), jnp.float32)
        program = neighbors.nearest_rows.lower(
            codes, codes, neighbors=2, search="tree", row_block=256, column_block=512
        )
        return program.compile().memory_analysis().temp_size_in_bytes

    assert needed(2048) - needed(1024) < 1024 * 256 * 4


@pytest.mark.errors
def test_more_neighbors_than_are_compared_are_named():
    codes = jnp.ones((100, 4))
    sizes = {"search": "tree", "row_block": 50, "column_block": 50}
    with pytest.raises(ValueError, match="neighbors: got 50, wanted fewer than the 50"):
        neighbors.nearest_rows(codes, codes, neighbors=50, **sizes)


@pytest.mark.errors
@pytest.mark.parametrize(("samples", "compared"), [(1000, 1000), (9500, 8046)])
def test_more_neighbors_than_are_compared_are_refused(samples, compared):
    options = scbch.Options(neighbors=compared, neighbor_search="tree")
    sizes = Sizes(4, 4, 3, samples, bits=8)
    with pytest.raises(InputError, match=f"fewer than the {compared} training rows"):
        method.check(sizes, options, 64)
    method.check(sizes, scbch.Options(neighbors=20, neighbor_search="tree"), 64)
