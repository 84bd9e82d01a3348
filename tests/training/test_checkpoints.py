import shutil
import sys
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import training
from scbch_jax.config.scbch import HParams, Options
from scbch_jax.errors import InputError
from scbch_jax.methods import Recipe, Sizes
from scbch_jax.types import Split

RECIPE = Recipe(
    "scbch",
    Sizes(image_dim=6, text_dim=5, classes=4, samples=22, bits=8),
    Options(hidden=16, neighbors=3, warmup_epochs=1),
    batch_size=8,
)


@pytest.fixture
def run(key):
    return training.start(HParams(), key, recipe=RECIPE)


@pytest.fixture
def save(tmp_path, run):
    """Saves states after the given epochs, and waits."""

    def save(*epochs):
        checkpoints = training.Checkpoints(tmp_path / "saved", keep=2)
        for epoch in epochs:
            checkpoints.save(epoch, run)
        checkpoints.finish()
        return checkpoints

    return save


def test_what_is_restored_is_what_was_saved(tmp_path, run, save):
    assert training.Checkpoints(tmp_path / "saved").latest(run) is None
    save(3)
    epoch, back = training.Checkpoints(tmp_path / "saved").latest(run)
    assert epoch == 3
    assert jax.tree.structure(back) == jax.tree.structure(run)
    for actual, expected in zip(
        jax.tree.leaves(back), jax.tree.leaves(run), strict=True
    ):
        assert actual.dtype == expected.dtype
        np.testing.assert_array_equal(actual, expected)


def test_the_state_is_saved_as_it_was_when_asked(tmp_path, run):
    """The next epoch reuses the memory while the file is still being written."""
    checkpoints = training.Checkpoints(tmp_path / "saved")
    overwrite = jax.jit(lambda r: jax.tree.map(jnp.zeros_like, r), donate_argnums=0)
    kept = jax.tree.map(lambda leaf: np.array(leaf, copy=True), run)
    checkpoints.save(1, run)
    jax.block_until_ready(overwrite(run))
    checkpoints.finish()
    back = checkpoints.restore(1, kept)
    for actual, expected in zip(
        jax.tree.leaves(back), jax.tree.leaves(kept), strict=True
    ):
        np.testing.assert_array_equal(actual, expected)


def test_old_states_are_deleted(tmp_path, save):
    assert save(1, 2, 3).saved() == [3, 2]
    assert sorted(p.name for p in (tmp_path / "saved").iterdir()) == ["2", "3"]


def test_a_half_written_state_is_skipped(tmp_path, save):
    """A process killed while saving leaves a folder that was never renamed."""
    save(1)
    left = tmp_path / "saved" / "2.orbax-checkpoint-tmp"
    left.mkdir()
    (left / "part").write_text("half")
    assert training.Checkpoints(tmp_path / "saved").saved() == [1]


def test_states_of_later_epochs_are_deleted(save):
    checkpoints = save(4, 5)
    checkpoints.delete_after(4)
    assert checkpoints.saved() == [4]


def test_the_remains_of_a_deleted_state_are_deleted(tmp_path, save):
    """A process was killed while Orbax deleted state 1."""
    checkpoints = save(4, 5)
    remains = tmp_path / "saved" / "1" / "default"
    remains.mkdir(parents=True)
    (remains / "manifest.ocdbt").write_text("left")
    checkpoints.delete_after(5)
    assert sorted(p.name for p in (tmp_path / "saved").iterdir()) == ["4", "5"]


@pytest.mark.slow
def test_a_run_that_diverges_ends_with_one_line(run, key):
    labels = jnp.zeros((22, 4)).at[:, 0].set(1.0)
    train = Split(jnp.full((22, 6), jnp.nan), jnp.ones((22, 5)), labels)
    with pytest.raises(InputError, match=r"training: got a loss of nan in epoch 1"):
        next(training.fit(run, HParams(), train, key, recipe=RECIPE, epochs=1))


def test_closed_event_loops_are_not_reported_again(tmp_path, monkeypatch):
    """Orbax's threads do so after a damaged state; other errors are still shown."""
    shown = []
    monkeypatch.setattr(sys, "unraisablehook", shown.append)
    training.Checkpoints(tmp_path / "saved")
    for message in ("Event loop is closed", "another"):
        sys.unraisablehook(SimpleNamespace(exc_value=RuntimeError(message)))
    assert [str(caught.exc_value) for caught in shown] == ["another"]


def test_a_full_disk_is_named_before_anything_is_written(tmp_path, run, monkeypatch):
    checkpoints = training.Checkpoints(tmp_path / "saved")
    usage = shutil._ntuple_diskusage(2**30, 2**30 - 5000, 5000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(InputError, match="cannot write .*saved: no space left on devi"):
        checkpoints.save(1, run)
    assert not list((tmp_path / "saved").iterdir())


@pytest.mark.parametrize(
    "error",
    [
        ValueError("RESOURCE_EXHAUSTED: Error writing: No space left on device\nat"),
        OSError(28, "No space left on device"),
    ],
)
def test_a_disk_that_fills_up_while_saving_is_named(tmp_path, run, monkeypatch, error):
    """Orbax's libraries report it as lack of some resource."""

    def fail(*args, **kwargs):
        raise error

    checkpoints = training.Checkpoints(tmp_path / "saved")
    monkeypatch.setattr(checkpoints._manager, "save", fail)
    with pytest.raises(InputError, match="cannot write .*saved: no space left on devi"):
        checkpoints.save(1, run)
