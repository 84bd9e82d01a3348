"""Held-out training rows, by which an epoch is chosen without the test queries."""

import numpy as np
import pytest
import tiny
from command_line import error_line
from conftest import ROOT

from scbch_jax import datasets, results, runs, sweeps
from scbch_jax.cli import program
from scbch_jax.config import Noise, Training
from scbch_jax.errors import InputError, Interrupted
from scbch_jax.results import EpochResult, RetrievalScore, summarize
from scbch_jax.runs.tasks import split_rows

HELD = 20


@pytest.fixture(scope="module")
def experiment():
    return tiny.with_held_out_rows()


@pytest.fixture(scope="module")
def trained(experiment, tmp_path_factory):
    folder = tmp_path_factory.mktemp("held-out") / "run"
    return runs.train(experiment, folder), folder


def test_every_evaluated_epoch_has_a_score_of_held_out_rows(trained, experiment):
    found, folder = trained
    assert all(0 < result.held_out.average <= 1 for result in found)
    for seed in (0, 1):
        saved = results.read_results(folder / f"seed-{seed}" / "results.jsonl")
        assert saved == [result for result in found if result.seed == seed]


def test_labels_of_held_out_rows_change_their_score_alone(trained, experiment):
    """So nothing is trained on them."""
    loaded = datasets.load(experiment.data)
    train = loaded.dataset.train
    _, held = split_rows(len(train.labels), HELD)
    labels = np.array(train.labels)
    labels[held] = np.roll(labels[held], 1, axis=1)
    other = loaded.dataset._replace(train=train._replace(labels=labels))
    before, after = (
        runs.train(
            tiny.experiment(
                training=experiment.training, noise=Noise("none"), seeds=(0,)
            ),
            loaded=loaded._replace(dataset=dataset),
        )
        for dataset in (loaded.dataset, other)
    )
    for a, b in zip(before, after, strict=True):
        assert (a.losses, a.retrieval) == (b.losses, b.retrieval)
        assert a.held_out != b.held_out


def test_the_epoch_is_selected_by_held_out_rows_alone():
    def result(epoch, held_out, test):
        held_out, test = (RetrievalScore(x, x, x) for x in (held_out, test))
        losses = {"total": 1.0}
        return EpochResult(0, epoch, losses, retrieval=test, held_out=held_out)

    scores = ((0.5, 0.9), (0.75, 0.5), (0.25, 0.75))
    found = [result(i, *pair) for i, pair in enumerate(scores, start=1)]
    summary = summarize(found, 0)
    assert summary.selected is not None
    chosen = [r.epoch for r in (summary.last, summary.best, summary.selected)]
    assert chosen == [3, 1, 2]
    assert results.Summary.from_json(summary.to_json()) == summary


def test_most_training_rows_must_be_left(experiment):
    rows = experiment.data.planted.train
    too_many = tiny.experiment(training=Training(hold_out=rows // 2))
    with pytest.raises(InputError, match=r"training\.hold_out: got"):
        runs.train(too_many)


def test_a_resumed_run_has_the_same_held_out_scores(trained, experiment, tmp_path):
    """To the bit; it was stopped after its first epoch."""
    with pytest.raises(Interrupted):
        runs.train(experiment, tmp_path / "run", stop=lambda: True)
    found = runs.train(experiment, tmp_path / "run", resume=True)
    assert tiny.without_seconds(found) == tiny.without_seconds(trained[0])


CONFIG = """
import sys
sys.path.append({tests!r})
import tiny
get_config = tiny.experiment
get_sweep = lambda: [tiny.with_held_out_rows()]
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    path = tmp_path_factory.mktemp("config") / "tiny_plan.py"
    path.write_text(CONFIG.format(tests=str(ROOT / "tests")))
    return str(path)


def cells(line):
    return [cell.strip() for cell in line.split("|")[1:-1]]


def test_the_command_shows_the_selected_epoch(trained, config, tmp_path, capsys):
    words = ["--training.hold-out", str(HELD), "--seeds", "0", "1"]
    assert program.main(["train", config, *words, "--out", str(tmp_path / "run")]) == 0
    said = capsys.readouterr().out
    table = {cells(line)[0]: cells(line) for line in said.splitlines() if "|" in line}
    for seed in (0, 1):
        chosen = summarize(trained[0], seed).selected
        assert table[f"seed {seed}, selected epoch"][1:5] == [
            str(chosen.epoch),
            *(f"{100 * value:.1f}" for value in chosen.retrieval),
        ]
    assert "mean, selected epoch" in table
    assert "selected epoch: the one with the best average MAP of held-out" in said


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("-1", "training.hold_out: got -1, wanted a whole number from 0"),
        ("1.5", "training.hold-out"),
        ("many", "training.hold-out"),
        ("40", "training.hold_out: got 40, wanted less than half of the 80"),
    ],
)
def test_a_wrong_number_of_rows_is_one_line(config, tmp_path, capsys, value, wanted):
    out = tmp_path / "run"
    words = ["train", config, "--training.hold-out", value, "--out", str(out)]
    assert wanted in error_line(capsys, *words)
    assert not out.exists(), "nothing was trained"


@pytest.mark.slow
def test_lanes_score_held_out_rows_as_single_runs(trained, config, tmp_path):
    """To the rounding of products that are summed in another order."""
    out = tmp_path / "sweep"
    assert program.main(["sweep", config, "--lanes", "2", "--out", str(out)]) == 0
    some = sweeps.runs_of([tiny.with_held_out_rows()])
    folder = sweeps.SweepFolder(out)
    for run in some:
        found = runs.RunFolder(folder.run_folder(run)).results(run.seed)
        alone = [result for result in trained[0] if result.seed == run.seed]
        check_close(found, alone)
        assert folder.summary(run).selected is not None
    assert "epoch selected on held-out training rows" in (out / "table.md").read_text()


@pytest.mark.slow
def test_rows_that_are_streamed_are_scored_as_rows_on_the_device(trained):
    streamed = runs.train(tiny.with_held_out_rows(features="stream"))
    check_close(streamed, trained[0])


def check_close(found, expected):
    """The tolerances of the tests of lanes."""
    for one, other in zip(found, expected, strict=True):
        assert one.losses["total"] == pytest.approx(other.losses["total"], rel=1e-5)
        average = one.held_out.average
        assert average == pytest.approx(other.held_out.average, abs=0.01)
