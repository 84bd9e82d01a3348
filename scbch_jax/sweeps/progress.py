"""The state of all runs of a sweep: tables, CSV, JSON lines, and the time left."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from scbch_jax.config import experiment_file
from scbch_jax.config.experiment import footnotes
from scbch_jax.io import Record, write_csv, write_jsonl, write_text
from scbch_jax.report.runs import mean_and_std
from scbch_jax.report.tables import as_markdown, percent
from scbch_jax.report.titles import differing_options, identifying_options, option_words
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
    tables = [_table(records, which) for which in _titles(records)]
    methods = (record["options"]["method"] for record in records)
    return "\n\n".join([*tables, *footnotes(methods)])


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
        Entry(
            record["options"],
            _value(record, which, "retrieval", "average"),
            failed=record["state"] == "failed",
        )
        for record in records
    ]
    return f"{_TITLES[which]}\n\n{grid(entries)}"


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


class Entry(NamedTuple):
    """One run of the table."""

    options: Record
    """Every option by its name; runs that differ only in their seed share a cell."""
    value: float | None
    """In [0, 1]; None while the run is not finished."""
    failed: bool = False


def grid(entries: Sequence[Entry]) -> str:
    """Means over seeds in percent, ± their standard deviation, as Markdown.

    The cell of a run that is not finished is empty; a dash stands where there is none.

    >>> run = {"noise.rate": 0.2, "bits": 16}
    >>> other = {"noise.rate": 0.2, "bits": 32}
    >>> print(grid([Entry(run, 0.5), Entry(run, 0.6), Entry(other, None)]))
    | noise.rate |    16 bits | 32 bits |
    | ---------- | ---------: | ------: |
    | 0.2        | 55.0 ± 7.1 |         |
    """
    names = _row_options([entry.options for entry in entries])
    lengths = list(dict.fromkeys(entry.options["bits"] for entry in entries))
    rows: dict[tuple[str, ...], dict[int, list[Entry]]] = {}
    for entry in entries:
        row = rows.setdefault(option_words(entry.options, names), {})
        row.setdefault(entry.options["bits"], []).append(entry)
    body = [
        [*label, *(_cell(row[bits]) if bits in row else "-" for bits in lengths)]
        for label, row in rows.items()
    ]
    return as_markdown([*names, *(f"{bits} bits" for bits in lengths)], body)


def _row_options(options: Sequence[Record]) -> list[str]:
    """Options that name the rows, bits being columns; the noise rate for one row."""
    rows = [{k: v for k, v in o.items() if k != "bits"} for o in options]
    return identifying_options(rows) or ["noise.rate"]


def _cell(runs: Sequence[Entry]) -> str:
    """Mean and deviation of the finished runs, and how many are not finished."""
    values = [run.value for run in runs if run.value is not None]
    failed = sum(run.failed for run in runs)
    if not values:
        return f"{failed} failed" if failed else ""
    mean, std = mean_and_std(values)
    words = [percent(mean)]
    if std is not None:
        words.append(f"± {percent(std)}")
    if len(values) < len(runs):
        words.append(f"({len(values)} of {len(runs)})")
    return " ".join(words)
