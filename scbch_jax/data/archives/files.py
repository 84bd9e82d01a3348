"""Files of an original download, in folders, or in ZIP and TAR archives in place.

Files are found by their names, at most `DEPTH` folders deep, so a folder may hold
several unpacked archives. An archive is read where no folder has what is wanted.
"""

import contextlib
import functools
import itertools
import os
import re
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from scbch_jax.data.formats.base import one_line_errors
from scbch_jax.errors import require

DEPTH = 4
"""Folders above a file, below the one that is searched."""

MAX_BYTES = 1 << 30
"""Of a file that is read as a whole; the largest of the originals has 333 MB."""

ARCHIVES = (".zip", ".tgz", ".tar.gz", ".tar")
"""Endings of the archives that are read in place."""


class File(NamedTuple):
    """A file in a folder or in an archive."""

    path: str
    """Below the folder that is searched; of one in an archive, as if unpacked there."""
    archive: Path | None
    """The archive that holds it."""
    location: str
    """Its path on disk, or its name in the archive."""

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    def __str__(self) -> str:
        """For messages."""
        return f"{self.archive}:{self.location}" if self.archive else self.location


class Files:
    """All files of an original."""

    def __init__(self, folder: Path) -> None:
        """Lists a folder.

        Raises:
            InputError: if there is no such folder.
        """
        self.folder = folder
        require(folder.is_dir(), "from", folder, "a folder with the original's files")
        self.unpacked = sorted(_files_below(folder))

    @functools.cached_property
    def packed(self) -> list[File]:
        """The files in archives, as each archive lists them."""
        archives = [f for f in self.unpacked if f.name.lower().endswith(ARCHIVES)]
        return [file for archive in archives for file in _members(archive)]

    def find(self, pattern: str, *, packed: bool = True) -> list[File]:
        """The files whose path ends as a pattern says; no two of them end alike.

        Args:
            pattern: a regular expression of the last parts of a path, as
                `tags/tags[0-9]+[.]txt`.
            packed: whether archives are searched, where no folder has such a file.

        Returns:
            Those of folders sorted by path, or else those of archives in their order.

        Raises:
            InputError: if two files end alike, as two copies of the original do.
        """
        ends = re.compile(f"(?:.*/)?({pattern})")
        for archives in (False, True)[: 1 + packed]:
            files = self.packed if archives else self.unpacked
            matches = [(ends.fullmatch(file.path), file) for file in files]
            found = [(match[1], file) for match, file in matches if match]
            if found:
                return _without_copies(found)
        return []

    def one(self, pattern: str, words: str) -> File:
        """The one file whose path ends so.

        Raises:
            InputError: if there is none, or several.
        """
        found = self.find(pattern)
        require(bool(found), "from", f"{self.folder} without {words}", self._wanted())
        several = " and ".join(map(str, found[:2]))
        require(len(found) == 1, words, several, "one of them")
        return found[0]

    def require_any(self, found: Iterable[Any], words: str) -> None:
        """Raises `InputError` unless something was found."""
        got = f"{self.folder} without {words}"
        require(any(True for _ in found), "from", got, self._wanted())

    def _wanted(self) -> str:
        rar = [f.name for f in self.unpacked if f.name.lower().endswith(".rar")]
        more = f"; {rar[0]} must be unpacked, RAR is not read in place" if rar else ""
        return f"the original files, unpacked or as ZIP or TGZ{more}"


def read_each(files: Iterable[File]) -> Iterator[tuple[File, bytes]]:
    """Reads files as a whole; those of an archive in one pass, in its order.

    Raises:
        InputError: if one cannot be read.
    """
    for archive, group in itertools.groupby(files, key=lambda file: file.archive):
        if archive is None:
            for file in group:
                yield file, _read_file(Path(file.location))
        else:
            yield from _read_members(archive, {file.location: file for file in group})


def read(file: File) -> bytes:
    """Reads one file as a whole."""
    return next(content for _, content in read_each([file]))


def read_lines(file: File) -> list[str]:
    """The lines of a text in UTF-8, stripped, without empty ones at the end."""
    return lines_of(read(file))


