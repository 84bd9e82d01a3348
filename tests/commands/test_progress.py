import io
import sys

import pytest

from scbch_jax.cli import progress
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
