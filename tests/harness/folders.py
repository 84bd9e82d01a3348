"""What lies in a folder: to see whether a run left it alone, or made the same again."""

import csv
import hashlib
import io
import json
import os
import re
import stat
from pathlib import Path

import numpy as np
from PIL import Image

OF_TIME = re.compile("seconds|memory|time|date|pid|host", re.IGNORECASE)
"""Names of values that differ from run to run."""

DAMAGED = "cannot be read"
"""Begins what stands for the digest of a file that is not whole."""

STATE_MARK = "_CHECKPOINT_METADATA"
"""A folder with this file is a saved state of Orbax, whose files have random names."""


def listing(folder: Path) -> dict[str, tuple]:
    """Kind, size and time of change of everything below a folder, by path."""
    found = {}
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = os.path.join(parent, name)
            about = os.lstat(path)
            what = (stat.S_IFMT(about.st_mode),)
            if not stat.S_ISDIR(about.st_mode):
                what += (about.st_size, about.st_mtime_ns)
            found[os.path.relpath(path, folder)] = what
    return found


def contents(folder: Path, names: tuple[str, ...] = ("",)) -> dict[str, str]:
    """Digests of all files below a folder, or below some of its entries, by path.

    Values that are times are left out; a saved state counts as one file.
    """
    found = {}
    for name in names:
        top = folder / name
        if top.is_dir() and not top.is_symlink():
            for path in _files(top):
                found[str(path.relative_to(folder))] = _digest(path)
        elif os.path.lexists(top):
            found[name] = _digest(top)
    return found


def _files(top: Path) -> list[Path]:
    found = []
    for parent, folders, files in os.walk(top):
        if STATE_MARK in files:
            folders.clear()
            found.append(Path(parent))
        else:
            found += [Path(parent, name) for name in files]
            if not files and not folders:
                found.append(Path(parent))
    return found


def _digest(path: Path) -> str:
    if path.is_dir():
        return "state" if (path / STATE_MARK).is_file() else "empty folder"
    if path.is_symlink() or not path.is_file():
        return "no plain file"
    try:
        content = _FORMS.get(path.suffix, Path.read_bytes)(path)
    except Exception as error:
        return f"{DAMAGED}: {error!r}"
    return hashlib.sha256(content).hexdigest()


def _json(path: Path) -> bytes:
    return json.dumps(_timeless(json.loads(path.read_text()))).encode()


def _json_lines(path: Path) -> bytes:
    lines = [_timeless(json.loads(x)) for x in path.read_text().splitlines()]
    return json.dumps(lines).encode()


def _timeless(value: object) -> object:
    if isinstance(value, list):
        return [_timeless(x) for x in value]
    if isinstance(value, dict):
        return {k: _timeless(x) for k, x in value.items() if not OF_TIME.search(k)}
    return value


def _csv(path: Path) -> bytes:
    rows = list(csv.reader(io.StringIO(path.read_text())))
    kept = [i for i, name in enumerate(rows[0]) if not OF_TIME.search(name)]
    return json.dumps([[row[i] for i in kept] for row in rows]).encode()


def _png(path: Path) -> bytes:
    """The pixels: a picture that was cut short has none."""
    with Image.open(path) as image:
        return image.tobytes()


def _npz(path: Path) -> bytes:
    """The arrays: the archive around them has times."""
    with np.load(path) as arrays:
        parts = [(name, arrays[name]) for name in sorted(arrays.files)]
    return b"".join(
        f"{name} {array.dtype} {array.shape}".encode() + array.tobytes()
        for name, array in parts
    )


_FORMS = {
    ".json": _json,
    ".jsonl": _json_lines,
    ".csv": _csv,
    ".npz": _npz,
    ".png": _png,
}
