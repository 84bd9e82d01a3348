"""The state of all runs of a sweep: tables, CSV, JSON lines, and the time left."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from scbch_jax.config import experiment_file
from scbch_jax.io import Record, write_csv, write_jsonl, write_text
from scbch_jax.report import grid
from scbch_jax.report.titles import differing_options
from scbch_jax.results import EpochResult
from scbch_jax.sweeps.sweep_runs import Outcome, SweepRun


class Progress:
    """Outcomes of the runs of a sweep so far."""

    def __init__(
        self, runs: Sequence[SweepRun], earlier: Iterable[Record] = ()
    ) -> None:
        """Starts with no outcome.

        Args:
            runs: to be run now.
            earlier: records of runs of earlier calls, which the files keep.
        """
        self._outcomes = {run.name: Outcome(run) for run in runs}
        names = self._outcomes.keys()
        self._earlier = [line for line in earlier if line["run"] not in names]
        self._seconds: list[float] = []
        self._epochs = dict.fromkeys(names, 0)

    def add_epoch(self, run: SweepRun, result: EpochResult) -> None:
        """Takes the result of an epoch."""
        self._seconds.append(result.seconds or 0.0)
        self._epochs[run.name] = result.epoch

    def add_outcome(self, outcome: Outcome) -> None:
        """Takes the outcome of a run."""
        self._outcomes[outcome.run.name] = outcome
        if outcome.summary is not None:
            self._epochs[outcome.run.name] = outcome.summary.last.epoch

    @property
    def total(self) -> int:
        """How many runs there are."""
        return len(self._outcomes)

    @property
    def done(self) -> int:
        """How many runs are finished, or failed."""
        return sum(bool(o.summary or o.reason) for o in self._outcomes.values())

    @property
    def failed(self) -> list[Outcome]:
        """Runs that failed."""
        return [o for o in self._outcomes.values() if o.reason]

    def seconds_left(self) -> float | None:
        """Epochs left times their mean time so far; None before any."""
        if not self._seconds:
            return None
        left = sum(
            o.run.experiment.training.epochs - self._epochs[name]
            for name, o in self._outcomes.items()
            if not o.reason
        )
        return left * sum(self._seconds) / len(self._seconds)

    def tables(self) -> str:
        """The average MAP of these runs in percent, a table for each chosen epoch."""
        return _tables(self._records())

    def last_table(self) -> str:
        """The average MAP of these runs in percent, of the last epoch."""
        return _table(self._records(), "last")

    def write(self, folder: Path) -> None:
        """Writes table.md, runs.csv and runs.jsonl of these and of earlier runs."""
        records = [*self._earlier, *self._records()]
        write_text(folder / "table.md", _tables(records) + "\n")
        write_jsonl(folder / "runs.jsonl", records)
        write_csv(folder / "runs.csv", *_csv_rows(records))

    def _records(self) -> list[Record]:
        return [_record(outcome) for outcome in self._outcomes.values()]


_TITLES = {
    "last": "MAP in percent, average of I2T and T2I, last epoch; ± over seeds",
    "best": "MAP in percent, best epoch, chosen on the test queries themselves",
    "selected": "MAP in percent, epoch selected on held-out training rows",
}


def _titles(records: Sequence[Record]) -> list[str]:
    """Which epochs were chosen; none is selected where no rows are held out."""
    held_out = any(record.get("selected") for record in records)
    return [which for which in _TITLES if which != "selected" or held_out]


def _tables(records: Sequence[Record]) -> str:
    return "\n\n".join(_table(records, which) for which in _titles(records))


def _record(outcome: Outcome) -> Record:
    """A run in one object: name and state, options, and results of chosen epochs."""
    finished, failed = outcome.summary is not None, bool(outcome.reason)
    results = outcome.summary.to_json() if outcome.summary else {}
    return {
        "run": outcome.run.name,
        "state": "finished" if finished else "failed" if failed else "not run",
        "reason": outcome.reason,
        "options": experiment_file.flatten(outcome.run.experiment),
        "last": results.get("last"),
        "best": results.get("best"),
        "selected": results.get("selected"),
    }


def _table(records: Sequence[Record], which: str) -> str:
    entries = [
        grid.Entry(
            record["options"],
            _value(record, which, "retrieval", "average"),
            failed=record["state"] == "failed",
        )
        for record in records
    ]
    return f"{_TITLES[which]}\n\n{grid.grid(entries)}"


def _csv_rows(records: Sequence[Record]) -> tuple[list[str], list[list[Any]]]:
    """Header and one row a run, without the options that are the same in all."""
    names = differing_options([record["options"] for record in records])
    columns = [(which, *column) for which in _titles(records) for column in _COLUMNS]
    heads = [f"{which} {path[-1]}" for which, *path in columns]
    rows = [
        [
            *(record[name] for name in ("run", "state", "reason")),
            record["options"]["seeds"][0],
            *(record["options"].get(name) for name in names),
            *(_value(record, *column) for column in columns),
        ]
        for record in records
    ]
    return ["run", "state", "reason", "seed", *names, *heads], rows


_COLUMNS = (
    ("epoch",),
    *(("retrieval", name) for name in ("i2t", "t2i", "average")),
    ("confidence", "roc_auc"),
)
"""Values of a result that the CSV has."""


def _value(record: Record, *path: str) -> float | None:
    """A value inside a record; None where a part of the path is missing."""
    value = record
    for name in path:
        value = (value or {}).get(name)
    return value  # type: ignore[return-value] -- the last step is a number
