"""The report as a folder: what is written, what is left alone."""

import base64
import os
import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT
from made_runs import write_run, write_search

from scbch_jax import report
from scbch_jax.cli import report as command
from scbch_jax.config import Data, Experiment, Noise, Training
from scbch_jax.data import store
from scbch_jax.errors import InputError
from scbch_jax.report import writing
from scbch_jax.report.figures import by_epoch

PLAN = Experiment(training=Training(epochs=2), seeds=(0, 1))


@pytest.fixture
def runs(tmp_path):
    return report.read_runs([write_run(tmp_path / "a", PLAN, [[0.1, 0.2], [0.3, 0.4]])])


def names(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_a_report_is_a_page_figures_and_tables(runs, tmp_path):
    index = writing.write(runs, tmp_path / "r")
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


def test_a_report_replaces_the_one_that_is_there(runs, tmp_path):
    writing.write(runs, tmp_path / "r")
    writing.write(runs, tmp_path / "r", details=0)
    assert not any(name.startswith("figures") for name in names(tmp_path / "r"))


def test_tables_alone_need_no_figures(runs, tmp_path):
    index = writing.write(runs, tmp_path / "r", figures=False)
    assert "<svg" not in index.read_text()
    assert not any(name.startswith("figures") for name in names(tmp_path / "r"))


def test_a_folder_of_other_files_is_left_alone(runs, tmp_path):
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "index.html").write_text("my own page")
    with pytest.raises(InputError, match="out: got .* which holds other files"):
        writing.write(runs, tmp_path / "r")
    assert names(tmp_path / "r") == ["index.html"]
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write .*inside: not a directory"):
        writing.write(runs, tmp_path / "file" / "inside")


def test_runs_that_have_not_begun_are_no_reason_to_fail(tmp_path):
    folder = write_run(tmp_path / "a", PLAN, [[], [0.1]])
    index = writing.write(report.read_runs([folder]), tmp_path / "r")
    assert "2 runs on planted, 0 of them finished" in index.read_text()
    assert "0 of 2" in index.read_text()


def test_names_are_no_markup(tmp_path):
    """Paths and file names come from users."""
    files = {"image": "<script>alert(1)</script>.npz"}
    folder = write_run(tmp_path / "<b>", PLAN, [[0.1, 0.2]] * 2, files=files)
    index = writing.write(report.read_runs([folder]), tmp_path / "r", figures=False)
    assert "<script>" not in index.read_text()
    assert "&lt;script&gt;" in index.read_text()


def test_several_rates_and_lengths_are_drawn_against_each_other(tmp_path):
    folders = []
    for rate in (0.2, 0.8):
        for bits in (16, 32):
            experiment = Experiment(
                noise=Noise(rate=rate), bits=bits, training=Training(epochs=1)
            )
            folders.append(write_run(tmp_path / f"{rate}-{bits}", experiment, [[rate]]))
    writing.write(report.read_runs(folders), tmp_path / "r", details=0)
    drawn = [n for n in names(tmp_path / "r") if n.endswith(".svg")]
    assert drawn == ["figures/bits-planted.svg", "figures/noise-planted.svg"]


def test_a_report_that_was_killed_is_written_again(runs, tmp_path, monkeypatch):
    """It is known by its page, which is written before anything else."""

    class Killed(BaseException):
        pass

    def kill(*args):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(writing, "_write_folder", kill)
        with pytest.raises(Killed):
            writing.write(runs, tmp_path / "r", figures=False)
    assert names(tmp_path / "r") == ["index.html"]
    # A process that is killed while it writes a file leaves a hidden part of it.
    (tmp_path / "r" / "index.html").rename(tmp_path / "r" / ".index.html.partial")
    writing.write(runs, tmp_path / "r", figures=False)
    assert "tables/overview.md" in names(tmp_path / "r")


