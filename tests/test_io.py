"""Atomic files and folders: crashes, two writers, links, devices, full disks."""

import csv
import errno
import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from scbch_jax import io
from scbch_jax.errors import InputError


def names(folder):
    return sorted(os.listdir(folder))


def write_half(path, error):
    with io.replacing(path) as file:
        file.write(b"half")
        raise error


def enter(context):
    with context:
        pass


def test_a_failure_keeps_the_old_file_and_leaves_no_other(tmp_path):
    path = tmp_path / "a.txt"
    io.write_text(path, "old")
    with pytest.raises(RuntimeError):
        write_half(path, RuntimeError())
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


KILLED = """
import os, signal
from pathlib import Path
from scbch_jax import io
with io.{function}(Path({path!r})) as new:
    {fill}
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(
    ("function", "fill"),
    [
        ("replacing", "new.write(b'half'); new.flush()"),
        ("new_folder", "(new / 'part').write_text('half')"),
    ],
)
def test_a_kill_before_the_rename_does_not_block_later_writers(
    tmp_path, function, fill
):
    path = tmp_path / "a"
    code = KILLED.format(function=function, path=str(path), fill=fill)
    ran = subprocess.run([sys.executable, "-c", code], check=False)
    assert ran.returncode == -signal.SIGKILL
    assert names(tmp_path) == [".a.partial"], "the target does not appear half-written"
    if function == "replacing":
        io.write_text(path, "new")
        assert path.read_text() == "new"
    else:
        with io.new_folder(path) as folder:
            (folder / "whole").write_text("new")
        assert names(path) == ["whole"], "what the killed process left is removed"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("write", [io.replacing, io.new_folder])
def test_the_second_of_two_writers_is_refused(tmp_path, write):
    path = tmp_path / "a"
    busy = "a: another process is writing it"
    with write(path), pytest.raises(InputError, match=busy):
        enter(write(path))
    assert names(tmp_path) == ["a"], "the first one is not disturbed"


def test_a_writer_that_waited_does_not_empty_what_the_other_renamed(
    tmp_path, monkeypatch
):
    """Opened before the other's rename, locked after it: the same file by then."""
    path, open_file = tmp_path / "a", os.open

    def open_late(name, *args, **more):
        handle = open_file(name, *args, **more)
        monkeypatch.setattr(os, "open", open_file)
        io.write_text(path, "first")
        # The other's file is now `a`; the lock is taken on the inode that it had.
        os.close(handle)
        return open_file(path, os.O_WRONLY)

    monkeypatch.setattr(os, "open", open_late)
    with pytest.raises(InputError, match="another process is writing it"):
        io.write_text(path, "second")
    assert path.read_text() == "first"


def test_a_symbolic_link_keeps_its_target(tmp_path):
    (tmp_path / "far").mkdir()
    link, target = tmp_path / "link", tmp_path / "far" / "target"
    link.symlink_to(target)
    for text in ("made through the link", "replaced through the link"):
        io.write_text(link, text)
        assert link.is_symlink()
        assert target.read_text() == text
    assert names(tmp_path / "far") == ["target"]


def test_a_link_planted_under_the_temporary_name_is_not_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / ".a.partial").symlink_to(victim)
    with pytest.raises(InputError, match="cannot write .*a: too many levels of symb"):
        io.write_text(tmp_path / "a", "new")
    assert victim.read_text() == "precious"