def lines_of(content: bytes) -> list[str]:
    r"""Lines that end in LF or CRLF, stripped, without empty ones at the end.

    >>> lines_of(b"a \r\n\r\nb\n\n")
    ['a', '', 'b']
    """
    text = content.decode("utf-8-sig", errors="replace")
    return [line.strip() for line in text.rstrip().split("\n")] if text.strip() else []


@contextlib.contextmanager
def opened(file: File) -> Iterator[IO[bytes]]:
    """Opens a file to be read in parts.

    Raises:
        InputError: if it cannot be read, also later in the block.
    """
    with (
        one_line_errors(file.archive or Path(file.location)),
        contextlib.ExitStack() as s,
    ):
        if file.archive is None:
            yield s.enter_context(open(file.location, "rb"))
        elif _is_zip(file.archive):
            archive = s.enter_context(zipfile.ZipFile(file.archive))
            yield s.enter_context(archive.open(file.location))
        else:
            tar = s.enter_context(tarfile.open(file.archive))
            stream = tar.extractfile(file.location)
            require(stream is not None, "file", file, "a plain file")
            yield s.enter_context(stream)  # type: ignore[arg-type] -- it is not None


def whole_number(text: str) -> int | None:
    """A number in up to nine digits, or None.

    >>> whole_number("12"), whole_number("-1"), whole_number("1.5")
    (12, None, None)
    """
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else None


def _files_below(folder: Path) -> Iterator[File]:
    # Links to folders are followed: the depth ends loops.
    for parent, folders, names in os.walk(folder, followlinks=True):
        inside = os.path.relpath(parent, folder)
        parts = () if inside == os.curdir else tuple(inside.split(os.sep))
        if len(parts) >= DEPTH:
            folders.clear()
        folders[:] = [name for name in folders if not _is_hidden(name)]
        for name in names:
            if not _is_hidden(name):
                yield File("/".join((*parts, name)), None, os.path.join(parent, name))


def _members(archive: File) -> Iterator[File]:
    path = Path(archive.location)
    above = archive.path.rpartition("/")[0]
    for name in _member_names(path):
        parts = [part for part in f"{above}/{name}".split("/") if part not in ("", ".")]
        if len(parts) <= DEPTH + 1 and not any(map(_is_hidden, parts)):
            yield File("/".join(parts), path, name)


def _member_names(path: Path) -> list[str]:
    with one_line_errors(path):
        if _is_zip(path):
            with zipfile.ZipFile(path) as archive:
                return [m.filename for m in archive.infolist() if not m.is_dir()]
        with tarfile.open(path) as archive:
            return [member.name for member in archive if member.isfile()]


def _read_members(
    archive: Path, wanted: dict[str, File]
) -> Iterator[tuple[File, bytes]]:
    with one_line_errors(archive):
        if _is_zip(archive):
            with zipfile.ZipFile(archive) as members:
                for name, file in wanted.items():
                    _require_size(file, members.getinfo(name).file_size)
                    yield file, members.read(name)
            return
        with tarfile.open(archive) as members:
            for member in members:
                file = wanted.get(member.name)
                stream = members.extractfile(member) if file else None
                if file and stream:
                    _require_size(file, member.size)
                    yield file, stream.read()


def _read_file(path: Path) -> bytes:
    with one_line_errors(path):
        _require_size(path, path.stat().st_size)
        return path.read_bytes()


def _require_size(file: object, size: int) -> None:
    require(
        size <= MAX_BYTES, "file", f"{file} of {size:,} bytes", f"at most {MAX_BYTES:,}"
    )


def _without_copies(found: list[tuple[str, File]]) -> list[File]:
    first: dict[str, File] = {}
    for end, file in found:
        other = first.setdefault(end, file)
        got = f"{other} and {file}"
        require(other is file, end, got, "one of them: build from one copy at a time")
    return list(first.values())


def _is_zip(path: Path) -> bool:
    return path.name.lower().endswith(".zip")


def _is_hidden(name: str) -> bool:
    """Files that file managers write beside others, such as `._a.txt`."""
    return name.startswith(".") or name == "__MACOSX"
