"""Files: the one writer of everything, and JSON in and out.

What is written appears whole or not at all: it is written beside its target under a
temporary name of its own, synced to disk and renamed. Devices and pipes are written to
as they are, and a symbolic link keeps pointing where it points.
"""

import contextlib
import fcntl
import json
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from scbch_jax.errors import InputError, require

Record = dict[str, Any]


def require_writable(field: str, path: Path, *suffixes: str) -> None:
    """Checks a target file before any work is done for it.

    Args:
        field: the option that names it.
        path: the file.
        suffixes: endings that it may have; any if none is given.

    Raises:
        InputError: if no file can be written there.
    """
    path = Path(path)
    if suffixes:
        wanted = f"a file ending in {' or '.join(suffixes)}"
        require(path.suffix in suffixes, field, path, wanted)
    parent = path.absolute().parent
    fits = parent.is_dir() and not path.is_dir() and os.access(parent, os.W_OK)
    require(fits, field, path, "a file in a folder that exists and can be written")


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Opens a file for writing that takes the place of `path` once it is whole.

    Until then it is `.NAME.partial` beside it; what a killed process left under that
    name is written over.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "greeting.txt"
        >>> with replacing(path) as file:
        ...     _ = file.write(b"hello")
        >>> path.read_text()
        'hello'

    Raises:
        InputError: if it cannot be written, or another process is writing it; the file
            of before, if any, is kept.
    """
    path = Path(os.path.realpath(path))
    with _as_input_error(path):
        if path.exists() and not path.is_file():
            with path.open("wb") as file:
                yield file
            return
        partial = _partial(path)
        # Neither truncated before it is locked, nor in append mode: zip files seek.
        handle = os.open(partial, os.O_RDWR | os.O_CREAT, 0o666)
        with os.fdopen(handle, "wb") as file:
            _lock(handle, path)
            try:
                file.truncate(0)
                yield file
                file.flush()
                os.fsync(file.fileno())
                if path.exists():
                    os.chmod(partial, stat.S_IMODE(path.stat().st_mode))
                os.replace(partial, path)
            except BaseException:
                partial.unlink(missing_ok=True)
                raise
        sync_folder(path.parent)


def write_text(path: Path, text: str) -> None:
    """Writes a text file in UTF-8, whole or not at all."""
    with replacing(path) as file:
        file.write(text.encode("utf-8", "surrogateescape"))


def write_json(path: Path, value: Any) -> None:
    """Writes a JSON file, whole or not at all."""
    write_text(path, json.dumps(value, indent=2) + "\n")


def write_npz(path: Path, **arrays: Any) -> None:
    """Writes arrays by name, whole or not at all."""
    with replacing(path) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type] -- arrays, no options


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Makes a folder that appears at `path` once it is whole.

    Until then it is `.NAME.partial` beside it; what a killed process left under that
    name is removed.

    Yields:
        The folder to fill.

    Raises:
        InputError: if nothing can be written there, or another process is at it.
    """
    path = Path(path).absolute()
    partial = _partial(path)
    with _as_input_error(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = _open_folder(partial, path)
        try:
            for left in partial.iterdir():
                shutil.rmtree(left) if left.is_dir() else left.unlink()
            yield partial
            sync_tree(partial)
            os.rename(partial, path)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        finally:
            os.close(handle)
        sync_folder(path.parent)


@contextlib.contextmanager
def locked_folder(path: Path) -> Iterator[None]:
    """Makes a folder if it is missing, and keeps other processes out of it.

    Raises:
        InputError: if it cannot be made, or another process has it.
    """
    with _as_input_error(path):
        path.mkdir(parents=True, exist_ok=True)
        handle = _open_folder(path, path)
    try:
        yield
    finally:
        os.close(handle)


def read_json(path: Path, field: str = "file") -> Any:
    """Reads a JSON file.

    Args:
        path: the file.
        field: what an error names as being wrong.

    Raises:
        InputError: if the file is missing, unreadable, or no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise InputError(f"{field}: got {path} ({reason}), wanted JSON") from error


def append_jsonl(path: Path, record: Record) -> None:
    """Adds one line; numbers that JSON lacks (NaN) become null."""
    with _as_input_error(path), path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(_without_nan(record), allow_nan=False) + "\n")


def read_jsonl(path: Path) -> list[Record]:
    """Reads all whole lines; a last line that was cut short is left out.

    Raises:
        InputError: for any other line that is no JSON object.
    """
    if not path.is_file():
        return []
    lines = path.read_bytes().split(b"\n")[:-1]
    try:
        records = [json.loads(line) for line in lines]
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"results: got {path} with a line that is no JSON ({error}), "
            "wanted the result lines of a run"
        ) from error
    for record in records:
        wanted = "the result lines of a run"
        require(isinstance(record, dict), "results", f"{path}: {record!r:.40}", wanted)
    return records


def write_jsonl(path: Path, records: Iterable[Record]) -> None:
    """Replaces the file by these records, in one step."""
    lines = (json.dumps(_without_nan(record), allow_nan=False) for record in records)
    write_text(path, "".join(f"{line}\n" for line in lines))


def write_error(path: Path, error: OSError) -> InputError:
    """What a person is told where a file cannot be written.

    >>> full = OSError(28, "No space left on device")
    >>> str(write_error(Path("a.npz"), full))
    'cannot write a.npz: no space left on device'
    """
    reason = error.strerror or str(error)
    return InputError(f"cannot write {path}: {reason[:1].lower()}{reason[1:]}")


def sync_tree(folder: Path) -> None:
    """Makes sure that everything in a folder is on disk."""
    for parent, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(parent, name), "rb") as file:
                os.fsync(file.fileno())
        sync_folder(Path(parent))


def sync_folder(folder: Path) -> None:
    """Makes sure that renames in a folder survive a power cut, where that is known."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _partial(path: Path) -> Path:
    """The name under which a file or folder is written until it is whole."""
    return path.with_name(f".{path.name[:200]}.partial")


def _open_folder(partial: Path, path: Path) -> int:
    partial.mkdir(exist_ok=True)
    handle = os.open(partial, os.O_RDONLY)
    try:
        _lock(handle, path)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _lock(handle: int, path: Path) -> None:
    """Keeps other processes out; the system lets go of it when the process ends."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise InputError(
            f"cannot write {path}: another process is writing it"
        ) from error


@contextlib.contextmanager
def _as_input_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise write_error(path, error) from error


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nan(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(part) for part in value]
    return None if isinstance(value, float) and value != value else value