def test_a_run_that_cannot_be_read_leaves_the_report_as_it_was(runs, tmp_path):
    index = writing.write(runs, tmp_path / "r")
    before = names(tmp_path / "r"), index.read_bytes()
    traces = runs[0].seed_folder / "traces"
    traces.mkdir()
    (traces / "epoch-0001.npz").write_bytes(b"no zip")
    with pytest.raises(InputError, match="traces: got"):
        writing.write(runs, tmp_path / "r")
    assert (names(tmp_path / "r"), index.read_bytes()) == before
    with pytest.raises(InputError, match="traces: got"):
        writing.write(runs, tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("module", "figures"), [("jinja2", False), ("matplotlib", True)]
)
def test_a_missing_extra_is_one_line(runs, tmp_path, monkeypatch, module, figures):
    monkeypatch.setitem(sys.modules, module, None)
    said = rf"(?i)^report needs .*{module}.*\[report\]'$"
    with pytest.raises(InputError, match=said):
        writing.write(runs, tmp_path / "r", figures=figures)
    assert not (tmp_path / "r").exists()


@pytest.mark.commands
def test_files_are_utf_8_in_every_locale_and_need_no_jax(runs, tmp_path):
    """Also where Python's default encoding is ASCII."""
    script = (
        "import sys; from pathlib import Path; from scbch_jax import report\n"
        "from scbch_jax.report import writing\n"
        "run, out = map(Path, sys.argv[1:])\n"
        "writing.write(report.read_runs([run]), out)\n"
        "assert not {'jax', 'flax', 'optax'} & sys.modules.keys()\n"
    )
    subprocess.run(
        [sys.executable, "-X", "utf8=0", "-c", script, runs[0].path, tmp_path / "r"],
        check=True,
        cwd=ROOT,
        env=os.environ | {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
    )
    for name in ("index.html", "tables/overview.csv"):
        assert "30.0 ± 14.1" in (tmp_path / "r" / name).read_text(encoding="utf-8")


def searched(folder, data="planted", **options):
    """A run that left searches."""
    experiment = Experiment(data=Data(data, **options), training=Training(epochs=1))
    write_search(write_run(folder, experiment, [[0.4]]) / "seed-0")
    return folder


def test_captions_that_cannot_be_read_fail_no_report(tmp_path):
    def display_of(run):
        raise InputError("rows: got line 1 of rows.jsonl, wanted JSON")

    runs = report.read_runs([searched(tmp_path / "a")])
    index = writing.write(runs, tmp_path / "r", display_of=display_of)
    text = index.read_text()
    assert "Pictures and captions are left out: rows: got line 1 of rows.jsonl" in text
    assert text.count('class="query"') == 4


def test_the_loss_is_explained(runs):
    figure = by_epoch.figures(runs, "r")[0]
    assert "The total loss is their weighted sum, 0.75 at the end." in figure.text
    assert "contrastive weight 0.7, quantization weight 0.3." in figure.text


def test_pictures_are_read_from_the_root_that_the_user_names(tmp_path):
    """Not from the one that a store names, which may come from someone else."""
    private = tmp_path / "private"
    private.mkdir()
    (private / "a.png").write_bytes(b"\x89PNG private")
    rng = np.random.default_rng(0)
    store.write(
        tmp_path / "store",
        image=rng.random((20, 4)),
        text=rng.random((20, 4)),
        labels=np.ones((20, 6)),
        rows=store.Rows(np.arange(2), np.arange(2, 20), np.arange(2, 20)),
        split="",
        title="",
        source={"folder or list": str(private)},
        lines=[{"text": f"text {row}", "picture": "a.png"} for row in range(20)],
    )
    run = searched(tmp_path / "a", "store", root=str(tmp_path / "store"))
    private_picture = base64.b64encode(b"\x89PNG private").decode()

    def page(root):
        out = tmp_path / "r"
        command.main(command.Report((run,), out=out, details=1, root=root))
        return (out / "index.html").read_text()

    text = page(None)
    assert private_picture not in text
    assert "“text 5”" in text
    assert "Pictures are shown if --root names their folder." in text
    assert private_picture in page(private)
    with pytest.raises(InputError, match="root: got .*gone, wanted a folder"):
        page(tmp_path / "gone")
