"""Several devices and several processes give what one device gives.

Each part adds up on its own before parts are added, so sums round otherwise; over an
epoch of steps that grows to 1e-4 of a weight, and a code whose bit lies at 0 may turn.
"""

import os
import signal
import socket
import time

import numpy as np
import pytest
import tiny
from conftest import ROOT
from forked import Command

from scbch_jax import results, runs, sharding
from scbch_jax.cli import program
from scbch_jax.config import Data, Experiment, Planted, Training, experiment_file, scbch
from scbch_jax.errors import InputError

PLAN = Experiment(
    data=Data(planted=Planted(train=200, queries=40, database=240)),
    bits=16,
    options=scbch.Options(hidden=32, warmup_epochs=1, neighbors=5),
    training=Training(epochs=3, save_every=1, batch_size=64),
)


@pytest.fixture(scope="module")
def alone():
    return runs.train(PLAN)


def train(out, *words, count=1):
    flag = f"--xla_force_host_platform_device_count={count}"
    flags = f"{flag} {os.environ.get('XLA_FLAGS', '')}"
    experiment = out.with_name("config.json")
    experiment_file.save(PLAN, experiment)
    words = ("train", experiment, f"--out={out}", *words)
    return Command(*words, XLA_FLAGS=flags, JAX_PLATFORMS="cpu")


def lines_of(out):
    return results.read_results(out / "seed-0" / "results.jsonl")


def check(lines, alone):
    assert len(alone) == 3
    for line, other in zip(lines[:3], alone, strict=True):
        for name in ("total", "attraction"):
            assert line.losses[name] == pytest.approx(other.losses[name], rel=1e-4)
        for name in ("clean", "noisy", "roc_auc"):
            actual, expected = (getattr(x.confidence, name) for x in (line, other))
            assert actual == pytest.approx(expected, rel=1e-4)
        average = other.retrieval.average
        assert line.retrieval.average == pytest.approx(average, abs=2e-3)


@pytest.mark.slow
def test_eight_devices(tmp_path, alone):
    words = ("--training.data-devices=4", "--training.model-devices=2")
    process = train(tmp_path / "run", *words, count=8)
    said = process.communicate()
    assert process.returncode == 0, said
    check(lines_of(tmp_path / "run"), alone)


def check_trace(out, line):
    """What was written for figures is of all rows, and of that epoch."""
    with np.load(out / "seed-0" / "traces" / "epoch-0009.npz") as trace:
        clean = np.ones(200, bool)
        clean[np.load(out / "seed-0" / "noise.npz")["rows"]] = False
        weights = trace["confidence"].astype(float)
        assert weights[clean].mean() == pytest.approx(line.confidence.clean)
        assert weights[~clean].mean() == pytest.approx(line.confidence.noisy)
        assert trace["recall_i2t"][-1] == 1


def free_port():
    with socket.socket() as listener:
        listener.bind(("localhost", 0))
        return listener.getsockname()[1]


def both(out, *words):
    """Two processes of one run, started."""
    hosts = (f"--coordinator=localhost:{free_port()}", "--processes=2")
    shape = ("--training.data-devices=2",)
    return [train(out, *shape, *words, *hosts, f"--process={i}") for i in range(2)]


def together(out, *words):
    """What two processes print when all goes well."""
    processes = both(out, *words)
    outputs = ["".join(process.communicate()) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], "\n".join(outputs)
    return outputs


LONG = ("--training.epochs=9", "--training.save-every=9")


@pytest.fixture(scope="module")
def whole(tmp_path_factory, alone):
    """A run by two processes."""
    out = tmp_path_factory.mktemp("whole") / "run"
    first, second = together(out, *LONG)
    check(lines_of(out), alone)
    assert "results:" in first
    assert "results:" not in second
    assert "epoch" not in second
    check_trace(out, lines_of(out)[-1])
    return lines_of(out)


@pytest.mark.slow
def test_one_of_two_processes_is_asked_to_end(tmp_path, whole):
    """The one that writes nothing; both end after the same epoch, saved."""
    out = tmp_path / "run"
    processes = both(out, *LONG)
    lines = out / "seed-0" / "results.jsonl"
    while not lines.is_file() or lines.read_text().count("\n") < 3:
        assert all(process.poll() is None for process in processes)
        time.sleep(0.005)
    processes[1].send_signal(signal.SIGTERM)
    outputs = ["".join(process.communicate()) for process in processes]
    assert [process.returncode for process in processes] == [143, 143], outputs
    done = len(lines_of(out))
    assert 3 <= done < 9
    assert f"stopped after seed 0, epoch {done}" in outputs[0]
    assert [p.name for p in (out / "seed-0" / "checkpoints").iterdir()] == [str(done)]
    together(out, *LONG, "--resume")
    resumed = lines_of(out)
    assert tiny.without_seconds(resumed) == tiny.without_seconds(whole)


def test_more_devices_than_there_are():
    with pytest.raises(InputError, match="devices: got 64 data-devices times 2 mode"):
        sharding.use_mesh(64, 2)


def test_without_a_mesh_nothing_is_placed():
    rows = np.ones((3, 2))
    assert sharding.current_mesh() is None
    assert sharding.shard_batch(rows) is rows
    assert sharding.replicate(rows) is rows
    assert sharding.any_process(True)
    assert not sharding.any_process(False)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--processes=2"], "coordinator: got none for 2 processes, wanted HOST:PORT"),
        (["--coordinator=a:1"], "coordinator: got a:1, wanted HOST:PORT of several"),
        (
            ["--coordinator=a:99999999", "--processes=2"],
            "coordinator: got a:99999999, wanted HOST:PORT of several processes, with",
        ),
        (
            ["--coordinator=a", "--processes=2"],
            "coordinator: got a, wanted HOST:PORT of several",
        ),
        (
            ["--coordinator=a:1", "--processes=2", "--process=2"],
            "process: got 2, wanted 0 to 1",
        ),
    ],
)
def test_processes_that_do_not_fit_are_one_line(capsys, words, message):
    assert program.main(["train", str(ROOT / "configs" / "smoke.py"), *words]) == 2
    assert message in capsys.readouterr().err
