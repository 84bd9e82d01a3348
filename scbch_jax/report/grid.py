"""One table of many runs: a row for each setting, a column for each code length."""

import statistics
from collections.abc import Sequence
from typing import Any, NamedTuple

from scbch_jax.io import Record
from scbch_jax.report.tables import as_markdown, percent


class Entry(NamedTuple):
    """One run of the table."""

    options: Record
    """Every option by its name; runs that differ in their seed alone share a place."""
    value: float | None
    """A share; None while the run is not finished."""
    failed: bool = False


UNNAMED = ("seeds", "data.root")
"""Options that are no part of a setting."""


def grid(entries: Sequence[Entry]) -> str:
    """Means over seeds, ± their standard deviation; what was not run stays empty.

    >>> run = {"noise.rate": 0.2, "bits": 16}
    >>> other = {"noise.rate": 0.2, "bits": 32}
    >>> print(grid([Entry(run, 0.5), Entry(run, 0.6), Entry(other, None)]))
    | noise.rate |    16 bits | 32 bits |
    | ---------- | ---------: | ------: |
    | 0.2        | 55.0 ± 7.1 |         |
    """
    rows = _naming([e.options for e in entries])
    lengths = list(dict.fromkeys(e.options["bits"] for e in entries))
    places: dict[tuple[str, ...], dict[int, list[Entry]]] = {}
    for entry in entries:
        row = places.setdefault(_label(entry.options, rows), {})
        row.setdefault(entry.options["bits"], []).append(entry)
    body = [
        [*label, *(_cell(row[bits]) if bits in row else "-" for bits in lengths)]
        for label, row in places.items()
    ]
    return as_markdown([*rows, *(f"{bits} bits" for bits in lengths)], body)


def varying(options: Sequence[Record]) -> list[str]:
    """Names of the options in which runs differ, in their order."""
    names = dict.fromkeys(name for record in options for name in record)
    return [
        name
        for name in names
        if name not in UNNAMED and len({repr(o.get(name)) for o in options}) > 1
    ]


def telling(options: Sequence[Record]) -> list[str]:
    """The first options that tell all apart; what follows from them is left out."""
    chosen: list[str] = []
    for name in varying(options):
        finer = len({_label(o, [*chosen, name]) for o in options})
        if finer > len({_label(o, chosen) for o in options}):
            chosen.append(name)
    return chosen


def _naming(options: Sequence[Record]) -> list[str]:
    """What names the rows, code lengths being columns; a single row, its noise."""
    rows = [{k: v for k, v in o.items() if k != "bits"} for o in options]
    return telling(rows) or ["noise.rate"]


def _label(options: Record, names: Sequence[str]) -> tuple[str, ...]:
    """What the rows say; methods differ in the options they have."""
    return tuple(_word(options.get(name)) for name in names)


def _word(value: Any) -> str:
    """A list as its words; "-" for an empty list, or an option that there is not."""
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    return "-" if value is None else f"{value}"


def _cell(runs: Sequence[Entry]) -> str:
    """Mean and spread of the runs that are finished, and how many are not."""
    values = [run.value for run in runs if run.value is not None]
    failed = sum(run.failed for run in runs)
    if not values:
        return f"{failed} failed" if failed else ""
    words = [percent(statistics.fmean(values))]
    if len(values) > 1:
        words.append(f"± {percent(statistics.stdev(values))}")
    if len(values) < len(runs):
        words.append(f"({len(values)} of {len(runs)})")
    return " ".join(words)