def test_a_loop_of_links_is_one_line(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(InputError, match="cannot write .*too many levels"):
        io.write_text(tmp_path / "a", "new")
    with pytest.raises(InputError, match="it is a folder"):
        io.write_text(tmp_path, "new")
    with pytest.raises(InputError, match="a path holds no NUL"):
        io.write_text(tmp_path / "a\0b", "new")


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    io.write_text(pipe, "hello")
    assert os.read(reader, 100) == b"hello"
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert names(tmp_path) == ["pipe"]


def test_a_pipe_that_nothing_reads_is_refused_and_not_waited_for(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="pipe: no process reads this pipe"):
        io.write_text(pipe, "hello")


def test_an_open_stream_is_written_to(tmp_path):
    """Piped, or redirected to a file, which would lose what is printed beside it."""
    code = (
        "from pathlib import Path; from scbch_jax import io; print('a', flush=True)\n"
    )
    code += "io.write_text(Path('/dev/stdout'), 'b\\n'); print('c')"
    command = [sys.executable, "-c", code]
    assert (
        subprocess.run(command, check=True, capture_output=True).stdout == b"a\nb\nc\n"
    )
    with (tmp_path / "out").open("ab") as file:
        subprocess.run(command, check=True, stdout=file)
    assert (tmp_path / "out").read_bytes() == b"a\nb\nc\n"


def test_a_device_is_written_to_and_stays_a_device(tmp_path):
    device = tmp_path / "null"
    try:
        os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        device.write_text("")
    except PermissionError:
        pytest.skip("only root may make a device node, on a file system with devices")
    io.require_writable("csv", device)
    io.write_text(device, "gone")
    assert stat.S_ISCHR(device.stat().st_mode)


def test_permissions_are_kept_and_new_files_follow_the_umask(tmp_path):
    path = tmp_path / "a"
    before = os.umask(0o027)
    try:
        io.write_text(path, "new")
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        path.chmod(0o604)
        io.write_text(path, "replaced")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_a_full_disk_is_one_line_and_keeps_the_old_file(tmp_path, monkeypatch, call):
    path = tmp_path / "a"
    io.write_text(path, "old")

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    if call != "write":
        monkeypatch.setattr(os, call, full)
    error = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(InputError, match="cannot write .*/a: no space left on device"):
        write_half(path, error) if call == "write" else io.write_text(path, "new")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a"]


def test_a_device_that_is_full_is_one_line():
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(InputError, match="cannot write /dev/full: no space left"):
        io.write_text(Path("/dev/full"), "text")


def test_an_error_about_another_file_is_not_blamed_on_the_target(tmp_path):
    with pytest.raises(FileNotFoundError), io.replacing(tmp_path / "a") as file:
        file.write((tmp_path / "gone").read_bytes())


SHUT_OUT = """
import os
from pathlib import Path
from scbch_jax import io
from scbch_jax.errors import InputError
if os.geteuid() == 0:
    os.setuid(65534)  # Root may write everywhere, so give that up.
for write in (io.require_writable, lambda _, path: io.write_text(path, "x")):
    try:
        write("out", Path({path!r}))
    except InputError as error:
        print(error)
"""


def test_a_folder_without_write_permission_is_one_line():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o555)
        code = SHUT_OUT.format(path=f"{folder}/a")
        ran = subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True
        )
        os.chmod(folder, 0o755)
    first, second = ran.stdout.splitlines()
    assert first == f"out: cannot write {folder}/a: no permission to write"
    assert second == f"cannot write {folder}/a: permission denied"


ODD = [b"\xff\xfe.txt", "ä\u2028\u202e.txt".encode(), b"back\\slash", b"x" * 255]


@pytest.mark.parametrize("name", [*ODD, "字".encode() * 85])
def test_names_with_odd_bytes_and_of_full_length(tmp_path, name):
    path = tmp_path / os.fsdecode(name)
    io.write_text(path, "text")
    assert os.listdir(os.fsencode(tmp_path)) == [name]


def test_text_is_utf_8_whatever_it_holds(tmp_path):
    path = tmp_path / "a"
    io.write_text(path, "ä \ud800 " + os.fsdecode(b"\xff"))
    assert path.read_bytes().decode("utf-8") == "ä \\ud800 \\udcff"


def test_what_can_be_written_is_known_before(tmp_path):
    io.require_writable("out", tmp_path / "a.npz", ".npz")
    for path in (tmp_path, tmp_path / "no" / "a", Path("")):
        with pytest.raises(InputError, match="out: got .*wanted a file in a folder"):
            io.require_writable("out", path)
    with pytest.raises(InputError, match="wanted a file ending in .npz or .npy"):
        io.require_writable("out", tmp_path / "a", ".npz", ".npy")


