"""The folder of a sweep: a folder for each run, and tables of all of them.

FOLDER/runs/NAME/      a run, as train writes it; summary.json once it is finished
FOLDER/lanes/ID/       common state of runs that train as lanes, until they are finished
FOLDER/failures/       tracebacks of runs that failed
FOLDER/table.md, runs.csv, runs.jsonl
"""

import contextlib
import fcntl
import hashlib
import shutil
from collections.abc import Container, Iterator, Sequence
from pathlib import Path

from scbch_jax import io
from scbch_jax.errors import InputError, require
from scbch_jax.io import Record
from scbch_jax.results import Summary
from scbch_jax.sweeps.sweep_runs import SweepRun


class SweepFolder:
    """The files of one sweep."""

    def __init__(self, path: Path) -> None:
        """Names the folder; nothing is read or written yet."""
        self.path = path

    def run_folder(self, run: SweepRun) -> Path:
        """The folder of a run."""
        return self.path / "runs" / run.name

    def summary(self, run: SweepRun) -> Summary | None:
        """Last and best result of a finished run; None for any other.

        Raises:
            InputError: if its file is damaged.
        """
        path = self.run_folder(run) / "summary.json"
        if not path.is_file():
            return None
        record = io.read_object(path, "sweep")
        return Summary.from_json(record)

    def finish(
        self, run: SweepRun, summary: Summary, *, delete_checkpoints: bool = False
    ) -> None:
        """Marks a run as finished; from here on it is never run again."""
        folder = self.run_folder(run)
        io.write_json(folder / "summary.json", summary.to_json())
        self._traceback(run).unlink(missing_ok=True)
        if delete_checkpoints:
            states = folder / f"seed-{run.seed}" / "checkpoints"
            shutil.rmtree(states, ignore_errors=True)

    def earlier_records(self, names: Container[str]) -> list[Record]:
        """Records of runs that finished or failed in earlier calls.

        Finished runs whose folder was removed are left out.

        Args:
            names: all runs of the sweep; other failed runs are left out.

        Raises:
            InputError: if the file is damaged.
        """
        path = self.path / "runs.jsonl"
        records = io.read_jsonl(path)
        complete = all(map(_is_complete, records))
        require(complete, "sweep", f"{path} with a damaged line", "lines of a sweep")
        runs_there = self.path / "runs"
        return [
            record
            for record in records
            if (record["state"] == "finished" and (runs_there / record["run"]).is_dir())
            or (record["state"] == "failed" and record["run"] in names)
        ]

    def lanes(self, chunk: Sequence[SweepRun]) -> Path:
        """The folder of the common state of runs that train as lanes."""
        names = " ".join(run.name for run in chunk)
        digest = hashlib.sha256(names.encode()).hexdigest()[:8]
        return self.path / "lanes" / digest

    def make_lanes(self, chunk: Sequence[SweepRun]) -> Path:
        """Makes the folder of a common state, with a list of its runs."""
        folder = self.lanes(chunk)
        folder.mkdir(parents=True, exist_ok=True)
        io.write_json(folder / "runs.json", [run.name for run in chunk])
        return folder

    def delete_lanes(self, chunk: Sequence[SweepRun]) -> None:
        """Deletes a common state, by a rename first, in case the process is killed."""
        _delete(self.lanes(chunk))

    def delete_unused_lanes(self) -> None:
        """Deletes common states that no run needs, or that were being deleted."""
        for folder in (self.path / "lanes").glob("*"):
            try:
                names = io.read_json(folder / "runs.json")
            except InputError:
                names = []
            finished = [self.path / "runs" / str(n) / "summary.json" for n in names]
            if folder.suffix == ".deleted" or all(p.is_file() for p in finished):
                _delete(folder)

    def write_traceback(self, run: SweepRun, text: str) -> None:
        """Writes the traceback of a run that failed, if there is disk space for it."""
        path = self._traceback(run)
        with contextlib.suppress(OSError, InputError):
            path.parent.mkdir(exist_ok=True)
            io.write_text(path, text)

    def _traceback(self, run: SweepRun) -> Path:
        return self.path / "failures" / f"{run.name}.txt"


@contextlib.contextmanager
def open_folder(path: Path) -> Iterator[SweepFolder]:
    """Makes the folder of a sweep or opens it again; one process at a time.

    Raises:
        InputError: if it holds other files, cannot be written, or is in use.
    """
    lock = path / "lock"
    require(
        not (path / "cells").is_dir(),
        "out",
        f"{path}, a sweep of an earlier version",
        "a new folder (scbch report still reads the old one)",
    )
    known = not path.is_dir() or lock.is_file() or not any(path.iterdir())
    foreign = f"{path}, which holds other files"
    require(known, "out", foreign, "a new folder, or one of a sweep")
    io.require_utf8("out", path)
    try:
        (path / "runs").mkdir(parents=True, exist_ok=True)
        file = lock.open("w")
    except OSError as error:
        raise io.write_error(path, error) from error
    with file:
        try:
            # The system releases the lock when the process ends, however it ends.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError(
                f"out: got {path}, in which a sweep is running, "
                "wanted another folder, or to wait for it"
            ) from error
        yield SweepFolder(path)


def _is_complete(record: Record) -> bool:
    """Whether a line of runs.jsonl has everything that tables need."""
    options = record.get("options")
    return (
        isinstance(record.get("run"), str)
        and isinstance(options, dict)
        and {"state", "reason", "last", "best"} <= record.keys()
        and {"seeds", "bits", "noise.rate"} <= options.keys()
    )


def _delete(folder: Path) -> None:
    deleted = folder.with_suffix(".deleted")
    if folder != deleted and folder.is_dir():
        shutil.rmtree(deleted, ignore_errors=True)
        folder.rename(deleted)
    shutil.rmtree(deleted, ignore_errors=True)
