"""What is known of all cells together: table, CSV, JSON, and the time that is left."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

from scbch_jax.config import experiment_file
from scbch_jax.io import Record, write_text
from scbch_jax.report import grid, titles
from scbch_jax.sweeps.cells import Cell, Outcome


class Board:
    """Outcomes of a sweep so far."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        """Starts with nothing known."""
        self.outcomes = {cell.name: Outcome(cell) for cell in cells}
        self._seconds: list[float] = []
        self._epochs = dict.fromkeys(self.outcomes, 0)

    def line(self, cell: Cell, line: Record) -> None:
        """Takes a result line in."""
        self._seconds.append(line["seconds"])
        self._epochs[cell.name] = line["epoch"]

    def put(self, outcome: Outcome) -> None:
        """Takes a cell's outcome in."""
        self.outcomes[outcome.cell.name] = outcome
        if outcome.found is not None:
            self._epochs[outcome.cell.name] = outcome.found["last"]["epoch"]

    @property
    def done(self) -> int:
        """Cells that are finished, or failed."""
        return sum(bool(o.found or o.reason) for o in self.outcomes.values())

    @property
    def failed(self) -> list[Outcome]:
        """Cells that failed."""
        return [o for o in self.outcomes.values() if o.reason]

    def seconds_left(self) -> float | None:
        """Epochs left times the mean of those seen; None before any."""
        if not self._seconds:
            return None
        left = sum(
            o.cell.experiment.training.epochs - self._epochs[name]
            for name, o in self.outcomes.items()
            if not o.reason
        )
        return left * sum(self._seconds) / len(self._seconds)

    def table(self, which: str) -> str:
        """The average MAP of all cells in percent, of the "last" or "best" epoch."""
        entries = [
            grid.Entry(
                experiment_file.flatten(o.cell.experiment),
                o.found[which]["average"] if o.found else None,
                failed=bool(o.reason),
            )
            for o in self.outcomes.values()
        ]
        return f"{_TITLES[which]}\n\n{grid.grid(entries)}"

    def write(self, folder: Path) -> None:
        """Writes table.md, cells.csv and cells.jsonl, each whole or not at all."""
        tables = "\n\n".join(self.table(which) for which in _TITLES)
        write_text(folder / "table.md", tables + "\n")
        lines = [_record(o) for o in self.outcomes.values()]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        write_text(folder / "cells.jsonl", text)
        write_text(folder / "cells.csv", _csv(lines))


_TITLES = {
    "last": "MAP in percent, average of I2T and T2I, last epoch; ± over seeds",
    "best": "best epoch, chosen on the test queries themselves",
}


def _record(outcome: Outcome) -> Record:
    """A cell in one line: its name and state, its options, its last and best line."""
    state = "finished" if outcome.found else "failed" if outcome.reason else "not run"
    found = outcome.found or {}
    return {
        "cell": outcome.cell.name,
        "state": state,
        "reason": outcome.reason,
        "options": experiment_file.flatten(outcome.cell.experiment),
        "last": found.get("last"),
        "best": found.get("best"),
    }


def _csv(lines: Sequence[Record]) -> str:
    """Without the options in which no cells differ."""
    names = titles.differing_options([line["options"] for line in lines])
    numbers = ("epoch", "i2t", "t2i", "average", "confidence_roc")
    parts = [(which, n) for which in _TITLES for n in numbers]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    heads = [f"{which} {n}" for which, n in parts]
    table.writerow(["cell", "state", "reason", "seed", *names, *heads])
    for line in lines:
        options = [line["options"].get(name) for name in names]
        values = [(line[which] or {}).get(n) for which, n in parts]
        about = [line["cell"], line["state"], line["reason"], line["options"]["seeds"]]
        table.writerow([*about[:3], about[3][0], *options, *values])
    return text.getvalue()
