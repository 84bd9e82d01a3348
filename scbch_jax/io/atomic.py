"""Files and folders that are whole or not there.

A file or folder is written beside its target under a temporary name, synced to disk
and renamed, so that no reader and no crash ever meets a part of it. Devices and pipes
are written to directly; what a symbolic link points to is replaced, not the link.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from scbch_jax.errors import InputError, require


def require_writable(field: str, path: Path, *suffixes: str) -> None:
    """Checks the target of an output before any work is done for it.

    Args:
        field: the option that names it.
        path: the file.
        suffixes: accepted endings of its name; any if none is given.

    Raises:
        InputError: if no file can be written there.
    """
    if suffixes:
        wanted = f"a file ending in {' or '.join(suffixes)}"
        require(Path(path).suffix in suffixes, field, path, wanted)
    target = _target(path)
    if target.is_dir() or not target.parent.is_dir():
        raise InputError(f"{field}: got {path}, wanted a file in a folder that exists")
    changed = target if _is_special(target) else target.parent
    if not os.access(changed, os.W_OK):
        raise InputError(f"{field}: cannot write {path}: no permission to write")


def require_utf8(field: str, path: Path) -> None:
    """Checks the name of a folder that native code writes in: Orbax takes no other.

    Raises:
        InputError: if the path holds bytes that are not UTF-8.
    """
    try:
        str(path.absolute()).encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{field}: got {path}, wanted a name in UTF-8") from error


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Opens a file whose content replaces that of `path` when the block ends.

    If the block raises, `path` stays as it was. Until the block ends the file is
    `.NAME.partial` in the same folder; one that a killed process left is overwritten.
    Permissions of a file that is replaced are kept.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "greeting.txt"
        >>> with replacing(path) as file:
        ...     _ = file.write(b"hello")
        >>> path.read_text()
        'hello'

    Raises:
        InputError: if it cannot be written, or another process is writing it.
    """
    target = _target(path)
    partial = _partial(target)
    with one_line_write_errors(path, target, partial):
        if target.is_dir():
            raise InputError(f"cannot write {path}: it is a folder")
        if _is_special(target):
            with open(_open_special(target), "wb") as file:
                yield file
            return
        with open(_open_partial(partial, path), "wb") as file:
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                _copy_permissions(target, file.fileno())
                os.replace(partial, target)
            except BaseException:
                partial.unlink(missing_ok=True)
                raise
        sync_folder(target.parent)


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Makes a folder that appears at `path`, filled, when the block ends.

    Until then it is `.NAME.partial` in the same parent; what a killed process left
    there is removed. Missing parents are made, and removed after an error.

    Yields:
        The folder to fill.

    Raises:
        InputError: if `path` exists and is not an empty folder, if nothing can be
            written there, or if another process is writing it.
    """
    target = _target(path)
    partial = _partial(target)
    missing = [parent for parent in target.parents if not parent.exists()]
    with one_line_write_errors(path, target, partial):
        if target.exists() and not (target.is_dir() and not any(target.iterdir())):
            raise InputError(f"cannot write {path}: it exists already")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_error(path, error) from error
        handle = _open_folder(partial, path)
        try:
            for left in partial.iterdir():
                real = left.is_dir() and not left.is_symlink()
                shutil.rmtree(left) if real else left.unlink()
            yield partial
            sync_tree(partial)
            os.rename(partial, target)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            for parent in missing:
                with contextlib.suppress(OSError):  # another process may use it
                    parent.rmdir()
            raise
        finally:
            os.close(handle)
        sync_folder(target.parent)


@contextlib.contextmanager
def locked_folder(path: Path) -> Iterator[None]:
    """Makes a folder if it is missing, and keeps other processes out of it.

    Raises:
        InputError: if it cannot be made, or another process has it.
    """
    with one_line_write_errors(path):
        path.mkdir(parents=True, exist_ok=True)
        handle = _open_folder(path, path)
    try:
        yield
    finally:
        os.close(handle)


def write_error(path: Path, error: OSError) -> InputError:
    """The error for a file that cannot be written.

    >>> full = OSError(28, "No space left on device")
    >>> str(write_error(Path("a.npz"), full))
    'cannot write a.npz: no space left on device'
    """
    return InputError(f"cannot write {path}: {reason(error)}")


def read_error(path: Path, error: OSError) -> InputError:
    """The error for a file that cannot be read."""
    return InputError(f"cannot read {path}: {reason(error)}")


def reason(error: OSError) -> str:
    """Why the system refused, without number and path."""
    words = error.strerror or str(error) or type(error).__name__
    return words[:1].lower() + words[1:]


def sync_tree(folder: Path) -> None:
    """Syncs every file of a folder to disk."""
    for parent, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(parent, name), "rb") as file:
                os.fsync(file.fileno())
        sync_folder(Path(parent))


def sync_folder(folder: Path) -> None:
    """Syncs the names in a folder to disk, where the file system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _target(path: Path) -> Path:
    """The absolute path that is written: of a file, the end of symbolic links.

    Raises:
        InputError: for a path that can name no file.
    """
    if "\0" in str(path):
        raise InputError(f"cannot write {str(path)!r}: a path holds no NUL")
    if _is_special(Path(os.path.abspath(path))):
        return Path(os.path.abspath(path))
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise InputError(f"cannot write {path}: too many levels of symbolic links")
    return target


