"""Tiny sweeps in this process: lanes, single runs, failures, resuming."""

import json

import jax
import numpy as np
import pytest
import tiny

from scbch_jax import data, runs, sweeps
from scbch_jax.config import Data, Noise, Training, scbch
from scbch_jax.data import store
from scbch_jax.errors import InputError, Interrupted
from scbch_jax.sweeps import ExecutionConfig, SweepCallbacks

pytestmark = pytest.mark.slow

DIVERGING = tiny.diverging(seeds=(7,))


class Recorder:
    """Remembers every call."""

    def __init__(self):
        self.epochs, self.outcomes = [], []
        self.callbacks = SweepCallbacks(
            lambda run, result: self.epochs.append((run.name, result.epoch)),
            self.outcomes.append,
        )


def execute(path, *experiments, stop=lambda: False, **config):
    """Runs a sweep; returns its runs, its folder, and what was called."""
    some, recorder = sweeps.runs_of(experiments), Recorder()
    with sweeps.open_folder(path) as folder:
        config = ExecutionConfig(**config)
        sweeps.run(some, folder, recorder.callbacks, config, stop=stop)
    return some, folder, recorder


def results(folder, run):
    found = runs.RunFolder(folder.run_folder(run)).results(run.seed)
    return tiny.without_seconds(found)


@pytest.fixture(scope="module")
def single(tmp_path_factory):
    return execute(tmp_path_factory.mktemp("single") / "s", tiny.experiment())


@pytest.fixture(scope="module")
def in_lanes(tmp_path_factory):
    return execute(tmp_path_factory.mktemp("lanes") / "s", tiny.experiment(), lanes=8)


def test_runs_one_after_another_are_those_of_train(single):
    some, folder, recorder = single
    assert [o.reason for o in recorder.outcomes] == ["", "", ""]
    for run in some[:2]:
        expected = runs.train(run.experiment)
        assert results(folder, run) == tiny.without_seconds(expected)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_lane_is_the_single_run(single, in_lanes, number):
    """To the rounding of products that are summed in another order."""
    run = single[0][number]
    pairs = zip(results(single[1], run), results(in_lanes[1], run), strict=True)
    for alone, in_lane in pairs:
        assert list(in_lane.losses) == list(alone.losses)
        for name in ("total", "classification", "attraction"):
            assert in_lane.losses[name] == pytest.approx(alone.losses[name], rel=1e-5)
        assert in_lane.confidence.clean == pytest.approx(
            alone.confidence.clean, rel=1e-5
        )
        average = in_lane.retrieval.average
        assert average == pytest.approx(alone.retrieval.average, abs=0.01)
    weights = [runs.saved_params(s[1].run_folder(run))[2] for s in (single, in_lanes)]
    for alone, in_lane in zip(*map(jax.tree.leaves, weights), strict=True):
        np.testing.assert_allclose(alone, in_lane, rtol=1e-4, atol=1e-6)


def test_a_run_that_trained_as_a_lane_is_a_run_like_any_other(in_lanes):
    some, folder, _ = in_lanes
    for run in some:
        experiment, _, _ = runs.open_to_read(folder.run_folder(run))
        assert experiment == run.experiment
        assert (folder.run_folder(run) / f"seed-{run.seed}" / "noise.npz").is_file()
    assert not list((folder.path / "lanes").iterdir()), "the common state is deleted"


@pytest.mark.parametrize("lanes", [1, 8])
def test_a_stopped_sweep_saves_and_resumes(single, in_lanes, tmp_path, lanes):
    """Stopped in its first epoch, which would not be saved otherwise."""
    some, folder, _ = single if lanes == 1 else in_lanes
    with pytest.raises(Interrupted):
        execute(tmp_path / "s", tiny.experiment(), stop=lambda: True, lanes=lanes)
    _, resumed, recorder = execute(tmp_path / "s", tiny.experiment(), lanes=lanes)
    assert [o.reason for o in recorder.outcomes] == ["", "", ""]
    for run in some:
        assert results(resumed, run) == results(folder, run)


