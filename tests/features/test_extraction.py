import os

import numpy as np
import picture_folders
import pytest

from scbch_jax import features
from scbch_jax.errors import InputError, Interrupted
from scbch_jax.features import Extractor


def mean_colors(pictures):
    return pictures.mean(axis=(1, 2)).astype(np.float32)


class Seen:
    """A network that counts its batches and may be stopped after some."""

    def __init__(self):
        self.batches = 0

    def __call__(self, pictures):
        self.batches += 1
        colors = mean_colors(pictures)
        colors.setflags(write=False)  # as NumPy sees what JAX computed
        return colors


@pytest.fixture
def folder(tmp_path):
    return picture_folders.draw(tmp_path / "pictures", count=11)


def run(tmp_path, folder, *, stop=lambda: False, name="mean", batch_size=4):
    paths = sorted(folder.glob("*.png"))
    seen, told = Seen(), []
    extractor = Extractor(name, 3, seen)
    place = features.open_partial(
        tmp_path / "partial", [p.name for p in paths], extractor, batch_size=batch_size
    )
    try:
        lost = features.extract(
            paths, extractor, place, on_batch=told.append, stop=stop
        )
    except Interrupted as stopped:
        lost = stopped
    return np.array(place.features), lost, seen.batches, told


def alone(folder):
    paths = sorted(folder.glob("*.png"))
    return mean_colors(np.stack([features.read_picture(path) for path in paths]))


def test_every_picture_has_its_row(tmp_path, folder):
    rows, lost, batches, told = run(tmp_path, folder)
    np.testing.assert_array_equal(rows, alone(folder))
    assert (lost, batches, told) == ({}, 3, [0, 4, 4, 3])


def test_a_stopped_call_goes_on_where_it_was(tmp_path, folder):
    _, stopped, batches, _ = run(tmp_path, folder, stop=lambda: True)
    assert isinstance(stopped, Interrupted)
    assert str(stopped) == "4 pictures of 11"
    assert batches == 1
    rows, lost, batches, told = run(tmp_path, folder)
    assert (lost, batches, told) == ({}, 2, [4, 4, 3])
    np.testing.assert_array_equal(rows, alone(folder))


def test_a_damaged_batch_is_made_again(tmp_path, folder):
    run(tmp_path, folder)
    path = tmp_path / "partial" / "features.npy"
    rows = np.load(path, mmap_mode="r+")
    rows[5] = 7
    rows.flush()
    rows, _, batches, _ = run(tmp_path, folder)
    assert batches == 1
    np.testing.assert_array_equal(rows, alone(folder))


def test_a_picture_that_changed_is_seen_again(tmp_path, folder):
    before, *_ = run(tmp_path, folder)
    os.replace(folder / "000.png", folder / "010.png")
    picture_folders.draw(tmp_path / "more", count=1, seed=9)
    os.replace(tmp_path / "more" / "000.png", folder / "000.png")
    rows, _, batches, _ = run(tmp_path, folder)
    assert batches == 2
    np.testing.assert_array_equal(rows, alone(folder))
    assert (rows != before).any()


def test_corrupt_pictures_are_named_and_tried_again(tmp_path, folder):
    whole = (folder / "005.png").read_bytes()
    (folder / "005.png").write_bytes(whole[:100])
    rows, lost, _, told = run(tmp_path, folder)
    assert list(lost) == [5]
    assert "005.png" in lost[5]
    assert sum(told) == 11
    assert not rows[5].any()
    (folder / "005.png").write_bytes(whole)
    rows, lost, batches, _ = run(tmp_path, folder)
    assert (lost, batches) == ({}, 1)
    np.testing.assert_array_equal(rows, alone(folder))


def test_another_plan_does_not_go_on(tmp_path, folder):
    run(tmp_path, folder)
    for other in ({"name": "other"}, {"batch_size": 5}):
        with pytest.raises(InputError, match="unfinished with others"):
            run(tmp_path, folder, **other)


def test_a_folder_of_other_files_is_left_alone(tmp_path, folder):
    (tmp_path / "partial").mkdir()
    (tmp_path / "partial" / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="which holds other files"):
        run(tmp_path, folder)


def test_vgg19_as_a_network(tmp_path):
    """Narrow, with random weights; a row does not depend on its batch."""
    from recorders import record_vgg19 as recorded

    from scbch_jax import networks

    params = networks.vgg19_from_torch(recorded.draw_state(64), narrow=64)
    weights = features.Weights(params, networks.TORCHVISION)
    extractor = features.of_weights(weights, "narrow")
    assert extractor.width == 64
    pictures = np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3), np.uint8)
    rows = extractor.apply(pictures)
    turned = extractor.apply(pictures[::-1].copy())[::-1]
    np.testing.assert_allclose(rows, turned, rtol=1e-5, atol=1e-5)
    assert (rows != extractor.apply(pictures)[::-1]).any()
