"""All benchmarks in one call, at sizes that measure nothing."""

import contextlib
import io
import json
import re
import subprocess
from types import SimpleNamespace

import pytest

from scbch_jax.bench.projection import project
from scbch_jax.cli import program
from scbch_jax.cli.bench import all as bench_all
from scbch_jax.cli.bench.parts import GRID, PARTS

RUN = bench_all._run


def run(folder, *words):
    return program.main(["bench", "all", "--out", str(folder), "--size=tiny", *words])


@pytest.fixture
def fewer_processes(monkeypatch):
    """Evaluation runs in processes of its own, the other parts in this one: shorter."""
    run_process = subprocess.run

    def run_part(command, **options):
        if "scbch_jax.cli" not in command or "evaluate" in command:
            return run_process(command, **options)
        words = command[command.index("scbch_jax.cli") + 1 :]
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            code = program.main(words)
        return subprocess.CompletedProcess(command, code, printed.getvalue())

    monkeypatch.setattr(subprocess, "run", run_part)


@pytest.mark.slow
@pytest.mark.usefixtures("fewer_processes")
def test_every_part_runs_once_and_the_page_shows_it(tmp_path, capsys):
    assert run(tmp_path, "--grid", "--minutes=60") == 0
    assert capsys.readouterr().out == f"{tmp_path / 'index.html'}\n"
    page = (tmp_path / "index.html").read_text()
    text = (tmp_path / "report.md").read_text()
    for part in (PARTS | GRID).values():
        assert part.title in page.replace("&#39;", "'")
        assert f"## {part.title}" in text
    assert "quantities agree" in page
    assert "all 48" in text
    assert re.search(r"\| MIRFlickr-25K, drawn \| +4 \| +8 \|", text), "4 cells"
    times = {p: p.stat().st_mtime_ns for p in tmp_path.glob("*.json")}
    assert len(times) == len(PARTS | GRID)
    assert run(tmp_path, "--grid") == 0
    assert {p: p.stat().st_mtime_ns for p in tmp_path.glob("*.json")} == times


@pytest.fixture
def parts(monkeypatch):
    """Names of the parts that are run, each of which writes what it was asked for."""
    names = []

    def run_part(folder, name, wanted, seconds):
        names.append(name)
        record = {**wanted, "seconds": 1.0, "exit_code": 0, "output": "agree"}
        (folder / f"{name.replace(' ', '-')}.json").write_text(json.dumps(record))

    cpu = {"platform": "cpu", "device": "cpu", "devices": 1}
    monkeypatch.setattr(bench_all, "_run", run_part)
    monkeypatch.setattr(bench_all, "_device", lambda: cpu)
    monkeypatch.setattr(
        bench_all,
        "PARTS",
        {name: PARTS[name] for name in ("agreement", "evaluation", "lanes")},
    )
    return names


def test_a_part_for_which_no_time_is_left_is_missing(tmp_path, parts, capsys):
    assert run(tmp_path, "--minutes", "1e-9") == 1
    assert "None of the 1e-09 minutes was left" in (tmp_path / "report.md").read_text()
    assert parts == []
    assert run(tmp_path) == 0
    assert parts == ["agreement", "evaluation", "lanes"]
    (tmp_path / "evaluation.json").unlink()
    assert run(tmp_path, "--report") == 1
    assert "missing: evaluation;" in capsys.readouterr().err
    assert run(tmp_path) == 0
    assert parts[3:] == ["evaluation"]


def test_a_part_that_exceeds_its_share_is_left_out_and_run_again(
    tmp_path, parts, monkeypatch, capsys
):
    def overdue(command, timeout, **options):
        allowed.append(timeout)
        raise subprocess.TimeoutExpired(command, timeout)

    def run_too_short():
        with monkeypatch.context() as patched:
            patched.setattr(bench_all, "_run", RUN)
            patched.setattr(bench_all.subprocess, "run", overdue)
            patched.setattr(bench_all, "time", SimpleNamespace(monotonic=lambda: 0.0))
            assert run(tmp_path, "--minutes=9", "--grid") == 1

    allowed = []
    run_too_short()
    assert allowed == [540 * share for share in (2 / 5, 1 / 3, 1 / 2, 1)]
    assert "missing: agreement, evaluation, lanes, grid" in capsys.readouterr().err
    page = (tmp_path / "index.html").read_text()
    assert page.count("It did not end within its share of the minutes") == 4
    run_too_short()
    assert allowed[4] == 2 * allowed[0]
    assert run(tmp_path, "--grid") == 0
    assert parts == ["agreement", "evaluation", "lanes", "grid"]


def test_other_sizes_and_a_damaged_part_are_run_again_or_refused(
    tmp_path, parts, capsys
):
    assert run(tmp_path) == 0
    assert program.main(["bench", "all", "--out", str(tmp_path), "--size=full"]) == 0
    assert len(parts) == 6
    (tmp_path / "lanes.json").write_text("{}")
    assert run(tmp_path, "--report") == 2
    assert "a part of bench all" in capsys.readouterr().err


def test_the_projection_scales_each_part():
    """Twice the pairs and the same rows of MIRFlickr-25K, half the steps."""
    measured = {"rows": 10_000, "queries": 2000, "items": 18_015, "batch_size": 200}
    seconds = {"step": 0.1, "encode": 3.0, "soft_labels": 5.0, "score": 7.0}
    first, *others = project({**measured, **seconds})
    assert first.title == "MIRFlickr-25K"
    assert first.epoch == pytest.approx(50 * 0.1 + 3 + 5 + 7)
    assert first.cells == pytest.approx(12 * 50 * first.epoch)
    assert len(others) == 3
