import numpy as np
import pytest

from scbch_jax.data import label_noise


@pytest.fixture
def labels():
    rng = np.random.default_rng(0)
    drawn = (rng.random((400, 6)) < 0.4).astype(np.float32)
    drawn[0], drawn[1] = 0, 1
    return drawn


def corrupt(labels, rate, seed=0):
    return label_noise.swap_labels(labels, np.random.default_rng(seed), rate=rate)


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.5, 0.8, 1.0])
def test_the_rate_is_exact(labels, rate):
    noisy = corrupt(labels, rate)
    assert label_noise.corrupted_rows(noisy, labels).sum() == int(400 * rate)
    assert set(np.unique(noisy)) <= {0.0, 1.0}


def test_a_corrupted_row_swaps_one_label(labels):
    change = corrupt(labels, 1.0) - labels
    assert ((change[2:] == 1).sum(axis=1) == (labels[2:] < 1).any(axis=1)).all()
    assert ((change[2:] == -1).sum(axis=1) == (labels[2:] > 0).any(axis=1)).all()


def test_rows_with_none_or_all(labels):
    noisy = corrupt(labels, 1.0)
    assert noisy[0].sum() == 1
    assert noisy[1].sum() == 5


def test_flips_undo_the_noise(labels):
    noisy = corrupt(labels, 0.5)
    changes = label_noise.label_changes(noisy, labels)
    noisy[changes.rows, changes.classes] = ~changes.added
    np.testing.assert_array_equal(noisy, labels)
    assert len(set(changes.rows)) == 200


def test_the_seed_decides(labels):
    np.testing.assert_array_equal(corrupt(labels, 0.5), corrupt(labels, 0.5))
    assert (corrupt(labels, 0.5) != corrupt(labels, 0.5, seed=1)).any()


def test_the_input_is_left_alone(labels):
    before = labels.copy()
    corrupt(labels, 1.0)
    np.testing.assert_array_equal(labels, before)


def test_labels_are_drawn_uniformly():
    """Each of five candidates near a fifth of 4,000 draws: within 4 standard errors."""
    labels = np.zeros((4000, 6), np.float32)
    labels[:, 0] = 1
    added = corrupt(labels, 1.0)[:, 1:].mean(axis=0)
    assert (abs(added - 0.2) < 4 * np.sqrt(0.2 * 0.8 / 4000)).all()
