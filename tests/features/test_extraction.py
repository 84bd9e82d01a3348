import errno
import os

import numpy as np
import picture_folders
import pytest

from scbch_jax import features, io
from scbch_jax.errors import InputError, Interrupted
from scbch_jax.features import Extractor


def mean_colors(pictures):
    return pictures.mean(axis=(1, 2)).astype(np.float32)


class CountingNetwork:
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
    network, added = CountingNetwork(), []
    extractor = Extractor(name, 3, network)
    names = [path.name for path in paths]
    folder = tmp_path / "partial"
    with features.open_cache(folder, names, extractor, batch_size=batch_size) as cache:
        try:
            lost = features.extract(
                paths, extractor, cache, on_batch=added.append, stop=stop
            )
        except Interrupted as stopped:
            lost = stopped
        return np.array(cache.features), lost, network.batches, added


def alone(folder):
    paths = sorted(folder.glob("*.png"))
    return mean_colors(np.stack([features.read_picture(path) for path in paths]))


def test_every_picture_has_its_row(tmp_path, folder):
    rows, lost, batches, added = run(tmp_path, folder)
    np.testing.assert_array_equal(rows, alone(folder))
    assert (lost, batches, added) == ({}, 3, [0, 4, 4, 3])


def test_a_stopped_call_goes_on_where_it_was(tmp_path, folder):
    _, stopped, batches, _ = run(tmp_path, folder, stop=lambda: True)
    assert isinstance(stopped, Interrupted)
    assert str(stopped) == "4 pictures of 11"
    assert batches == 1
    rows, lost, batches, added = run(tmp_path, folder)
    assert (lost, batches, added) == ({}, 2, [4, 4, 3])
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
    rows, lost, _, added = run(tmp_path, folder)
    assert list(lost) == [5]
    assert "005.png" in lost[5]
    assert sum(added) == 11
    assert not rows[5].any()
    (folder / "005.png").write_bytes(whole)
    rows, lost, batches, _ = run(tmp_path, folder)
    assert (lost, batches) == ({}, 1)
    np.testing.assert_array_equal(rows, alone(folder))


def test_a_cache_of_other_options_is_refused(tmp_path, folder):
    run(tmp_path, folder)
    for other in ({"name": "other"}, {"batch_size": 5}):
        with pytest.raises(InputError, match="left by a call with others"):
            run(tmp_path, folder, **other)


def test_a_finished_cache_is_taken_as_it_is(tmp_path, folder):
    """A command may fail, or be killed, after the last picture."""
    run(tmp_path, folder)
    rows, lost, batches, added = run(tmp_path, folder)
    assert (lost, batches, added) == ({}, 0, [11])
    np.testing.assert_array_equal(rows, alone(folder))


def test_the_disk_is_reserved_before_any_work(tmp_path, folder, monkeypatch):
    """A sparse map of a file on a full disk ends the process by SIGBUS."""
    run(tmp_path, folder)
    made = (tmp_path / "partial" / "features.npy").stat()
    assert 512 * made.st_blocks >= made.st_size

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    message = "cannot write .*features.npy: no space left on device"
    with pytest.raises(InputError, match=message):
        run(tmp_path / "other", folder)
    assert not list((tmp_path / "other" / "partial").iterdir())


def test_two_processes_do_not_share_a_cache(tmp_path, folder):
    with (
        io.locked_folder(tmp_path / "partial"),
        pytest.raises(InputError, match="partial: another process is writing it"),
    ):
        run(tmp_path, folder)
    rows, *_ = run(tmp_path, folder)
    np.testing.assert_array_equal(rows, alone(folder))


def test_what_a_killed_removal_leaves_is_no_reason_to_refuse(tmp_path, folder):
    run(tmp_path, folder)
    (tmp_path / "partial" / "manifest.json").unlink()
    rows, lost, batches, added = run(tmp_path, folder)
    assert (lost, batches, added) == ({}, 3, [0, 4, 4, 3])
    np.testing.assert_array_equal(rows, alone(folder))


def test_names_that_are_no_unicode_can_be_cached(tmp_path, folder):
    """As Python names files whose names are no UTF-8."""
    os.rename(folder / "003.png", folder / "003\udcff.png")
    _, lost, batches, _ = run(tmp_path, folder)
    assert (lost, batches) == ({}, 3)


def test_a_folder_of_other_files_is_left_alone(tmp_path, folder):
    (tmp_path / "partial").mkdir()
    (tmp_path / "partial" / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="which holds other files"):
        run(tmp_path, folder)


def test_vgg19_as_a_network(tmp_path):
    """Narrow, with random weights; a row does not depend on its batch."""
    from recorders import record_vgg19 as recorded

    from scbch_jax import networks

    params = networks.vgg19_from_torch(recorded.draw_state(64), width_divisor=64)
    weights = features.VGG19Weights(params, networks.TORCHVISION)
    extractor = features.extractor_of(weights, "narrow")
    assert extractor.width == 64
    pictures = np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3), np.uint8)
    rows = extractor.apply(pictures)
    turned = extractor.apply(pictures[::-1].copy())[::-1]
    np.testing.assert_allclose(rows, turned, rtol=1e-5, atol=1e-5)
    assert (rows != extractor.apply(pictures)[::-1]).any()
