import io
import sys

import pytest

from scbch_jax.cli import progress

LINE = {
    "seed": 0,
    "epoch": 3,
    "attraction": 0.25,
    "total": 2.5,
    "confidence_clean": 0.9,
    "confidence_noisy": 0.7,
    "confidence_roc": 0.8,
    "i2t": 0.61,
    "t2i": 0.63,
    "average": 0.62,
    "seconds": 1.25,
}


def test_without_a_terminal_there_is_a_line_an_epoch(capsys):
    with progress.progress("trial", epochs=2) as on_epoch:
        on_epoch(LINE)
        on_epoch({**LINE, "epoch": 4, "average": 0.6, "confidence_noisy": None})
    first, second = capsys.readouterr().err.splitlines()
    assert "epoch   3  loss 2.5000 (attraction 0.250)" in first
    assert "MAP I2T 61.0 T2I 63.0" in first
    assert "clean rows 0.90  noisy rows 0.70" in first
    assert first.endswith("best MAP 62.0 (epoch 3)  at most 0:01 left")
    assert "noisy" not in second
    assert second.endswith("best MAP 62.0 (epoch 3)  0:00 left")


def test_an_epoch_that_is_not_scored_keeps_the_best_so_far(capsys):
    bare = {"seed": 0, "epoch": 1, "total": 1.0, "seconds": 0.5}
    with progress.progress("trial", epochs=3) as on_epoch:
        for line in (bare, LINE, bare):
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
    board = progress.Board(epochs=10)
    for each in seconds:
        board.take({"seconds": each})
    assert board.left == left


def test_on_a_terminal_there_is_a_bar(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress.progress("trial", epochs=2) as on_epoch:
        on_epoch(LINE)
    said = terminal.getvalue()
    assert "1/2" in said
    assert "best MAP 62.0 (epoch 3)  at most 0:01 left" in said


def test_losses_are_what_precedes_confidence_and_map():
    assert progress.losses(LINE) == {"attraction": 0.25, "total": 2.5}
