import io
import sys

from scbch_jax.commands import show

LINE = {
    "seed": 0,
    "epoch": 3,
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
    with show.progress("trial", epochs=2) as on_epoch:
        on_epoch(LINE)
        on_epoch({**LINE, "epoch": 4, "confidence_noisy": None})
    first, second = capsys.readouterr().err.splitlines()
    assert "MAP I2T 61.0 T2I 63.0" in first
    assert "clean rows 0.90  noisy rows 0.70" in first
    assert "noisy" not in second


def test_on_a_terminal_there_is_a_bar(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with show.progress("trial", epochs=2) as on_epoch:
        on_epoch(LINE)
    assert "1/2" in terminal.getvalue()


def test_results_show_last_and_best_and_their_mean():
    better = {**LINE, "epoch": 2, "i2t": 0.71, "average": 0.67}
    other = {**LINE, "seed": 1, "i2t": 0.65, "average": 0.64}
    table = show.results([better, LINE, other], (0, 1)).splitlines()
    assert table[2].split() == [
        "|",
        "seed",
        "0,",
        "last",
        "epoch",
        "|",
        "3",
        "|",
        "61.0",
        "|",
        "63.0",
        "|",
        "62.0",
        "|",
        "0.800",
        "|",
    ]
    assert table[3].split() == [
        "|",
        "seed",
        "0,",
        "best",
        "epoch",
        "|",
        "2",
        "|",
        "71.0",
        "|",
        "63.0",
        "|",
        "67.0",
        "|",
        "0.800",
        "|",
    ]
    assert table[6].split() == [
        "|",
        "mean,",
        "last",
        "epoch",
        "|",
        "-",
        "|",
        "63.0",
        "|",
        "63.0",
        "|",
        "63.0",
        "|",
        "0.800",
        "|",
    ]
