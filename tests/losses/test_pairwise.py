import itertools

import draws
import jax.numpy as jnp
import numpy as np
import pytest
import references

from scbch_jax import losses

pytestmark = pytest.mark.usefixtures("strict")


def test_jaccard_by_hand():
    labels = jnp.array([[1.0, 1, 0], [0, 1, 1], [0, 0, 0], [1, 1, 1]])
    expected = np.array(
        [[1, 1 / 3, 0, 2 / 3], [1 / 3, 1, 0, 2 / 3], [0, 0, 0, 0], [2 / 3, 2 / 3, 0, 1]]
    )
    np.testing.assert_allclose(losses.jaccard_matrix(labels), expected, rtol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_jaccard_against_python_sets(seed, transform):
    labels = draws.labels(seed, 9, 6)
    overlap = transform(losses.jaccard_matrix)(labels)
    np.testing.assert_allclose(overlap, references.jaccard(labels), atol=1e-6)
    np.testing.assert_array_equal(overlap, overlap.T)
    assert float(overlap.min()) >= 0
    assert float(overlap.max()) <= 1


def test_positives_share_a_label_and_are_different_samples(batch):
    _, _, labels = batch
    positives = np.asarray(losses.positive_pairs(losses.jaccard_matrix(labels)))
    shared = np.asarray(labels @ labels.T) > 0
    np.fill_diagonal(shared, False)
    np.testing.assert_array_equal(positives, shared)
    assert positives[2, 3], "samples with equal labels are positives"


def test_swapping_modalities_transposes_similarity(batch):
    image, text, _ = batch
    forth, back = (
        losses.similarity_matrix(image, text),
        losses.similarity_matrix(text, image),
    )
    np.testing.assert_allclose(forth, back.T, rtol=1e-6)


@pytest.mark.errors
def test_shapes_are_named_in_errors(batch):
    image, text, labels = batch
    with pytest.raises(ValueError, match=r"text_codes: got shape \(6, 8\)"):
        losses.similarity_matrix(image, text[:6])
    with pytest.raises(ValueError, match=r"labels: got shape \(4,\)"):
        losses.jaccard_matrix(labels[0])
    with pytest.raises(ValueError, match="wanted a square matrix"):
        losses.positive_pairs(jnp.ones((3, 4)))


def test_positive_pair_probability_against_all_label_sets(transform):
    """The sum over all sets of labels that two rows can have."""
    soft = np.array([[0.2, 0.7], [0.5, 0.4]])
    expected = 0.0
    for sets in itertools.product((0, 1), repeat=4):
        a, b = np.array(sets[:2]), np.array(sets[2:])
        chance = np.where(a, soft[0], 1 - soft[0]) * np.where(b, soft[1], 1 - soft[1])
        expected += chance.prod() * bool((a * b).sum())
    found = transform(losses.positive_pair_probability)(jnp.asarray(soft, jnp.float32))
    np.testing.assert_allclose(found, [[0, expected], [expected, 0]], rtol=1e-6)


def test_of_hard_labels_it_is_the_mask_of_positive_pairs(batch):
    labels = batch[2]
    mask = losses.positive_pairs(losses.jaccard_matrix(labels))
    found = losses.positive_pair_probability(labels)
    np.testing.assert_array_equal(found, mask.astype(jnp.float32))
