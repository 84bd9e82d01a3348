import draws
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import references

from scbch_jax import losses, neighbors

pytestmark = pytest.mark.usefixtures("strict")
IMAGES = jnp.array([[3, 4, 0], [4, 3, 0], [0, 1, 2], [1, 0, 1]], jnp.float32)
TEXTS = jnp.array([[1, 0], [1, 1], [0, 1], [0, 2]], jnp.float32)
NUMBERS = {"text_weight": 0.01, "coherence_share": 0.3}


def test_hand_checked_rows():
    pair = 0.01 * losses.cosine_matrix(TEXTS, TEXTS)
    pair += 0.99 * losses.cosine_matrix(IMAGES, IMAGES)
    shares = neighbors.knn_affinity(pair, neighbors=3)
    np.testing.assert_allclose(shares[0], [0, 0.695083, 0, 0.304917], atol=6e-7)
    np.testing.assert_allclose(shares[2], [0.357654, 0, 0, 0.642346], atol=6e-7)
    graph = neighbors.similarity_graph(IMAGES, TEXTS, **NUMBERS, neighbors=3, scale=4.0)
    rows = [[1.782675, 0.612670, -0.034059, 0.374275]]
    rows += [[0.374275, -0.206061, -0.109417, 1.603950]]
    np.testing.assert_allclose(graph[jnp.array([0, 3])], rows, atol=1e-6)


@pytest.mark.parametrize("block", [4, 512])
def test_against_a_double_loop(transform, block):
    image, text = jnp.abs(draws.normal(1, 11, 6)), draws.uniform(2, 11, 5)

    def graph(image, text):
        return neighbors.similarity_graph(
            image, text, **NUMBERS, neighbors=5, scale=10.0, block=block
        )

    inputs = (np.asarray(x, np.float64) for x in (image, text))
    expected = references.graph(*inputs, 0.01, 0.3, 5, 10.0)
    np.testing.assert_allclose(transform(graph)(image, text), expected, atol=3e-6)


def test_the_number_of_neighbors_is_at_most_the_rows():
    shares = neighbors.knn_affinity(jnp.ones((3, 3)) + jnp.eye(3), neighbors=3)
    np.testing.assert_allclose(shares, (1 - jnp.eye(3)) / 2)
    for wrong in (1, 4):
        with pytest.raises(ValueError, match="wanted 2 to 3"):
            neighbors.knn_affinity(jnp.eye(3), neighbors=wrong)


def test_a_block_is_the_graph_among_its_rows():
    graph = jnp.arange(16.0).reshape(4, 4)
    block = neighbors.graph_block(graph, jnp.array([2, 0]))
    np.testing.assert_array_equal(block, [[10, 8], [2, 0]])


def test_terms_by_hand():
    cosines, graph = jnp.array([[9.0, 1.0], [0.5, 9.0]]), jnp.array([[0, 0.5], [1, 0]])
    np.testing.assert_allclose(losses.coherence_loss(cosines, graph), 0.5 / 4)
    np.testing.assert_allclose(losses.pair_loss(cosines, target=8.0), 1.0)
    a, b, c = jnp.array([[0.0, 2.0], [0.0, 0.0]]), jnp.zeros((2, 2)), jnp.ones((2, 2))
    expected = (4 + (1 + 1 + 1 + 1) + 4 + 2 * 4) / 4
    np.testing.assert_allclose(losses.consistency_loss(a, b, c), expected)


def test_gradients_are_right():
    graph, direction = draws.uniform(1, 5, 5), draws.normal(2, 3, 5, 5)
    matrices = draws.uniform(3, 3, 5, 5)

    def along(t):
        across, images, texts = matrices + t * direction
        total = losses.consistency_loss(across, images, texts)
        total += losses.coherence_loss(across, graph)
        return total + losses.pair_loss(across, target=1.5)

    expected = (along(1e-2) - along(-1e-2)) / 2e-2
    np.testing.assert_allclose(jax.grad(along)(0.0), expected, rtol=1e-3)
