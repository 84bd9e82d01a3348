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
from collections.abc import Iterator, Sequence
from pathlib import Path

from scbch_jax import io, runs
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
        record = io.read_json(path, "sweep")
        require(isinstance(record, dict), "sweep", path, "a JSON object")
        return Summary.from_json(record)

    def finish(
        self, run: SweepRun, summary: Summary, *, delete_checkpoints: bool = False
    ) -> None:
        """Marks a run as finished; from here on it is never run again."""
        folder = self.run_folder(run)
        io.write_json(folder / "summary.json", summary.to_json())
        if delete_checkpoints:
            states = folder / f"seed-{run.seed}" / "checkpoints"
            shutil.rmtree(states, ignore_errors=True)

    def earlier_records(self) -> list[Record]:
        """Lines of runs.jsonl about runs that were run, whose folder still exists.

        Raises:
            InputError: if the file is damaged.
        """
        path = self.path / "runs.jsonl"
        records = io.read_jsonl(path)
        for record in records:
            options = record.get("options")
            whole = isinstance(record.get("run"), str) and isinstance(options, dict)
            whole = whole and {"state", "reason", "last", "best"} <= record.keys()
            whole = whole and {"seeds", "bits", "noise.rate"} <= options.keys()
            require(whole, "sweep", f"{path} with a damaged line", "lines of a sweep")
        return [
            record
            for record in records
            if record["state"] == "failed"
            or (
                record["state"] == "finished"
                and (self.path / "runs" / record["run"]).is_dir()
            )
        ]

    def has_begun(self, run: SweepRun) -> bool:
        """Whether a run has checkpoints of its own."""
        return runs.has_checkpoints(self.run_folder(run))

    def lanes(self, chunk: Sequence[SweepRun]) -> Path:
        """The folder of the common state of runs that train as lanes."""
        names = " ".join(run.name for run in chunk)
        digest = hashlib.sha256(names.encode()).hexdigest()[:8]
        return self.path / "lanes" / digest

    def delete_lanes(self, chunk: Sequence[SweepRun]) -> None:
        """Removes a common state, in one step for a process that is killed meanwhile."""
        folder = self.lanes(chunk)
        deleted = folder.with_suffix(".deleted")
        shutil.rmtree(deleted, ignore_errors=True)
        if folder.is_dir():
            folder.rename(deleted)
            shutil.rmtree(deleted)

    def write_traceback(self, run: SweepRun, text: str) -> Path:
        """Writes the traceback of a run that failed."""
        path = self.path / "failures" / f"{run.name}.txt"
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
    require(
        not (path / "cells").is_dir(),
        "out",
        f"{path}, a sweep of an earlier version",
        "a new folder (scbch report still reads the old one)",
    )
    known = not path.is_dir() or lock.is_file() or not any(path.iterdir())
    foreign = f"{path}, which holds other files"
    require(known, "out", foreign, "a new folder, or one of a sweep")
    try:
        (path / "runs").mkdir(parents=True, exist_ok=True)
        file = lock.open("w")
    except OSError as error:
        raise io.write_error(path, error) from error
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
