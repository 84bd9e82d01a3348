"""Tiny sweeps in this process: lanes, single runs, failures, going on."""

import json

import jax
import numpy as np
import pytest

from scbch_jax import runs, sweeps
from scbch_jax.config import Data, Experiment, Noise, Planted, Training, scbch
from scbch_jax.errors import InputError, Interrupted
from scbch_jax.runs import driver
from scbch_jax.sweeps import Manner, ways

pytestmark = pytest.mark.slow

TINY = Planted(80, queries=20, database=90, classes=4, image_dim=16, words=24)


def plan(**changes):
    settings = {
        "data": Data(planted=TINY),
        "bits": 8,
        "options": scbch.Options(hidden=16, neighbors=3, warmup_epochs=1),
        "hparams": scbch.HParams(learning_rate=1e-3),
        "training": Training(epochs=3, batch_size=40, save_every=2),
        "seeds": (0, 1, 2),
    }
    return Experiment(**{**settings, **changes})


WILD = plan(hparams=scbch.HParams(learning_rate=1e30), seeds=(7,))
"""Diverges in its first epoch."""


class Watcher:
    """Remembers what it was told."""

    def __init__(self):
        self.lines, self.outcomes, self.notes = [], [], []

    def line(self, cell, line):
        self.lines.append((cell.name, line["epoch"]))

    def outcome(self, outcome):
        self.outcomes.append(outcome)

    def note(self, text):
        self.notes.append(text)


def sweep(path, *plans, **manner):
    """Runs a sweep; returns its cells, its folder, and what a watcher saw."""
    cells, watcher = sweeps.cells_of(plans), Watcher()
    with sweeps.open_folder(path) as folder:
        sweeps.run(cells, folder, watcher, Manner(**manner))
    return cells, folder, watcher


def records(folder, cell):
    lines = runs.RunFolder(folder.cell(cell)).lines(cell.seed)
    return [{k: v for k, v in x.items() if k != "seconds"} for x in lines]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    return sweep(tmp_path_factory.mktemp("alone") / "s", plan(), way="one")


@pytest.fixture(scope="module")
def beside(tmp_path_factory):
    return sweep(tmp_path_factory.mktemp("beside") / "s", plan(), way="lanes")


