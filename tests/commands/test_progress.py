import importlib.util
import io
import math
import sys

import pytest

from scbch_jax.cli import progress
from scbch_jax.errors import InputError
from scbch_jax.results import Confidence, EpochResult, RetrievalScore

RESULT = EpochResult(
    seed=0,
    epoch=3,
    losses={"attraction": 0.25, "total": 2.5},
    confidence=Confidence(clean=0.9, noisy=0.7, roc_auc=0.8),
    retrieval=RetrievalScore(i2t=0.61, t2i=0.63, average=0.62),
    seconds=1.25,
)


def test_without_a_terminal_there_is_a_line_an_epoch(capsys):
    with progress.training_progress("trial", epochs=2) as on_epoch:
        on_epoch(RESULT)
        lower, confidence = RetrievalScore(0.6, 0.6, 0.6), Confidence(0.9, None, None)
        on_epoch(RESULT._replace(epoch=4, retrieval=lower, confidence=confidence))
    first, second = capsys.readouterr().err.splitlines()
    assert "epoch   3  loss 2.5000 (unweighted terms: attraction 0.250)" in first
    assert "MAP I2T 61.0 T2I 63.0" in first
    assert "confidence clean 0.90, noisy 0.70" in first
    assert first.endswith("best MAP 62.0 (epoch 3)  at most 0:01 left")
    assert "noisy" not in second
    assert second.endswith("best MAP 62.0 (epoch 3)  0:00 left")


def test_an_epoch_that_is_not_scored_keeps_the_best_so_far(capsys):
    bare = EpochResult(seed=0, epoch=1, losses={"total": 1.0}, seconds=0.5)
    with progress.training_progress("trial", epochs=3) as on_epoch:
        for line in (bare, RESULT, bare):
            on_epoch(line)
    first, _, last = capsys.readouterr().err.splitlines()
    assert "MAP" not in first
    assert last.count("MAP") == 1


@pytest.mark.parametrize(
    ("seconds", "left"),
    [
        ([], ""),
        ([30.0], "at most 4:30 left"),
        ([30.0, 1.0, 2.0, 60.0], "0:12 left"),
    ],
)
def test_the_first_epoch_compiles_and_tells_a_bound(seconds, left):
    """Once there is another; the median of the others counts."""
    state = progress.TrainingProgress(epochs=10)
    for each in seconds:
        state.add(RESULT._replace(seconds=each))
    assert state.time_left == left


def test_on_a_terminal_there_is_a_bar(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress.training_progress("trial", epochs=2) as on_epoch:
        on_epoch(RESULT)
    said = terminal.getvalue()
    assert "1/2" in said
    assert "best MAP 62.0 (epoch 3)  at most 0:01 left" in said


def test_the_table_has_last_best_and_mean_with_units():
    """Percent is said of what is percent, which the ROC area is not."""
    better = RESULT.retrieval._replace(average=0.7)
    results = [
        RESULT._replace(seed=seed, epoch=epoch, retrieval=retrieval)
        for seed in (0, 1)
        for epoch, retrieval in ((1, better), (2, RESULT.retrieval), (3, None))
    ]
    table = progress.results_table(results, (0, 1)).splitlines()
    cells = [[x.strip() for x in row.split("|")[1:-1]] for row in table]
    assert cells[0][2:] == ["MAP I2T %", "MAP T2I %", "MAP average %", "ROC AUC"]
    assert cells[2] == ["seed 0, last epoch", "2", "61.0", "63.0", "62.0", "0.800"]
    assert cells[3][:2] == ["seed 0, best epoch", "1"]
    assert cells[7] == ["mean, best epoch", "-", "61.0", "63.0", "70.0", "0.800"]


def test_the_table_says_how_many_labels_are_expected_to_be_wrong():
    errors = {"expected_wrong": 0.13, "expected_missing": 0.024}
    result = RESULT._replace(confidence=RESULT.confidence._replace(**errors))
    said = "13.0 % of the given labels are wrong, and 2.4 % of the\nothers are missing"
    assert progress.results_table([result], (0,)).endswith(said)


def test_the_table_says_how_well_posteriors_separate_entries():
    """In the last epochs, the mean over seeds; only where there are posteriors."""
    results = [
        RESULT._replace(
            seed=seed, confidence=RESULT.confidence._replace(entries_roc_auc=area)
        )
        for seed, area in ((0, 0.9), (1, 0.95))
    ]
    said = "ROC AUC of posteriors, right against wrong entries of the labels: 0.925"
    assert progress.results_table(results, (0, 1)).endswith(said)
    assert "entries" not in progress.results_table([RESULT], (0,))


LOGGED = EpochResult(
    seed=3,
    epoch=2,
    losses={"total": 2.5},
    confidence=Confidence(clean=0.9, noisy=None, roc_auc=math.nan),
    retrieval=RetrievalScore(i2t=0.61, t2i=0.63, average=0.62),
    seconds=1.25,
)


def test_numbers_go_under_their_names_and_gaps_stay_gaps():
    assert progress.scalars(LOGGED) == {
        "loss/total": 2.5,
        "MAP/i2t": 0.61,
        "MAP/t2i": 0.63,
        "MAP/average": 0.62,
        "confidence/clean": 0.9,
        "time/seconds": 1.25,
    }


def test_unless_asked_nothing_is_written(tmp_path):
    with progress.event_writer("none", tmp_path) as on_epoch:
        on_epoch(LOGGED)
    assert not list(tmp_path.iterdir())


def test_a_missing_package_is_one_line_before_anything_is_made(monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with (
        pytest.raises(InputError, match="needs tensorboardX: pip install"),
        progress.event_writer("tensorboard", tmp_path),
    ):
        pass
    assert not list(tmp_path.iterdir())


def test_tensorboard_reads_what_was_written(tmp_path):
    """By its own reader; a second writing of the same epochs replaces the first."""
    pytest.importorskip("tensorboardX")
    reader = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    )
    for _ in range(2):
        with progress.event_writer("tensorboard", tmp_path) as on_epoch:
            on_epoch(LOGGED)
            on_epoch(
                LOGGED._replace(epoch=3, retrieval=LOGGED.retrieval._replace(i2t=0.7))
            )
    found = reader.EventAccumulator(str(tmp_path / "tensorboard" / "seed-3"))
    found.Reload()
    assert sorted(found.Tags()["scalars"]) == sorted(progress.scalars(LOGGED))
    steps = [(event.step, event.value) for event in found.Scalars("MAP/i2t")]
    assert steps == [(2, pytest.approx(0.61)), (3, pytest.approx(0.7))]
