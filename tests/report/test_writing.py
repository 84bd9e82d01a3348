"""The report as a folder: what is written, what is left alone."""

import pytest
from made_runs import write_run

from scbch_jax import report
from scbch_jax.config import Experiment, Noise, Training
from scbch_jax.errors import InputError

PLAN = Experiment(training=Training(epochs=2), seeds=(0, 1))


@pytest.fixture
def runs(tmp_path):
    return report.read_runs([write_run(tmp_path / "a", PLAN, [[0.1, 0.2], [0.3, 0.4]])])


def names(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_a_report_is_a_page_figures_and_tables(runs, tmp_path):
    index = report.write(runs, tmp_path / "r")
    assert index == tmp_path / "r" / "index.html"
    figures = [
        f"figures/run1-{what}.{ending}"
        for what in ("confidence", "losses", "map")
        for ending in ("png", "svg")
    ]
    tables = [
        f"tables/{name}{ending}"
        for name in ("map-planted", "overview")
        for ending in ("-sources.csv", ".csv", ".md", ".tex")
    ]
    assert names(tmp_path / "r") == [*figures, "index.html", *tables]
    text = index.read_text()
    assert text.count("<svg") == 3
    assert "30.0 ± 14.1" in text
    assert "4 of 4 epochs in 2 s." in text
    assert "bin/scbch train planted-scbch.json" in text
    assert "jax 0.10.2" in text


def test_a_report_is_written_anew_without_what_was_there(runs, tmp_path):
    report.write(runs, tmp_path / "r")
    report.write(runs, tmp_path / "r", details=0)
    assert not any(name.startswith("figures") for name in names(tmp_path / "r"))


def test_tables_alone_need_no_figures(runs, tmp_path):
    index = report.write(runs, tmp_path / "r", figures=False)
    assert "<svg" not in index.read_text()
    assert not any(name.startswith("figures") for name in names(tmp_path / "r"))


def test_a_folder_of_other_files_is_left_alone(runs, tmp_path):
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "index.html").write_text("my own page")
    with pytest.raises(InputError, match="out: got .* which holds other files"):
        report.write(runs, tmp_path / "r")
    assert names(tmp_path / "r") == ["index.html"]
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write .*inside: not a directory"):
        report.write(runs, tmp_path / "file" / "inside")


def test_runs_that_have_not_begun_are_no_reason_to_fail(tmp_path):
    folder = write_run(tmp_path / "a", PLAN, [[], [0.1]])
    index = report.write(report.read_runs([folder]), tmp_path / "r")
    assert "2 runs on planted, 0 of them finished" in index.read_text()
    assert "0 of 2" in index.read_text()


def test_what_a_name_says_is_no_markup(tmp_path):
    """Paths and file names come from people."""
    files = {"image": "<script>alert(1)</script>.npz"}
    folder = write_run(tmp_path / "<b>", PLAN, [[0.1, 0.2]] * 2, files=files)
    index = report.write(report.read_runs([folder]), tmp_path / "r", figures=False)
    assert "<script>" not in index.read_text()
    assert "&lt;script&gt;" in index.read_text()


def test_several_rates_and_lengths_are_drawn_against_each_other(tmp_path):
    folders = []
    for rate in (0.2, 0.8):
        for bits in (16, 32):
            plan = Experiment(
                noise=Noise(rate=rate), bits=bits, training=Training(epochs=1)
            )
            folders.append(write_run(tmp_path / f"{rate}-{bits}", plan, [[rate]]))
    report.write(report.read_runs(folders), tmp_path / "r", details=0)
    drawn = [n for n in names(tmp_path / "r") if n.endswith(".svg")]
    assert drawn == ["figures/bits-planted.svg", "figures/noise-planted.svg"]