def test_a_sweep_stopped_in_a_last_epoch_begins_no_other_run(tmp_path):
    """Runs of one epoch: each is finished when the sweep stops."""
    experiment = tiny.experiment(training=Training(epochs=1, batch_size=40))
    some = sweeps.runs_of([experiment])
    for done in (1, 2):
        with pytest.raises(Interrupted, match=some[done - 1].name):
            execute(tmp_path / "s", experiment, stop=lambda: True)
        folder = sweeps.SweepFolder(tmp_path / "s")
        assert [folder.summary(run) is not None for run in some].count(True) == done
    _, folder, _ = execute(tmp_path / "s", experiment, stop=lambda: True)
    assert all(folder.summary(run) is not None for run in some), "nothing was left"


@pytest.mark.parametrize("lanes", [1, 8])
def test_finished_runs_are_not_repeated(single, lanes):
    some, folder, _ = single
    before = {p: p.stat().st_mtime_ns for p in folder.path.glob("runs/**/*")}
    _, _, recorder = execute(folder.path, tiny.experiment(), lanes=lanes)
    assert recorder.epochs == []
    assert [o.run for o in recorder.outcomes] == some
    assert {p: p.stat().st_mtime_ns for p in folder.path.glob("runs/**/*")} == before


@pytest.mark.parametrize("lanes", [1, 8])
def test_a_run_that_fails_does_not_stop_the_others(single, in_lanes, tmp_path, lanes):
    """Losses that diverge, an option that does not fit, files that are missing."""
    unfit = tiny.experiment(options=scbch.Options(hidden=16, neighbors=80), seeds=(0,))
    gone = tiny.experiment(data=Data("coco", root=str(tmp_path / "gone")), seeds=(0,))
    experiments = (gone, unfit, DIVERGING, tiny.experiment(seeds=(0, 1)))
    _, folder, recorder = execute(tmp_path / "s", *experiments, lanes=lanes)
    reasons = {o.run.experiment: o.reason for o in recorder.outcomes if o.reason}
    assert reasons.keys() == {gone, unfit, DIVERGING}
    assert "data.root: got" in reasons[gone]
    assert "options.neighbors: got 80, wanted fewer than the 80" in reasons[unfit]
    assert "training: got a loss of nan in epoch 1" in reasons[DIVERGING]
    whole = {1: single, 8: in_lanes}[lanes]
    for run in whole[0][:2]:
        assert folder.summary(run).last.epoch == 3
    if lanes == 1:
        assert results(folder, whole[0][0]) == results(whole[1], whole[0][0])


def test_a_lane_that_diverges_late_keeps_its_results(tmp_path, monkeypatch):
    original = runs.loop.training.require_finite

    def fail_in_epoch_3(losses, epoch):
        original(losses if epoch < 3 or failed else {"total": np.nan}, epoch)

    failed = []
    monkeypatch.setattr(runs.loop.training, "require_finite", fail_in_epoch_3)
    some, folder, recorder = execute(tmp_path / "s", tiny.experiment(), lanes=8)
    assert all("a loss of nan in epoch 3" in o.reason for o in recorder.outcomes)
    assert [len(results(folder, run)) for run in some] == [2, 2, 2]
    failed.append("in the first call only")
    _, folder, recorder = execute(tmp_path / "s", tiny.experiment(), lanes=8)
    assert [o.reason for o in recorder.outcomes] == ["", "", ""]
    assert [len(results(folder, run)) for run in some] == [3, 3, 3]


def test_a_bug_in_a_run_leaves_a_traceback_until_it_succeeds(tmp_path, monkeypatch):
    experiment = tiny.experiment(seeds=(0, 1))
    some, original = sweeps.runs_of([experiment]), runs.train

    def fail_once(this, *args, **kwargs):
        if this == some[0].experiment:
            raise TypeError("a bug\nof two lines")
        return original(this, *args, **kwargs)

    monkeypatch.setattr(runs, "train", fail_once)
    _, folder, recorder = execute(tmp_path / "s", experiment)
    assert recorder.outcomes[0].reason == "internal error: TypeError: a bug"
    assert recorder.outcomes[1].summary is not None
    traceback = folder.path / "failures" / f"{some[0].name}.txt"
    assert "fail_once" in traceback.read_text()
    monkeypatch.undo()
    execute(tmp_path / "s", experiment)
    assert not traceback.exists()


