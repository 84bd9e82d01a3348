"""Runs that are killed or stopped, or that find a damaged checkpoint."""

import json
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from command_line import scbch
from forked import Command

pytestmark = [pytest.mark.commands, pytest.mark.slow]

EPOCHS = 11
TRAIN = [
    *("train", "configs/smoke.py", "--training.save-every=2"),
    f"--training.epochs={EPOCHS}",
    "--training.features=stream",
    "--training.precision=bfloat16",
    "--training.moments=bfloat16",
    "--options.neighbor-search=tree",
    "--options.confidence-every=3",
]


def params(folder):
    from scbch_jax import runs

    return runs.saved_params(folder)[2]


def results_of(folder):
    """The result lines of a run's first seed, without their seconds."""
    lines = (folder / "seed-0" / "results.jsonl").read_text().splitlines()
    return [
        {k: v for k, v in json.loads(line).items() if k != "seconds"} for line in lines
    ]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that was not stopped."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    finish(*TRAIN, "--out", folder)
    return folder


def finish(*words):
    """What a command logs, when all goes well."""
    process = Command(*words)
    _, said = process.communicate()
    assert process.returncode == 0, said
    return said


def same_run(folder, whole):
    import jax

    pairs = zip(*(jax.tree.leaves(params(f)) for f in (folder, whole)), strict=True)
    for actual, expected in pairs:
        np.testing.assert_array_equal(actual, expected)
    assert results_of(folder) == results_of(whole)


def test_a_stopped_and_then_killed_run_resumes_to_the_same_bits(tmp_path, whole):
    """Between two checkpoints, after the warm-up; after SIGTERM it saves first."""
    words = [*TRAIN, "--out", tmp_path / "run"]
    code, said = signalled(signal.SIGTERM, words, lines=5)
    assert code == 143
    assert "scbch: stopped after seed 0, epoch" in said
    code, said = signalled(signal.SIGKILL, [*words, "--resume"], lines=7)
    assert code == -signal.SIGKILL
    assert "stopped after" not in said
    finish(*words, "--resume")
    same_run(tmp_path / "run", whole)


def signalled(number, words, lines):
    """Exit code and log of a run that gets a signal after some epochs."""
    process = Command(*words)
    results = Path(words[words.index("--out") + 1]) / "seed-0" / "results.jsonl"
    while not results.is_file() or results.read_text().count("\n") < lines:
        assert process.poll() is None, "it ended before it could be stopped"
        time.sleep(0.005)
    process.send_signal(number)
    _, said = process.communicate()
    assert results.read_text().count("\n") < EPOCHS
    return process.returncode, said


def test_a_damaged_checkpoint_is_skipped(tmp_path, whole):
    """The previous one is used, with a warning, and the rest is trained again."""
    shutil.copytree(whole, tmp_path / "run")
    damage(tmp_path / "run" / "seed-0" / "checkpoints" / str(EPOCHS))
    said = finish(*TRAIN, "--out", tmp_path / "run", "--resume")
    assert f"checkpoints/{EPOCHS}, which cannot be read" in said
    assert "the previous one is used" in said
    same_run(tmp_path / "run", whole)


def damage(state):
    for file in state.rglob("*"):
        if file.is_file():
            file.write_bytes(file.read_bytes()[:10])


def test_damaged_checkpoints_are_one_line(tmp_path, whole):
    """In a process of its own: Orbax leaves unfinished reads behind when it fails."""
    shutil.copytree(whole, tmp_path / "run")
    damage(tmp_path / "run" / "seed-0" / "checkpoints")
    ran = scbch("encode", tmp_path / "run", "--out", tmp_path / "codes.npz")
    assert ran.returncode == 2
    (*_, line) = ran.stderr.splitlines()
    assert line.startswith("scbch: checkpoint: got ")
    assert "wanted a complete state of this configuration" in line
    assert "Traceback" not in ran.stderr
    assert "Event loop" not in ran.stderr
    assert not (tmp_path / "codes.npz").exists()
