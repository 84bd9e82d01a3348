"""`scbch sweep`: its output, its files, and sweeps that are killed."""

import csv
import json
import multiprocessing
import os
import shutil
import signal
import time
from types import SimpleNamespace

import jax
import numpy as np
import pytest
from conftest import ROOT
from made_runs import write_run

from scbch_jax import runs
from scbch_jax.cli import program
from scbch_jax.config import Experiment
from scbch_jax.config.experiment import METHOD_OPTIONS
from scbch_jax.results import EpochResult

SMOKE = str(ROOT / "configs" / "sweeps" / "smoke.py")
METHODS = str(ROOT / "configs" / "sweeps" / "methods.py")

TWELVE = """
from scbch_jax.config import Data, Experiment, Noise, Planted, Training, scbch


def get_sweep():
    tiny = Planted(80, queries=20, database=90, classes=4, image_dim=16, words=24)
    for number, rate in enumerate((0.2, 0.5, 0.8)):
        for epochs, often in ((4, (2, 2)), (5, (2 * number + 1, 2 * number + 2))):
            for seed in (0, 1):
                yield Experiment(
                    data=Data(planted=tiny),
                    noise=Noise("swap", rate),
                    bits=8,
                    options=scbch.Options(
                        hidden=16, neighbors=3, warmup_epochs=2, image_layers=2
                    ),
                    hparams=scbch.HParams(learning_rate=1e-3),
                    training=Training(epochs, batch_size=40, save_every=often[seed]),
                    seeds=(seed,),
                )
"""
"""Six runs that share a program, and six that each have a schedule of their own."""


@pytest.fixture
def twelve(tmp_path):
    path = tmp_path / "twelve.py"
    path.write_text(TWELVE)
    return path