def test_common_states_that_no_run_needs_are_deleted(single):
    """A sweep killed between its last summary and the deletion leaves one."""
    some, folder, _ = single
    left = folder.make_lanes(some)
    half_deleted = folder.path / "lanes" / "0123abcd.deleted"
    half_deleted.mkdir()
    execute(folder.path, tiny.experiment())
    assert not left.exists()
    assert not half_deleted.exists()


@pytest.mark.parametrize("lanes", [1, 8])
def test_checkpoints_of_finished_runs_can_be_deleted(tmp_path, lanes):
    some, folder, _ = execute(
        tmp_path / "s", tiny.experiment(), lanes=lanes, delete_checkpoints=True
    )
    assert not list(folder.path.rglob("checkpoints"))
    assert len(results(folder, some[0])) == 3
    _, _, recorder = execute(tmp_path / "s", tiny.experiment(), lanes=lanes)
    assert recorder.epochs == []


def write_store(path, seed):
    rng = np.random.default_rng(seed)
    store.write(
        path,
        image=rng.normal(size=(60, 6)).astype(np.float32),
        text=rng.random((60, 5)).astype(np.float32),
        labels=(rng.random((60, 4)) < 0.4).astype(np.uint8),
        rows=data.rows_queries_first(60, queries=10, train=40),
        split="scbch",
        title="drawn",
        source={},
    )
    return path


def test_two_stores_are_two_runs(tmp_path):
    """Their options are equal except for the root."""
    roots = [str(write_store(tmp_path / f"store{seed}", seed)) for seed in (0, 1)]
    experiments = [tiny.experiment(data=Data("store", r), seeds=(0,)) for r in roots]
    some, folder, recorder = execute(tmp_path / "s", *experiments)
    assert len({run.name for run in some}) == 2
    assert [o.reason for o in recorder.outcomes] == ["", ""]
    first, second = (results(folder, run) for run in some)
    assert first != second


def test_only_one_process_at_a_time_opens_a_sweep(tmp_path):
    """The lock is the system's, so a second opening is like another process."""
    with (
        sweeps.open_folder(tmp_path / "s"),
        pytest.raises(InputError, match="in which a sweep is running"),
        sweeps.open_folder(tmp_path / "s"),
    ):
        pass
    with sweeps.open_folder(tmp_path / "s"):
        pass


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("taken", "cannot write .*taken"),
        ("taken/s", "cannot write .*taken/s"),
        ("full", "out: got .*, which holds other files"),
        ("old", "out: got .*, a sweep of an earlier version"),
    ],
)
def test_a_folder_that_cannot_be_used_is_named(tmp_path, out, message):
    (tmp_path / "taken").write_text("a file")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear")
    (tmp_path / "old" / "cells").mkdir(parents=True)
    with (
        pytest.raises(InputError, match=message),
        sweeps.open_folder(tmp_path / out),
    ):
        pass


@pytest.mark.parametrize("text", ["[]", '{"last": 1}', '{"last": {}, "best": {}}'])
def test_a_damaged_summary_is_named(single, text):
    run = single[0][0]
    path = single[1].run_folder(run) / "summary.json"
    before = path.read_text()
    path.write_text(text)
    with pytest.raises(InputError, match="wanted"):
        single[1].summary(run)
    path.write_text(before)


def test_runs_without_and_with_noise_are_lanes_of_one_program(tmp_path):
    kinds = (("none", 0.5), ("swap", 0.2), ("swap", 0.8))
    experiments = [tiny.experiment(noise=Noise(k, r), seeds=(0,)) for k, r in kinds]
    some, folder, recorder = execute(tmp_path / "s", *experiments, lanes=8)
    assert all(o.summary for o in recorder.outcomes)
    assert results(folder, some[0])[-1].confidence.noisy is None
    assert results(folder, some[1])[-1].confidence.noisy is not None


def test_a_summary_is_json_that_other_programs_can_read(single):
    run = single[0][0]
    record = json.loads((single[1].run_folder(run) / "summary.json").read_text())
    assert record["last"]["epoch"] == 3
    assert 0 < record["best"]["retrieval"]["average"] <= 1
