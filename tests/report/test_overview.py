"""The table of all settings, and its columns that only some runs have."""

from made_runs import write_run

from scbch_jax.config import Experiment, Training
from scbch_jax.report import runs, tables
from scbch_jax.report.figures import by_epoch, drawing
from scbch_jax.report.overview import overview

PLAN = Experiment(training=Training(epochs=2), seeds=(0, 1))
AVERAGES = [[0.4, 0.2], [0.6, 0.7]]
HELD_OUT = [[0.1, 0.3], [0.3, 0.2]]
"""They select epoch 2 of the first seed and epoch 1 of the second."""


def read(folder, **known):
    return runs.read_runs([write_run(folder, PLAN, AVERAGES, **known)])


def cells(table):
    """The texts of each row by the full title of their column."""
    return [
        dict(zip(table.full_columns, (cell.text for cell in row.cells), strict=True))
        for row in table.blocks[0].rows
    ]


def test_columns_that_no_run_has_are_left_out(tmp_path):
    table = overview([read(tmp_path / "a")], ["a"])
    assert cells(table) == [
        {
            "MAP in percent, last epoch, I2T": "46.0 ± 35.4",
            "MAP in percent, last epoch, T2I": "44.0 ± 35.4",
            "MAP in percent, last epoch, average": "45.0 ± 35.4",
            "best epoch, %, average": "55.0 ± 21.2",
            "confidence, ROC AUC": "0.800 ± 0.000",
            "training, epochs": "2",
            "training, seconds": "2",
        }
    ]
    assert "Selected" not in table.note
    assert "entries" not in table.note


def test_the_selected_epoch_and_the_entries_have_columns(tmp_path):
    plain = read(tmp_path / "a")
    more = read(tmp_path / "b", held_out=HELD_OUT, entries=0.95)
    table = overview([plain, more], ["a", "b"])
    names = ("selected epoch, %, average", "confidence, ROC AUC of entries")
    assert [[row[name] for name in names] for row in cells(table)] == [
        ["", ""],
        ["40.0 ± 28.3", "0.950 ± 0.000"],
    ]
    assert "Selected epoch: the one with the best average MAP of held-out" in table.note
    assert "right from wrong entries" in table.note
    sources = tables.sources_csv(table)
    assert f'selected epoch, %, average",{tmp_path}/b,0,2,0.2' in sources


def test_the_curve_of_held_out_rows_and_the_epochs_that_they_select(tmp_path):
    def figure(found):
        (figure,) = (f for f in by_epoch.figures(found, "r") if f.name == "r-map")
        return figure

    more = read(tmp_path / "b", held_out=HELD_OUT)
    said = "selects epochs 2, 1, with an average MAP of 40.0 %"
    assert said in figure(more).text
    assert "selects epoch 2, with an average MAP of 20.0 %" in figure(more[:1]).text
    assert b">held-out rows<" in drawing.render(figure(more)).svg
    assert "Held-out" not in figure(read(tmp_path / "c")).text
