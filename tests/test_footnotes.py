"""Numbers of reconstructions stand nowhere without saying that they are."""

import dataclasses
import re

import pytest
from conftest import ROOT
from made_runs import write_run

from scbch_jax import report, sweeps
from scbch_jax.cli import program
from scbch_jax.config import (
    Data,
    Planted,
    Training,
    defaults_of,
    experiment_file,
)
from scbch_jax.config.experiment import METHOD_OPTIONS, footnotes
from scbch_jax.report import result_tables, runs, tables, titles
from scbch_jax.report.overview import overview

RECONSTRUCTIONS = ("pip_like", "ltcmh_like")


def note_of(name):
    (note,) = footnotes([name])
    return note


def experiment(name):
    return dataclasses.replace(defaults_of(name), training=Training(epochs=1))


@pytest.fixture(params=RECONSTRUCTIONS)
def name(request):
    return request.param


def test_reconstructions_are_the_methods_with_that_name():
    assert [m for m in METHOD_OPTIONS if m.endswith("_like")] == list(RECONSTRUCTIONS)
    assert len(footnotes(METHOD_OPTIONS)) == len(RECONSTRUCTIONS)
    assert all(
        note_of(m).endswith("not compared with an original implementation.")
        for m in RECONSTRUCTIONS
    )


def test_help_says_so(name, capsys):
    config = str(ROOT / "configs" / f"{name}_mirflickr.py")
    sweep = str(ROOT / "configs" / "sweeps" / "methods.py")
    for words in (["train", config], ["sweep", sweep]):
        assert program.main([*words, "--help"]) == 0
        assert note_of(name) in capsys.readouterr().out


def test_pages_and_configs_say_so(name):
    page = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
    _, section = re.split(rf"^## {name}$", page, flags=re.MULTILINE)
    (row,) = re.findall(rf"^\| `{name}` \|.*$", page, flags=re.MULTILINE)
    config = (ROOT / "configs" / f"{name}_mirflickr.py").read_text(encoding="utf-8")
    for text in (section.split("\n## ")[0], row, config):
        assert note_of(name) in " ".join(text.split())


def test_tables_of_a_report_say_so(name, tmp_path):
    folder = write_run(tmp_path / "run", experiment(name), [[0.5]])
    other = write_run(tmp_path / "other", experiment("djsrh"), [[0.5]])
    groups = runs.group_by_setting(report.read_runs([folder, other]))
    settings = result_tables.settings_of(groups)
    names = titles.setting_titles(groups)
    made = [overview(groups, names), *result_tables.paper_tables(settings)]
    assert len(made) == 2
    for table in made:
        assert f"{name} (reconstruction)" in tables.to_csv(table)
        for write in (tables.to_markdown, tables.to_latex):
            assert note_of(name) in write(table)
    others = runs.group_by_setting(report.read_runs([other]))
    assert "reconstruction" not in tables.to_markdown(overview(others, ["djsrh"]))


def test_the_table_of_a_sweep_says_so(name, tmp_path):
    planned = sweeps.runs_of([experiment(m) for m in (name, "djsrh")])
    progress = sweeps.Progress(planned)
    progress.write(tmp_path)
    for text in (progress.tables(), (tmp_path / "table.md").read_text()):
        assert text.rstrip().endswith(f"\n\n{note_of(name)}")
    assert "reconstruction" not in sweeps.Progress(planned[1:]).tables()


@pytest.mark.slow
def test_commands_say_so(name, tmp_path, capsys):
    """Below the numbers of a run; beside JSON lines, on standard error."""
    tiny = Planted(64, queries=10, database=80, classes=4, image_dim=6, words=5)
    plan = dataclasses.replace(
        defaults_of(name),
        data=Data(planted=tiny),
        bits=8,
        training=Training(epochs=1, batch_size=32),
    )
    run, options = str(tmp_path / "run"), tmp_path / "options.json"
    experiment_file.save(plan, options)
    for words in (
        ["train", str(options), "--out", run],
        ["evaluate", run],
        ["evaluate", run, "--json"],
        ["compare", run, run],
        ["compare", run, run, "--json"],
    ):
        assert program.main(words) == 0
        said = capsys.readouterr()
        shown, other = said if words[-1] != "--json" else reversed(said)
        assert note_of(name) in shown.splitlines()
        assert note_of(name) not in other