def test_one_after_another_is_what_train_does(alone):
    cells, folder, watcher = alone
    assert [o.reason for o in watcher.outcomes] == ["", "", ""]
    for cell in cells[:2]:
        expected = driver.run(cell.experiment)
        kept = [
            {k: v for k, v in x.items() if k != "seconds"}
            for x in json.loads(json.dumps(expected))
        ]
        assert records(folder, cell) == kept


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_lane_is_the_single_run(alone, beside, number):
    """To the rounding of products that are summed in another order."""
    cell = alone[0][number]
    pairs = zip(records(alone[1], cell), records(beside[1], cell), strict=True)
    for single, lane in pairs:
        assert list(lane) == list(single)
        losses = ("total", "classification", "attraction", "confidence_clean")
        for name in losses:
            assert lane[name] == pytest.approx(single[name], rel=1e-5), name
        assert lane["average"] == pytest.approx(single["average"], abs=0.01)
    weights = [runs.saved_params(s[1].cell(cell))[2] for s in (alone, beside)]
    for ours, theirs in zip(*map(jax.tree.leaves, weights), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_a_cell_of_lanes_is_a_run_like_any_other(beside):
    cells, folder, _ = beside
    for cell in cells:
        driver, recipe, _ = runs.open_to_read(folder.cell(cell))
        assert driver == cell.experiment
        assert (folder.cell(cell) / f"seed-{cell.seed}" / "noise.npz").is_file()
    assert not list((folder.path / "lanes").iterdir()), "the common state is gone"


@pytest.mark.parametrize("way", ["one", "lanes"])
def test_a_sweep_that_is_asked_to_end_saves_and_goes_on(alone, beside, tmp_path, way):
    """Asked during its first epoch, which is no epoch that it would save."""
    cells, folder, _ = alone if way == "one" else beside
    with sweeps.open_folder(tmp_path / "s") as ours, pytest.raises(Interrupted):
        sweeps.run(cells, ours, Watcher(), Manner(way), stop=lambda: True)
    with sweeps.open_folder(tmp_path / "s") as ours:
        watcher = Watcher()
        sweeps.run(cells, ours, watcher, Manner(way))
    assert [o.reason for o in watcher.outcomes] == ["", "", ""]
    for cell in cells:
        assert records(ours, cell) == records(folder, cell)


def test_a_sweep_that_is_asked_to_end_in_a_last_epoch_begins_no_other_cell(tmp_path):
    """Cells of one epoch: nothing is left of the one in which the wish comes."""
    cells = sweeps.cells_of([plan(training=Training(epochs=1, batch_size=40))])
    for done in (1, 2):
        with (
            sweeps.open_folder(tmp_path / "s") as folder,
            pytest.raises(Interrupted, match=cells[done - 1].name),
        ):
            sweeps.run(cells, folder, Watcher(), Manner("one"), stop=lambda: True)
        assert [folder.found(cell) is not None for cell in cells].count(True) == done
    with sweeps.open_folder(tmp_path / "s") as folder:
        sweeps.run(cells, folder, Watcher(), Manner("one"), stop=lambda: True)
    assert all(folder.found(cell) is not None for cell in cells), "nothing was left"


@pytest.mark.parametrize("way", ["one", "lanes", "measured"])
def test_finished_cells_are_not_run_again(alone, way):
    cells, folder, _ = alone
    before = {p: p.stat().st_mtime_ns for p in folder.path.glob("cells/**/*")}
    _, _, watcher = sweep(folder.path, plan(), way=way)
    assert watcher.lines == []
    assert [o.cell for o in watcher.outcomes] == cells
    assert {p: p.stat().st_mtime_ns for p in folder.path.glob("cells/**/*")} == before


@pytest.mark.parametrize("way", ["one", "lanes"])
def test_what_fails_does_not_stop_the_others(alone, beside, tmp_path, way):
    """Numbers that diverge, an option that does not fit, files that are missing."""
    unfit = plan(options=scbch.Options(hidden=16, neighbors=80), seeds=(0,))
    gone = plan(data=Data("coco", root=str(tmp_path / "gone")), seeds=(0,))
    plans = (gone, unfit, WILD, plan(seeds=(0, 1)))
    _, folder, watcher = sweep(tmp_path / "s", *plans, way=way)
    reasons = {o.cell.experiment: o.reason for o in watcher.outcomes if o.reason}
    assert reasons.keys() == {gone, unfit, WILD}
    assert "data.root: got" in reasons[gone]
    assert "options.neighbors: got 80, wanted fewer than the 80" in reasons[unfit]
    assert "training: got a loss of nan in epoch 1" in reasons[WILD]
    whole = {"one": alone, "lanes": beside}[way]
    for cell in whole[0][:2]:
        assert folder.found(cell)["last"]["epoch"] == 3
    if way == "one":
        ours, theirs = records(folder, whole[0][0]), records(whole[1], whole[0][0])
        assert ours == theirs
    wild = next(o.cell for o in watcher.outcomes if o.cell.experiment == WILD)
    assert not folder.cell(wild).exists(), "nothing half-written"


def test_a_bug_in_a_cell_leaves_its_traceback(tmp_path, monkeypatch):
    cells = sweeps.cells_of([plan(seeds=(0, 1))])
    undisturbed = driver.run

    def fail_once(this, *args, **kwargs):
        if this == cells[0].experiment:
            raise TypeError("a bug\nof two lines")
        return undisturbed(this, *args, **kwargs)

    monkeypatch.setattr(driver, "run", fail_once)
    _, folder, watcher = sweep(tmp_path / "s", plan(seeds=(0, 1)), way="one")
    assert watcher.outcomes[0].reason == "bug: got TypeError: a bug, wanted none"
    assert watcher.outcomes[1].found is not None
    text = (folder.path / "failures" / f"{cells[0].name}.txt").read_text()
    assert "fail_once" in text


def test_the_way_is_measured_once_and_kept(tmp_path):
    cells, folder, first = sweep(tmp_path / "s", plan())
    (note,) = first.notes
    kept = json.loads((folder.path / "ways.json").read_text())
    ((name, measured),) = kept.items()
    assert note.startswith(name)
    seconds = [measured[f"seconds a step, {k}"] for k in ("one after another", "lanes")]
    assert all(0 < s < 60 for s in seconds)
    assert measured["way"] == ("lanes" if seconds[1] < seconds[0] else "one")
    _, _, second = sweep(tmp_path / "s", plan(seeds=(3, 4, 5)))
    assert second.notes == []
    assert {e for _, e in second.lines} == {1, 2, 3}
    dataset = driver.data.load(cells[0].experiment.data).dataset
    recipes = [driver.recipe_of(plan(bits=b), dataset.train) for b in (8, 16)]
    names = {ways.name_of(recipe, 8) for recipe in recipes}
    assert names == {name}, "another code length, the same widths"


class Device:
    """Says how much memory it has, as GPUs do; or nothing, as CPUs do."""

    device_kind = "a device"

    def __init__(self, stats):
        self.memory_stats = lambda: stats


@pytest.mark.parametrize("stats", [None, {"bytes_limit": 9000, "bytes_in_use": 3000}])
def test_lanes_must_fit_the_memory(monkeypatch, stats):
    monkeypatch.setattr(ways.jax, "devices", lambda: [Device(stats)])
    monkeypatch.setattr(ways.os, "sysconf", lambda name: 100)
    assert ways.has_room(2, np.zeros(180))
    assert not ways.has_room(2, np.zeros(190)), "6,080 of 6,000 bytes"


def test_without_memory_for_lanes_runs_follow_one_another(monkeypatch):
    monkeypatch.setattr(ways, "has_room", lambda lanes, run: False)
    dataset = driver.data.load(plan().data).dataset
    tasks = [driver.prepare(plan(), dataset, seed=s) for s in (0, 1)]
    found = ways.measured(tasks)
    assert (found["way"], found["seconds a step, lanes"]) == ("one", None)
    assert "not memory enough in 2 lanes; so one after" in ways.in_words("x", found)


@pytest.mark.parametrize("way", ["one", "lanes"])
def test_states_of_finished_cells_can_be_dropped(tmp_path, way):
    cells, folder, _ = sweep(tmp_path / "s", plan(), way=way, drop_states=True)
    assert not list(folder.path.rglob("checkpoints"))
    assert len(records(folder, cells[0])) == 3
    _, _, watcher = sweep(tmp_path / "s", plan(), way=way)
    assert watcher.lines == []


def test_one_process_at_a_time(tmp_path):
    """The lock is the system's, so a second opening is like another process."""
    with (
        sweeps.open_folder(tmp_path / "s"),
        pytest.raises(InputError, match="in which a sweep is running"),
        sweeps.open_folder(tmp_path / "s"),
    ):
        pass
    with sweeps.open_folder(tmp_path / "s"):
        pass


@pytest.mark.parametrize("out", ["taken", "taken/s", "full"])
def test_a_folder_that_cannot_be_used_is_named(tmp_path, out):
    (tmp_path / "taken").write_text("a file")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear")
    with (
        pytest.raises(InputError, match="out: got "),
        sweeps.open_folder(tmp_path / out),
    ):
        pass


def test_noise_none_and_drawn_go_side_by_side(tmp_path):
    plans = [plan(noise=Noise(k, r), seeds=(0,)) for k, r in NOISES]
    cells, folder, watcher = sweep(tmp_path / "s", *plans, way="lanes")
    assert all(o.found for o in watcher.outcomes)
    clean = records(folder, cells[0])[-1]
    assert clean["confidence_noisy"] is None
    assert records(folder, cells[1])[-1]["confidence_noisy"] is not None


NOISES = (("none", 0.5), ("swap", 0.2), ("swap", 0.8))
