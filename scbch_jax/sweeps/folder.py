"""A sweep on disk: a folder for each cell, and what is known of them together.

FOLDER/cells/NAME/     a run, as train writes it; summary.json once it is finished
FOLDER/lanes/ID/       state of cells that train side by side, until they are finished
FOLDER/ways.json       what was measured: lanes, or one after another
FOLDER/failures/       tracebacks of cells that failed
FOLDER/table.md, cells.csv, cells.jsonl
"""

import contextlib
import fcntl
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from scbch_jax import io, runs
from scbch_jax.errors import InputError, require
from scbch_jax.io import Record
from scbch_jax.sweeps.cells import Cell


class SweepFolder:
    """The files of one sweep."""

    def __init__(self, path: Path) -> None:
        """Names the folder; nothing is read or written yet."""
        self.path = path

    def cell(self, cell: Cell) -> Path:
        """The run folder of a cell."""
        return self.path / "cells" / cell.name

    def found(self, cell: Cell) -> Record | None:
        """Last and best line of a finished cell; None for any other."""
        return _read(self.cell(cell) / "summary.json") or None

    def finish(self, cell: Cell, found: Record, *, drop_states: bool = False) -> None:
        """Marks a cell as finished; from here on it is never run again."""
        _write(self.cell(cell) / "summary.json", found)
        if drop_states:
            states = self.cell(cell) / f"seed-{cell.seed}" / "checkpoints"
            shutil.rmtree(states, ignore_errors=True)

    def has_begun(self, cell: Cell) -> bool:
        """Whether a cell has saved states of its own to go on from."""
        return runs.has_states(self.cell(cell))

    def lanes(self, name: str) -> Path:
        """Where cells that train side by side keep their common state."""
        return self.path / "lanes" / name

    def drop_lanes(self, name: str) -> None:
        """Removes a common state; a process killed meanwhile leaves none, or all."""
        gone = self.lanes(name).with_suffix(".gone")
        shutil.rmtree(gone, ignore_errors=True)
        if self.lanes(name).is_dir():
            self.lanes(name).rename(gone)
            shutil.rmtree(gone)

    def way(self, name: str) -> Record | None:
        """What was measured under this name, if anything."""
        return _read(self.path / "ways.json").get(name)

    def keep_way(self, name: str, measured: Record) -> None:
        """Records a measurement, so that a sweep that goes on goes the same way."""
        ways = _read(self.path / "ways.json")
        _write(self.path / "ways.json", {**ways, name: measured})

    def keep_traceback(self, cell: Cell, text: str) -> Path:
        """Writes down where a cell failed."""
        path = self.path / "failures" / f"{cell.name}.txt"
        path.parent.mkdir(exist_ok=True)
        io.write_text(path, text)
        return path


@contextlib.contextmanager
def open_folder(path: Path) -> Iterator[SweepFolder]:
    """Makes the folder of a sweep or opens it again; one process at a time.

    Raises:
        InputError: if it holds other files, cannot be written, or is in use.
    """
    lock = path / "lock"
    known = not path.is_dir() or lock.is_file() or not any(path.iterdir())
    foreign = f"{path}, which holds other files"
    require(known, "out", foreign, "a new folder, or one of a sweep")
    try:
        (path / "cells").mkdir(parents=True, exist_ok=True)
        file = lock.open("w")
    except OSError as error:
        raise InputError(
            f"out: got {path} ({error.strerror}), wanted a folder to write in"
        ) from error
    with file:
        try:
            # The system lets go of it when the process ends, however it ends.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError(
                f"out: got {path}, in which a sweep is running, "
                "wanted another folder, or to wait for it"
            ) from error
        yield SweepFolder(path)


def _read(path: Path) -> Record:
    if not path.is_file():
        return {}
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"sweep: got {path} ({error}), wanted JSON") from error


def _write(path: Path, content: Record) -> None:
    io.write_text(path, json.dumps(content, indent=2) + "\n")
