import numpy as np
import pytest

from scbch_jax import features

COLORS = 64


def noise(n=2, size=32, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, size=(n, size, size, 3), dtype=np.uint8)


def plain(red, green, blue, size=16):
    return np.full((1, size, size, 3), (red, green, blue), np.uint8)


def stripes(size=32, period=8):
    """Upright stripes: their edges lie across, so they change along a row."""
    wave = 127.5 + 127 * np.sin(2 * np.pi * np.arange(size) / period)
    row = np.repeat(wave.astype(np.uint8)[:, None], 3, axis=1)
    return np.broadcast_to(row, (1, size, size, 3)).copy()


def edges(descriptor):
    """The nine directions of the whole picture."""
    return descriptor[0, 5 * COLORS :][:9]


def test_shape_type_and_levels_of_unit_length():
    found = features.compute_descriptors(noise())
    assert found.shape == (2, features.DESCRIPTOR_DIM) == (2, 509)
    assert found.dtype == np.float32
    assert (found >= 0).all()
    ends = np.cumsum([COLORS, 4 * COLORS, 9, 4 * 9])
    for level in np.split(found, ends, axis=1):
        np.testing.assert_allclose(np.linalg.norm(level, axis=1), 1, rtol=1e-6)


def test_a_plain_picture_has_one_color_and_no_edges():
    found = features.compute_descriptors(plain(255, 0, 0))
    red = 3 * 4 * 4
    assert found[0, red] == 1
    assert np.count_nonzero(found[0, :COLORS]) == 1
    np.testing.assert_array_equal(found[0, 5 * COLORS :], 0)


def test_a_color_between_two_is_shared():
    """Halfway from shade 0 (0) to shade 1 (85) there is no whole number: 42 and 43."""
    counts = features.compute_descriptors(plain(42, 0, 0))[0, :COLORS] ** 2
    np.testing.assert_allclose(counts[[0, 16]], [43 / 85, 42 / 85], rtol=1e-5)


def test_edge_histograms_depend_on_direction():
    upright = stripes()
    lying = upright.transpose(0, 2, 1, 3).copy()
    across, along = (
        edges(features.compute_descriptors(x)) ** 2 for x in (upright, lying)
    )
    np.testing.assert_allclose(across[0], 1, rtol=1e-5)
    np.testing.assert_allclose(along[4:6], 0.5, rtol=1e-5)


def test_histograms_are_per_cell():
    """A quarter in blue on black is seen in its own cell of the second level alone."""
    picture = plain(0, 0, 0)
    picture[0, :8, 8:] = (0, 0, 255)
    quarters = features.compute_descriptors(picture)[0, COLORS : 5 * COLORS].reshape(
        4, COLORS
    )
    np.testing.assert_allclose(quarters[:, 3], [0, 0.5, 0, 0], atol=1e-6)
    np.testing.assert_allclose(quarters[:, 0], [0.5, 0, 0.5, 0.5], atol=1e-6)


def test_counts_by_hand():
    """The whole picture's colors, pixel by pixel in plain loops."""
    picture = noise(1, 9)[0]
    counts = np.zeros((4, 4, 4))
    for pixel in picture.reshape(-1, 3):
        shares = [np.maximum(1 - abs(v / 85 - np.arange(4)), 0) for v in pixel]
        counts += np.einsum("r,g,b->rgb", *shares)
    expected = np.sqrt(counts.ravel() / 81)
    found = features.compute_descriptors(picture[None])[0, :COLORS]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_each_picture_is_described_alone():
    pictures = noise(3)
    together = features.compute_descriptors(pictures)
    np.testing.assert_array_equal(
        together[1:2], features.compute_descriptors(pictures[1:2])
    )
    assert features.compute_descriptors(pictures[:0]).shape == (0, 509)


@pytest.mark.errors
@pytest.mark.parametrize(
    "pictures",
    [noise()[0], noise()[..., :2], noise().astype(np.float32), noise(size=3)],
)
def test_other_arrays_are_refused(pictures):
    with pytest.raises(ValueError, match="pictures: got"):
        features.compute_descriptors(pictures)