@pytest.fixture(scope="module")
def processes():
    """Processes of their own, forked from one that has imported JAX, not started it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["scbch_jax.cli.sweep"])
    return context


def without_seconds(line):
    return {k: v for k, v in line.items() if k != "seconds"}


def lines_of(out):
    """Whole result lines of all runs, by file."""
    found = {}
    for path in sorted(out.glob("runs/*/seed-*/results.jsonl")):
        text = path.read_text()
        lines = text[: text.rfind("\n") + 1].splitlines()
        found[path.relative_to(out)] = [without_seconds(json.loads(x)) for x in lines]
    return found


def traces_of(out):
    """Traces of all runs, by file."""
    found = sorted(out.glob("runs/*/seed-*/traces/*"))
    return {path.relative_to(out): path.read_bytes() for path in found}


def kill_at(process, out, *, lines, pause):
    """SIGKILL, a moment after the sweep has moved on to so many lines."""
    before = lines_of(out)
    while (now := lines_of(out)) == before or sum(map(len, now.values())) < lines:
        assert process.is_alive(), f"it ended before it was killed at {lines}"
        time.sleep(0.002)
    time.sleep(pause)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL


@pytest.mark.commands
@pytest.mark.slow
@pytest.mark.parametrize("kills", [1, pytest.param(5, marks=pytest.mark.nightly)])
def test_a_killed_sweep_has_the_same_records(twelve, tmp_path, processes, kills):
    """Twelve runs, killed at random moments and resumed each time."""
    seed = int.from_bytes(os.urandom(4))
    rng = np.random.default_rng(seed)
    print(f"moments drawn from seed {seed}")

    def started(out):
        words = ["sweep", str(twelve), "--lanes", "8", "--out", str(out)]
        process = processes.Process(target=program.main, args=(words,))
        process.start()
        return process

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    undisturbed = started(whole)
    for lines in sorted(rng.choice(np.arange(1, 45), kills, replace=False)):
        kill_at(started(killed), killed, lines=lines, pause=rng.uniform(0, 0.05))
    for process in (started(killed), undisturbed):
        process.join()
        assert process.exitcode == 0
    expected = lines_of(whole)
    assert sorted(map(len, expected.values())) == [4] * 6 + [5] * 6
    assert lines_of(killed) == expected
    assert len(traces_of(whole)) == 12 * 4
    assert traces_of(killed) == traces_of(whole)
    names = sorted(path.name for path in whole.glob("runs/*"))
    for name in names:
        paths = [out / "runs" / name / "summary.json" for out in (whole, killed)]
        summaries = [json.loads(path.read_text()) for path in paths]
        for which in ("last", "best"):
            one, other = (without_seconds(summary[which]) for summary in summaries)
            assert one == other
    for name in (names[0], names[-1]):
        pair = [runs.saved_params(out / "runs" / name) for out in (whole, killed)]
        for result, expected in zip(
            *(jax.tree.leaves(x[2]) for x in pair), strict=True
        ):
            np.testing.assert_array_equal(result, expected)


def test_options_are_put_in_every_experiment():
    words = ["--options.hidden", "32", "--data.root", "/d", "--seeds", "0", "1", "2"]
    options = program.parse(
        "sweep", [SMOKE, *words, "--lanes", "4", "--only", "16bits"]
    )
    assert len(options.experiments) == 3
    assert {e.options.hidden for e in options.experiments} == {32}
    assert {e.data.root for e in options.experiments} == {"/d"}
    assert {e.seeds for e in options.experiments} == {(0, 1, 2)}
    assert [e.noise.rate for e in options.experiments] == [0.2, 0.5, 0.8]
    assert (options.lanes, options.only, options.name) == (4, ("16bits",), "smoke")
    plain = program.parse("sweep", [SMOKE, "--delete-checkpoints"])
    assert plain.lanes == 1
    assert [e.options.hidden for e in plain.experiments] == [64] * 3


def test_an_option_of_all_methods_is_put_in_every_experiment():
    options = program.parse("sweep", [METHODS, "--options.hidden", "1024"])
    found = {(e.method, e.options.hidden) for e in options.experiments}
    assert found == {(name, 1024) for name in METHOD_OPTIONS}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "config: got none, wanted a file, or a name such as smoke, as the first"),
        (["gone.py"], "sweep: got gone.py, wanted a file that exists"),
        ([SMOKE, "--bits", "7"], "bits: got 7, wanted a positive multiple of 8"),
        ([SMOKE, "--lanes", "0"], "lanes: got 0, wanted a whole number from 1 to"),
        ([SMOKE, "--lanes", "9999"], "lanes: got 9999, wanted a whole number from"),
        ([SMOKE, "--way", "one"], "unknown option --way"),
        ([SMOKE, "--nose", "1"], "unknown option --nose"),
        (
            [METHODS, "--options.neighbors", "9"],
            "an option of method scbch, dgcpn, in an experiment of method ucch",
        ),
        (
            [METHODS, "--options.ranking", "bidirectional"],
            "which is an option of method nrch, in an experiment of method scbch",
        ),
        ([SMOKE, "--only", "moon"], "only: got moon, wanted words of names"),
        ([str(ROOT / "configs" / "smoke.py")], "wanted a function get_sweep()"),
    ],
)
def test_bad_input_is_one_line(capsys, monkeypatch, tmp_path, words, message):
    monkeypatch.chdir(tmp_path)
    assert program.main(["sweep", *words]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("scbch: ")
    assert said.err.count("\n") == 1
    assert message in said.err
    assert not list(tmp_path.iterdir()), "nothing half-written"


@pytest.mark.slow
def test_a_sweep_logs_its_progress_and_what_failed(
    twelve, tmp_path, capsys, monkeypatch
):
    """One run cannot be trained, so that the exit code is 1."""
    monkeypatch.setattr("scbch_jax.cli.sweep.LOG_INTERVAL", 1e9)
    more = '    yield Experiment(data=Data("coco", "gone"), seeds=(1,))\n'
    twelve.write_text(TWELVE.replace("0.2, 0.5, 0.8", "0.2, 0.5") + more)
    out = tmp_path / "s"
    words = ["sweep", str(twelve), "--out", str(out)]
    assert program.main([*words, "--only", "seed1"]) == 1
    said = capsys.readouterr()
    notes = said.err.splitlines()
    assert len(notes) == 6
    for number, note in enumerate(notes[:5], start=1):
        assert note.startswith(f"{number} of 5, ")
    assert "planted-scbch-swap50-8bits-seed1-" in notes[3]
    assert notes[4].startswith("5 of 5, 0 s left  coco-")
    assert notes[5].startswith("failed: coco-scbch-swap50-64bits-seed1-")
    assert "data.root: got gone, which is not a folder" in notes[5]
    assert "| data.name | noise.rate | training.epochs |" in said.out
    assert "1 failed" in said.out
    assert (out / "table.md").read_text().strip() in said.out
    records = [json.loads(x) for x in (out / "runs.jsonl").read_text().splitlines()]
    states = [r["state"] for r in records]
    assert states == ["finished"] * 4 + ["failed"]
    with (out / "runs.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [r["state"] for r in rows] == states
    for row, record in zip(rows[:4], records, strict=False):
        assert float(row["last average"]) == record["last"]["retrieval"]["average"]
        assert float(row["noise.rate"]) == record["options"]["noise.rate"]
        assert float(row["best average"]) >= float(row["last average"])
    page = (out / "report" / "index.html").read_text()
    assert "5 runs on planted, MS-COCO, 4 of them finished" in page
    before = (out / "runs.csv").read_text(), (out / "table.md").read_text()
    assert program.main([*words, "--only", "planted", "seed1"]) == 0
    assert "coco" not in capsys.readouterr().out
    after = (out / "runs.csv").read_text(), (out / "table.md").read_text()
    assert sorted(after[0]) == sorted(before[0]), "a part does not cut the tables"
    assert "1 failed" in after[1]


def test_without_a_terminal_a_long_run_logs_now_and_then(tmp_path, capsys, monkeypatch):
    from scbch_jax.cli import sweep
    from scbch_jax.sweeps import Progress, runs_of

    monkeypatch.setattr(sweep, "LOG_INTERVAL", 10.0)
    clock = iter([0.0, 9.0, 11.0, 11.0, 20.0, 22.0, 22.0])
    monkeypatch.setattr(sweep, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    (run,) = runs_of([Experiment(seeds=(3,))])
    display = sweep._Display(Progress([run]), tmp_path, None)
    for epoch in (1, 2, 3, 4):
        display.on_epoch(run, EpochResult(3, epoch, {"total": 1.0}, seconds=9.0))
    logged = capsys.readouterr().err.splitlines()
    assert [line.split("  ")[-1] for line in logged] == [
        "epoch 2 of 50",
        "epoch 4 of 50",
    ]
    assert logged[0].startswith("0 of 1, ")


def test_a_report_that_cannot_be_written_is_said(tmp_path, capsys):
    from scbch_jax.cli import sweep

    write_run(tmp_path / "runs" / "one", Experiment(), [[0.5]])
    assert sweep.write_report(tmp_path)
    page = tmp_path / "report" / "index.html"
    assert "1 run on planted" in page.read_text()
    shutil.rmtree(tmp_path / "report" / "tables")
    assert sweep.write_report(tmp_path), "one that was not completed is replaced"
    assert list((tmp_path / "report" / "tables").iterdir())
    (tmp_path / "report" / "letter.txt").write_text("dear")
    page.unlink()
    assert not sweep.write_report(tmp_path)
    assert "no report: out: got" in capsys.readouterr().err
    assert not page.exists()
