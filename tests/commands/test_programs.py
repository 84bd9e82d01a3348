"""The programs as a person types them, in processes of their own."""

import functools
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import coco_files
import numpy as np
import picture_folders
import pytest
from conftest import MIRFLICKR, ROOT

pytestmark = pytest.mark.commands

OFTEN_SAVED = ["--training.save-every", "2", "--training.epochs", "9"]
FEWER_BITS = [
    "--training.features=stream",
    "--training.precision=bfloat16",
    "--training.moments=bfloat16",
]
SCBCH = [sys.executable, "-m", "scbch_jax.cli"]


SURROUNDINGS = {**os.environ, "PYTHONPATH": str(ROOT), "SCBCH_DATA": str(MIRFLICKR)}


def scbch(*words, folder=ROOT):
    return subprocess.run(
        [*SCBCH, *map(str, words)],
        cwd=folder,
        env=SURROUNDINGS,
        check=False,
        capture_output=True,
        text=True,
    )


def params(folder):
    from scbch_jax import run_folder

    return run_folder.saved_params(folder)[2]


def records_of(folder):
    """The result lines of a run's first seed, all but their times."""
    lines = (folder / "seed-0" / "results.jsonl").read_text().splitlines()
    return [
        {k: v for k, v in json.loads(line).items() if k != "seconds"} for line in lines
    ]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Runs that nothing disturbed, by their options; each is made once."""

    @functools.cache
    def of(*options):
        folder = tmp_path_factory.mktemp("whole") / "run"
        words = ["configs/smoke.py", *OFTEN_SAVED, *options, "--out", folder]
        ran = scbch("train", *words)
        assert ran.returncode == 0, ran.stderr
        return folder

    return of


@pytest.fixture(scope="module")
def whole(undisturbed):
    return undisturbed()


def same_run(folder, whole):
    import jax

    pairs = zip(*(jax.tree.leaves(params(f)) for f in (folder, whole)), strict=True)
    for ours, theirs in pairs:
        np.testing.assert_array_equal(ours, theirs)
    assert records_of(folder) == records_of(whole)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code", "options"),
    [
        (signal.SIGKILL, -signal.SIGKILL, []),
        (signal.SIGTERM, 143, []),
        (signal.SIGKILL, -signal.SIGKILL, FEWER_BITS),
    ],
)
def test_a_stopped_run_goes_on_to_the_same_bits(
    tmp_path, undisturbed, number, code, options
):
    """Between two checkpoints, after the warm-up; asked to end, it saves first."""
    words = ["train", "configs/smoke.py", *OFTEN_SAVED, *options]
    words += ["--out", str(tmp_path / "run")]
    lines = tmp_path / "run" / "seed-0" / "results.jsonl"
    process = subprocess.Popen(
        [*SCBCH, *words],
        cwd=ROOT,
        env=SURROUNDINGS,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not lines.is_file() or lines.read_text().count("\n") < 6:
        assert process.poll() is None, "it ended before it could be stopped"
        time.sleep(0.005)
    os.kill(process.pid, number)
    said = process.communicate()[1]
    assert process.returncode == code
    assert (number == signal.SIGTERM) == ("scbch: stopped after seed 0, epoch" in said)
    assert lines.read_text().count("\n") < 9
    went_on = scbch(*words, "--resume")
    assert went_on.returncode == 0, went_on.stderr
    same_run(tmp_path / "run", undisturbed(*options))


@pytest.mark.slow
def test_a_damaged_state_is_passed_over(tmp_path, whole):
    """The one before it is used, with a warning, and the rest trained again."""
    shutil.copytree(whole, tmp_path / "run")
    damage(tmp_path / "run" / "seed-0" / "checkpoints" / "9")
    words = ["train", "configs/smoke.py", *OFTEN_SAVED, "--out", tmp_path / "run"]
    ran = scbch(*words, "--resume")
    assert ran.returncode == 0, ran.stderr
    assert "checkpoints/9, which cannot be read" in ran.stderr
    assert "the one before it is used" in ran.stderr
    same_run(tmp_path / "run", whole)


def damage(state):
    for file in state.rglob("*"):
        if file.is_file():
            file.write_bytes(file.read_bytes()[:10])


@pytest.mark.slow
def test_damaged_states_are_one_line(tmp_path, whole):
    """In a process of its own: Orbax leaves unfinished reads behind when it fails."""
    shutil.copytree(whole, tmp_path / "run")
    damage(tmp_path / "run" / "seed-0" / "checkpoints")
    ran = scbch("encode", tmp_path / "run", "--out", tmp_path / "codes.npz")
    assert ran.returncode == 2
    assert "scbch: checkpoint: got " in ran.stderr.splitlines()[-1]
    assert "wanted a whole state of this configuration" in ran.stderr
    assert not (tmp_path / "codes.npz").exists()


def test_help_answers_without_jax():
    """What help imports is what its speed depends on; a time would only be a guess."""
    for words in (["--help"], ["train", "--help"], ["encode", "--help"]):
        code = (
            "import sys; from scbch_jax import cli\n"
            f"try: cli.main({words})\nexcept SystemExit: pass\n"
            "assert not {'jax', 'scipy', 'flax'} & sys.modules.keys()"
        )
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize("words", ["--help", "data show"])
def test_a_reader_that_stops_is_no_traceback(words):
    """The pipe is closed before anything is written."""
    command = f"{shlex.join(SCBCH)} {words} | true; exit ${{PIPESTATUS[0]}}"
    ran = subprocess.run(
        ["bash", "-c", f"sleep 0.2 | true; {command}"],
        env=SURROUNDINGS,
        check=False,
        capture_output=True,
        text=True,
    )
    assert ran.stderr == ""
    assert ran.returncode in (0, 141)


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def written_blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(), re.DOTALL)


def written_commands(page):
    blocks = written_blocks(page, "sh")
    lines = [line for block in blocks for line in block.splitlines()]
    commands = [line.split("#")[0].strip() for line in lines]
    return [c for c in commands if c]


def pages_with(found):
    return pytest.mark.parametrize(
        "page", [p for p in PAGES if found(p)], ids=lambda p: p.stem
    )


def test_the_pages_have_commands_and_programs():
    assert sum(len(written_commands(page)) for page in PAGES) > 30
    assert sum(len(written_blocks(page, "python")) for page in PAGES) > 3


ELSEWHERE = ("bin/test", "bin/demo", "bin/scbch crosscheck")
"""Commands that other tests run: this suite itself, the demo below, and agreement/."""


def write_assumed(folder):
    """The files that the pages say a reader has."""
    (folder / "mirflickr25k").symlink_to(MIRFLICKR)
    rng = np.random.default_rng(0)
    labels = rng.random((60, 4)) < 0.4
    arrays = {"photos": rng.normal(size=(60, 8)), "notes": rng.random((60, 5))}
    np.savez(folder / "mine.npz", **arrays, topics=labels.astype(np.uint8))
    picture_folders.draw(folder / "pictures")
    np.savez(folder / "rows.npz", held_out=np.arange(10), learn=np.arange(20, 60))


@pytest.fixture(scope="module")
def coco(tmp_path_factory):
    """TFDS's folder of data, with a tiny coco_captions in it."""
    folder = tmp_path_factory.mktemp("coco")
    coco_files.prepare(folder / "raw", folder / "data")
    return folder / "data"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """What the other pages take from the README: a run and a sweep."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "configs").symlink_to(ROOT / "configs")
    for words in (
        ["train", "configs/smoke.py", "--out", "runs/smoke"],
        ["sweep", "configs/sweeps/smoke.py"],
    ):
        ran = scbch(*words, "--training.epochs", "1", folder=folder)
        assert ran.returncode == 0, ran.stderr
    return folder / "runs"


@pytest.mark.slow
@pages_with(written_commands)
def test_every_command_of_a_page_runs(page, tmp_path, capsys, trained, coco):
    """In order, in one folder; training is cut short, and narrow on real data."""
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    write_assumed(tmp_path)
    (tmp_path / "tensorflow_datasets").symlink_to(coco)
    if page.stem != "README":
        shutil.copytree(trained, tmp_path / "runs")
    for command in written_commands(page):
        program, *words = shlex.split(command)
        if command.startswith(ELSEWHERE):
            continue
        if "mirflickr" in command and not MIRFLICKR.is_dir():
            with capsys.disabled():
                print(f"\nleft out, no files in {MIRFLICKR}: {command}")
            continue
        if words[0] in ("train", "sweep"):
            words += ["--training.epochs", "1"]
        if words[0] == "train" and "mirflickr" in command:
            words += ["--options.hidden", "16"]
        assert program == "bin/scbch"
        ran = scbch(*words, folder=tmp_path)
        assert ran.returncode == 0, f"{command}\n{ran.stderr}"


@pytest.mark.slow
@pages_with(lambda page: written_blocks(page, "python"))
def test_every_program_of_a_page_runs(page, tmp_path):
    for block in written_blocks(page, "python"):
        subprocess.run(
            [sys.executable, "-W", "error", "-c", block],
            cwd=tmp_path,
            env=SURROUNDINGS,
            check=True,
            capture_output=True,
        )


@pytest.mark.slow
def test_the_demo_tells_the_methods_apart(tmp_path):
    ran = scbch("demo", "--out", "out", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    page = ran.stdout.splitlines()[-1]
    assert page == str(Path("out") / "report" / "index.html")
    assert "data:image/png" in (tmp_path / page).read_text(), "scenes are shown"
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in ran.stdout.splitlines()
        if line.startswith("| SCBCH")
    ]
    table = {row[0].split(",")[0]: [float(c) for c in row[1:6]] for row in rows}
    assert list(table) == ["SCBCH", "SCBCH-1", "SCBCH-2", "SCBCH-3", "SCBCH-4"]
    assert table["SCBCH"][2] > table["SCBCH-2"][2] + 10
    assert table["SCBCH"][3] > table["SCBCH"][4] + 0.03, "noisy rows weigh less"


def test_the_programs_in_bin_are_shell_that_parses():
    for name in ("scbch", "demo", "test", "environment"):
        subprocess.run(["sh", "-n", str(ROOT / "bin" / name)], check=True)
