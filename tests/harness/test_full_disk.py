"""Every command that writes, on a disk that fills up under it."""

import contextlib
import os
import re
import subprocess

import pytest
from harness import folders
from harness.commands import COMMANDS, FILLING

pytestmark = [pytest.mark.slow, pytest.mark.nightly, pytest.mark.commands]

SHARES = (0.0, 0.5, 0.95)
"""Room on the disk, as a share of what the command writes."""

PAGE = 4096
"""What a tmpfs gives room in; a file takes a multiple of it."""

EARLIER = b"an earlier result"

SAYS = re.compile("no space|disk is full|disk full|full disk", re.IGNORECASE)


@contextlib.contextmanager
def _disk(folder, size):
    """A disk of `size` bytes in a folder; skips the test where none may be mounted."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "scbch-test", str(folder)]
    if os.geteuid() != 0:
        pytest.skip("to mount a small disk takes root")
    mounted = subprocess.run(command, check=False, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _grow(folder):
    """Makes room on a disk."""
    command = ["mount", "-o", "remount,size=1g", str(folder)]
    subprocess.run(command, check=True)


@pytest.mark.parametrize("name", FILLING)
def test_a_full_disk_is_one_line(harness, tmp_path, is_asked, record_property, name):
    whole = harness.whole(name)
    problems, count = [], 0
    for number, share in enumerate(SHARES):
        label = f"{name}: room for {share:.0%}"
        if is_asked(label):
            room = int(share * _pages(whole.folder))
            # A disk that is full has room for earlier results and what fills it.
            pages = max(1, room) if share else 1 + len(COMMANDS[name].writes)
            with _disk(tmp_path / f"{number}", PAGE * pages) as folder:
                was_full, said = _check(harness, name, folder, fill=not share)
            count += was_full
            problems += [f"{label}\n  {line}" for line in said]
    record_property("harness: full disks", count)
    if problems:
        lines = [f"scbch {COMMANDS[name].call}", *problems]
        pytest.fail("\n".join(lines), pytrace=False)


def _pages(folder):
    """How many pages the files of a folder take."""
    sizes = [p.lstat().st_size for p in folder.rglob("*") if p.is_file()]
    return sum(-(-size // PAGE) for size in sizes)


def _check(harness, name, folder, *, fill):
    """Whether the disk was full, and what went wrong."""
    command, whole = COMMANDS[name], harness.whole(name)
    earlier = EARLIER if fill and command.replaces else None
    for output in command.writes if earlier else ():
        (folder / output).write_bytes(earlier)
    if fill:
        _fill(folder / "filler")
    before = folders.listing(folder).keys()
    ran = harness.run(harness.words(command), folder)
    if ran.code == 0:
        return False, []
    problems = [*_of_the_message(ran, command)]
    if not command.grows:
        problems += [*_of_what_is_left(harness, name, folder, before, earlier)]
    (folder / "filler").unlink(missing_ok=True)
    _grow(folder)
    ran = harness.run([*harness.words(command), *command.again.split()], folder)
    if ran.code != 0:
        said = ran.err.strip()[-300:]
        problems.append(f"with room again, it ended with {ran.code}: {said}")
    elif difference := whole.difference(folders.contents(folder)):
        problems.append(f"with room again, it left other files: {difference}")
    return True, problems


def _fill(path):
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while file.write(bytes(PAGE)):
            pass


def _of_what_is_left(harness, name, folder, before, earlier):
    for output in harness.half_written(name, folder, earlier):
        yield f"{output} is half-written"
    tops = {path.split("/")[0] for path in folders.listing(folder).keys() - before}
    more = sorted(tops - {*COMMANDS[name].writes})
    # Pictures that were computed are kept for the next call.
    if more := [path for path in more if not path.endswith(".partial")]:
        yield f"left over: {more}"


def _of_the_message(ran, command):
    lines = ran.err.strip().splitlines() or ["nothing"]
    if ran.hung or ran.code not in {*command.codes} - {0}:
        yield f"ended with {ran.code}, hung: {ran.hung}"
    if "Traceback" in ran.err:
        yield f"a traceback: {lines[-1][:300]}"
    elif not SAYS.search(ran.err):
        yield f"it does not say that the disk is full: {lines[-1][:300]}"
