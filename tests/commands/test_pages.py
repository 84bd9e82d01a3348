"""Every command and every program of the README and of docs/ runs as it stands."""

import contextlib
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import coco_files
import numpy as np
import picture_folders
import pytest
from conftest import MIRFLICKR, ROOT

from scbch_jax.cli import program

pytestmark = pytest.mark.commands


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
    for name in ("features", "more-features"):
        (folder / name).mkdir()
        for modality, width in (("image", 128), ("text", 300)):
            np.save(folder / name / f"{modality}.npy", rng.random((60, width)))
    picture_folders.draw(folder / "pictures")
    (folder / "more-pictures").mkdir()
    picture_folders.draw(folder / "more-pictures" / "later", count=3)
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
        with contextlib.chdir(folder):
            assert program.main([*words, "--training.epochs", "1"]) == 0
    return folder / "runs"


@pytest.mark.slow
@pages_with(written_commands)
def test_every_command_of_a_page_runs(
    page, tmp_path, capsys, monkeypatch, trained, coco
):
    """In order, in one folder; training is cut short, and narrow on real data.

    All in this process, which has imported and compiled much already.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCBCH_DATA", str(MIRFLICKR))
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    write_assumed(tmp_path)
    (tmp_path / "tensorflow_datasets").symlink_to(coco)
    if page.stem != "README":
        shutil.copytree(trained, tmp_path / "runs")
    for command in written_commands(page):
        called, *words = shlex.split(command)
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
        assert called == "bin/scbch"
        ran = in_this_process(capsys, *words, folder=tmp_path)
        assert ran.returncode == 0, f"{command}\n{ran.stderr}"


def in_this_process(capsys, *words, folder):
    """What `command_line.scbch` returns, without the start of a process."""
    assert Path.cwd() == folder
    returncode = program.main(words)
    said = capsys.readouterr()
    return subprocess.CompletedProcess(words, returncode, said.out, said.err)


@pytest.mark.slow
@pages_with(lambda page: written_blocks(page, "python"))
def test_every_program_of_a_page_runs(page, tmp_path, monkeypatch):
    """In one folder; in this process, as the commands."""
    monkeypatch.chdir(tmp_path)
    for block in written_blocks(page, "python"):
        exec(compile(block, page.name, "exec"), {"__name__": "__main__"})
