"""Runs that are killed or stopped, or that find a damaged checkpoint."""

import functools
import json
import shutil
import signal
import time

import numpy as np
import pytest
from command_line import scbch
from forked import Command

pytestmark = [pytest.mark.commands, pytest.mark.slow]

OFTEN_SAVED = ["--training.save-every", "2", "--training.epochs", "9"]
FEWER_BITS = [
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
def undisturbed(tmp_path_factory):
    """Runs that were not stopped, by their options; each is made once."""

    @functools.cache
    def of(*options):
        folder = tmp_path_factory.mktemp("whole") / "run"
        words = ["configs/smoke.py", *OFTEN_SAVED, *options, "--out", folder]
        finish("train", *words)
        return folder

    return of


@pytest.fixture(scope="module")
def whole(undisturbed):
    return undisturbed()


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


@pytest.mark.parametrize(
    ("number", "code", "options"),
    [
        (signal.SIGTERM, 143, []),
        (signal.SIGKILL, -signal.SIGKILL, FEWER_BITS),
    ],
)
def test_a_stopped_run_resumes_to_the_same_bits(
    tmp_path, undisturbed, number, code, options
):
    """Between two checkpoints, after the warm-up; after SIGTERM it saves first."""
    words = ["train", "configs/smoke.py", *OFTEN_SAVED, *options]
    words += ["--out", str(tmp_path / "run")]
    lines = tmp_path / "run" / "seed-0" / "results.jsonl"
    process = Command(*words)
    while not lines.is_file() or lines.read_text().count("\n") < 6:
        assert process.poll() is None, "it ended before it could be stopped"
        time.sleep(0.005)
    process.send_signal(number)
    said = process.communicate()[1]
    assert process.returncode == code
    assert (number == signal.SIGTERM) == ("scbch: stopped after seed 0, epoch" in said)
    assert lines.read_text().count("\n") < 9
    finish(*words, "--resume")
    same_run(tmp_path / "run", undisturbed(*options))


def test_a_damaged_checkpoint_is_skipped(tmp_path, whole):
    """The previous one is used, with a warning, and the rest is trained again."""
    shutil.copytree(whole, tmp_path / "run")
    damage(tmp_path / "run" / "seed-0" / "checkpoints" / "9")
    words = ["train", "configs/smoke.py", *OFTEN_SAVED, "--out", tmp_path / "run"]
    said = finish(*words, "--resume")
    assert "checkpoints/9, which cannot be read" in said
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
