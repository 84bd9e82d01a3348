"""One table of many runs: a row for each setting, a column for each code length."""

from collections.abc import Sequence
from typing import NamedTuple

from scbch_jax.io import Record
from scbch_jax.report.runs import mean_and_std
from scbch_jax.report.tables import as_markdown, percent
from scbch_jax.report.titles import identifying_options, option_words


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