def _is_special(path: Path) -> bool:
    """Whether it is a device, a pipe or an open stream, which cannot be replaced."""
    streams = ("/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/self/fd/")
    if str(path).startswith(streams):
        return True
    return path.exists() and not path.is_file() and not path.is_dir()


def _open_special(path: Path) -> int:
    """A device or pipe to write to; a pipe that nothing reads is not waited for."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ENXIO and path.is_fifo():
            error.strerror = "no process reads this pipe"
        raise
    os.set_blocking(handle, True)
    return handle


def _partial(path: Path) -> Path:
    """The name under which a file or folder is written, of at most 255 bytes."""
    name = os.fsencode(path.name)
    if len(name) > 240:
        return path.with_name(f".{hashlib.sha256(name).hexdigest()}.partial")
    return path.with_name(f".{path.name}.partial")


def _open_partial(partial: Path, path: Path) -> int:
    """An empty, locked temporary file; a link of its name is not followed."""
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    try:
        _lock(handle, partial, path)
        os.ftruncate(handle, 0)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _open_folder(partial: Path, path: Path) -> int:
    """A locked folder, made if it is missing."""
    partial.mkdir(exist_ok=True)
    handle = os.open(partial, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        _lock(handle, partial, path)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _lock(handle: int, partial: Path, path: Path) -> None:
    """Keeps other processes out; the system unlocks it when the process ends.

    Raises:
        InputError: if another process writes it, or has just renamed it.
    """
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise _busy(path) from error
    except OSError:
        # A file system without locks.
        return
    # Between opening and locking, its writer may have renamed it: it is `path` then.
    if not partial.exists() or not os.path.samestat(os.fstat(handle), partial.stat()):
        raise _busy(path)


def _busy(path: Path) -> InputError:
    return InputError(f"cannot write {path}: another process is writing it")


def _copy_permissions(path: Path, handle: int) -> None:
    """Gives a new file owner, group and mode of the one that it replaces, if any."""
    if path.exists():
        old = path.stat()
        with contextlib.suppress(OSError):
            os.fchown(handle, old.st_uid, old.st_gid)
        os.fchmod(handle, stat.S_IMODE(old.st_mode))


@contextlib.contextmanager
def one_line_write_errors(*paths: Path) -> Iterator[None]:
    """Says that the first path cannot be written; errors of other files pass."""
    try:
        yield
    except OSError as error:
        name = error.filename
        if isinstance(name, str) and not any(map(Path(name).is_relative_to, paths)):
            raise
        raise write_error(paths[0], error) from error