def test_a_folder_that_is_there_is_refused_before_any_work(tmp_path):
    (tmp_path / "a").mkdir()
    with io.new_folder(tmp_path / "a") as folder:
        (folder / "file").write_text("")
    with pytest.raises(InputError, match="cannot write .*/a: it exists already"):
        enter(io.new_folder(tmp_path / "a"))
    assert names(tmp_path / "a") == ["file"]


def test_commas_and_quotes_come_back_out_of_a_csv(tmp_path):
    row = ["a,b", 'say "x"', "two\nlines", "ä"]
    io.write_csv(tmp_path / "a.csv", ["source", "x", "y", "z"], [row])
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file))[1] == row


def test_a_line_cut_short_by_a_crash_is_dropped_and_written_over(tmp_path):
    path = tmp_path / "a.jsonl"
    io.append_jsonl(path, {"epoch": 1, "loss": np.inf, "parts": [np.nan, 2.0]})
    with path.open("a") as file:
        file.write('{"epoch": 2, "lo')
    whole = {"epoch": 1, "loss": None, "parts": [None, 2.0]}
    assert io.read_jsonl(path) == [whole]
    io.append_jsonl(path, {"epoch": 2})
    assert io.read_jsonl(path) == [whole, {"epoch": 2}]
    path.write_text('{"epoch": 2, "lo')
    io.append_jsonl(path, {"epoch": 1})
    assert io.read_jsonl(path) == [{"epoch": 1}]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"9" * 5000, "Exceeds the limit"),
        (b"[" * 100_000, "RecursionError|recursion"),
        (b"\xff", "codec"),
        (b"{", "Expecting"),
    ],
)
def test_json_that_cannot_be_read_is_one_line(tmp_path, content, message):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        io.read_json(tmp_path / "a.json", "config")
    assert str(caught.value).startswith("config: got ")
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_says_why(tmp_path):
    with pytest.raises(InputError, match="cannot read .*gone: no such file"):
        io.read_json(tmp_path / "gone")
    with pytest.raises(InputError, match="cannot read .*: is a directory"):
        io.read_json(tmp_path)


def test_arrays_are_written_and_replaced(tmp_path):
    path = tmp_path / "a.npz"
    for rows in (3, 2):
        io.write_npz(path, a=np.arange(rows), b=np.ones((rows, 2)))
        with np.load(path) as found:
            np.testing.assert_array_equal(found["a"], np.arange(rows))
            np.testing.assert_array_equal(found["b"], np.ones((rows, 2)))
    assert names(tmp_path) == ["a.npz"]


def test_a_locked_folder_is_for_one_process(tmp_path):
    folder = tmp_path / "new" / "folder"
    busy = "cannot write .*folder: another process is writing it"
    with io.locked_folder(folder), pytest.raises(InputError, match=busy):
        enter(io.locked_folder(folder))
    enter(io.locked_folder(folder))


def test_parents_that_were_made_for_a_folder_go_with_it(tmp_path):
    with (
        pytest.raises(KeyboardInterrupt),
        io.new_folder(tmp_path / "a" / "b" / "c"),
    ):
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_a_parent_that_is_a_file_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(InputError, match="cannot write .*/s/t: not a directory"),
        io.new_folder(tmp_path / "file" / "s" / "t"),
    ):
        pass


def test_lines_of_json_end_at_newlines_alone(tmp_path):
    """And a byte order mark and empty lines are skipped."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": "1\u20282"}\r\n\n{"a": "3"}', "utf-8-sig")
    assert list(io.iterate_jsonl(path, "rows")) == [{"a": "1\u20282"}, {"a": "3"}]
    path.write_text('{}\n{"a": \n')
    with pytest.raises(InputError, match=r"rows: got line 2 of .* wanted JSON"):
        list(io.iterate_jsonl(path, "rows"))
