import os
import subprocess
import sys

import draws
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import ROOT

from scbch_jax import neighbors

pytestmark = pytest.mark.usefixtures("strict")


def signs(seed, n, bits=16):
    """Rows whose cosines are exact, and often equal."""
    return jnp.sign(draws.normal(seed, n, bits))


def brute(image, text, k):
    """All pairs in float64; of equal ones the first."""
    similarity = np.zeros((len(image), len(image)))
    for codes in (np.asarray(image, float), np.asarray(text, float)):
        unit = codes / np.linalg.norm(codes, axis=1, keepdims=True)
        similarity += 0.5 * unit @ unit.T
    np.fill_diagonal(similarity, 0.0)
    index = np.argsort(-similarity, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(similarity, index, axis=1), index


@pytest.mark.parametrize("k", [1, 20, 149])
@pytest.mark.parametrize(
    "blocks", [{}, {"row_block": 64, "column_block": 48}, {"column_block": 1}]
)
def test_equal_to_brute_force_with_ties_in_order(k, blocks):
    image, text = signs(1, 150), signs(2, 150)
    found = neighbors.nearest_rows(image, text, neighbors=k, **blocks)
    similarity, index = brute(image, text, k)
    np.testing.assert_array_equal(found.index, index)
    np.testing.assert_array_equal(found.similarity, similarity)


def test_equal_rows_are_found_in_their_order():
    """All rows equal: the nearest are the first other rows, for every block size."""
    codes = jnp.ones((100, 16))
    found = neighbors.nearest_rows(
        codes, codes, neighbors=3, row_block=7, column_block=32
    )
    np.testing.assert_array_equal(found.index[:5, 0], [1, 0, 0, 0, 0])
    np.testing.assert_array_equal(found.index[4:], np.tile([0, 1, 2], (96, 1)))


def test_a_subset_of_rows_gets_the_same_neighbors():
    image, text = signs(1, 90), signs(2, 90)
    rows = jnp.array([80, 3, 3], jnp.int32)
    some = neighbors.nearest_rows(image, text, neighbors=4, rows=rows)
    all_rows = neighbors.nearest_rows(image, text, neighbors=4)
    np.testing.assert_array_equal(some.index, all_rows.index[rows])


def test_vmap_jit_and_cond_change_nothing():
    """Under vmap, jit and inside a cond, as the sweep and the epoch use it."""
    image, text = (jnp.stack([signs(s, 40), signs(s + 1, 40)]) for s in (1, 5))

    def find(image, text):
        return neighbors.nearest_rows(image, text, neighbors=5, column_block=16).index

    def either(image, text, wanted):
        return jax.lax.cond(
            wanted, find, lambda *_: jnp.zeros((40, 5), jnp.int32), image, text
        )

    lanes = jax.jit(jax.vmap(find))(image, text)
    for lane in range(2):
        alone = jax.jit(either)(image[lane], text[lane], jnp.bool(True))
        np.testing.assert_array_equal(lanes[lane], alone)
        np.testing.assert_array_equal(alone, brute(image[lane], text[lane], 5)[1])


def test_memory_is_the_block():
    """More samples cost copies of their codes and nothing with their square."""
    rows, columns, width = 64, 256, 16

    def above_inputs(samples):
        codes = jax.ShapeDtypeStruct((samples, width // 2), jnp.float32)
        find = jax.jit(
            lambda image, text: neighbors.nearest_rows(
                image, text, neighbors=4, row_block=rows, column_block=columns
            )
        )
        compiled = find.lower(codes, codes).compile()
        return compiled.memory_analysis().temp_size_in_bytes

    more = above_inputs(16 * 1024) - above_inputs(8 * 1024)
    copies_of_codes_and_results = 4 * 8 * 1024 * width * 4
    assert more < copies_of_codes_and_results
    assert copies_of_codes_and_results < 4 * rows * 8 * 1024 * 2


def test_recall_is_the_share_of_exact_neighbors():
    image, text = draws.normal(1, 600, 16), draws.normal(2, 600, 16)
    assert neighbors.recall(image, text, neighbors=20, search="exact") == 1
    exact, found = (
        np.asarray(neighbors.nearest_rows(image, text, neighbors=20, search=kind).index)
        for kind in ("exact", "approximate")
    )
    shares = [len(set(a) & set(b)) / 20 for a, b in zip(exact, found, strict=True)]
    measured = neighbors.recall(image, text, neighbors=20, sampled=600)
    assert measured == pytest.approx(np.mean(shares))
    assert 0.95 < measured < 1


def test_approximate_similarities_have_the_digits_of_bfloat16():
    image, text = draws.normal(1, 300, 16), draws.normal(2, 300, 16)
    exact, found = (
        neighbors.nearest_rows(image, text, neighbors=20, search=kind).similarity
        for kind in ("exact", "approximate")
    )
    assert found.dtype == jnp.float32
    # Both factors are rounded by 2^-9 at most, and their product is at most 1.
    assert float(jnp.abs(exact - found).max()) < 2**-8


SHARED = """
import jax, numpy as np, jax.numpy as jnp
from scbch_jax import neighbors

assert len(jax.devices()) == 8
mesh = jax.make_mesh((8,), ("data",), axis_types=(jax.sharding.AxisType.Auto,))
rng = np.random.default_rng(0)
signs = [jnp.asarray(rng.choice([-1, 1], (603, 16)), jnp.float32) for _ in "it"]
sizes = dict(neighbors=20, column_block=256)
program = neighbors.nearest_rows.lower(*signs, mesh=mesh, **sizes).compile()
assert "num_partitions=8" in program.as_text()
found, single = program(*signs), neighbors.nearest_rows(*signs, **sizes)
np.testing.assert_array_equal(found.index, single.index)
np.testing.assert_array_equal(found.similarity, single.similarity)

whole = [jnp.asarray(rng.normal(size=(600, n)), jnp.float32) for n in (24, 24, 5)]
rows = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("data"))
sharded = [jax.device_put(x, rows) for x in whole]
sizes_of_tree = dict(neighbors=20, search="tree", row_block=50, column_block=300)
found, single = (
    neighbors.nearest_rows(*signs, **sizes_of_tree, **x) for x in ({"mesh": mesh}, {})
)
np.testing.assert_array_equal(found.index, single.index)
found = neighbors.neighbor_soft_labels(*sharded, mesh=mesh, **sizes)
single = neighbors.neighbor_soft_labels(*whole, **sizes)
np.testing.assert_allclose(found, single, rtol=0, atol=2e-6)
"""


@pytest.mark.slow
def test_eight_devices_find_the_neighbors_of_one():
    """The same bits where cosines are exact, ties included.

    Elsewhere XLA may add up the products of smaller blocks in another order: 4 units in
    the last digit of a cosine, and of soft labels that weigh labels of size 1 by them.
    """
    surroundings = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_force_host_platform_device_count=8",
    }
    ran = subprocess.run(
        [sys.executable, "-c", SHARED],
        env=surroundings,
        check=False,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.errors
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"neighbors": 30}, "neighbors: got 30, wanted 1 to 29"),
        ({"neighbors": 0}, "neighbors: got 0, wanted 1 to 29"),
        ({"neighbors": 2, "search": "quick"}, "search: got quick, wanted exact, app"),
    ],
)
def test_invalid_arguments_are_named_in_errors(options, message):
    codes = jnp.ones((30, 4))
    with pytest.raises(ValueError, match=message):
        neighbors.nearest_rows(codes, codes, **options)
