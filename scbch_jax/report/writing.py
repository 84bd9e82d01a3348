"""A report on disk: the page, its figures as files, its tables as files.

FOLDER/index.html                  everything, in one file
FOLDER/figures/NAME.png, .svg
FOLDER/tables/NAME.md, .csv, .tex
FOLDER/tables/NAME-sources.csv     the result line behind each number
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from scbch_jax import io
from scbch_jax.errors import InputError, require
from scbch_jax.report import (
    by_epoch,
    by_setting,
    drawing,
    forms,
    naming,
    overview,
    page,
    paper,
    provenance,
    search,
    trace_files,
    traced,
)
from scbch_jax.report.drawing import COLOURS, Figure
from scbch_jax.report.paper import Setting
from scbch_jax.report.runs import Run, of_one_setting
from scbch_jax.report.sheet import Sheet
from scbch_jax.types import DisplayData

LooksOf = Callable[[Run], DisplayData | None]
"""Pictures, captions and names of the data of a run."""


def write(
    runs: Sequence[Run],
    out: Path,
    *,
    details: int = 6,
    drawn: bool = True,
    looks_of: LooksOf = lambda run: None,
) -> Path:
    """Writes a report of these runs; one that is there already is written anew.

    Args:
        runs: of `read_runs`.
        out: folder of the report.
        details: settings of which the course is shown, at most.
        drawn: whether there are figures and searches.
        looks_of: what people see of a run's data.

    Returns:
        The path of the page.

    Raises:
        InputError: if the folder holds something else, or cannot be written.
    """
    groups = of_one_setting(runs)
    titles = naming.titles_of(groups)
    settings = paper.settings_of(groups)
    sheets = [overview.sheet(groups, titles), *paper.sheets(settings)]
    _make_room(out)
    _write_tables(sheets, out / "tables")
    parts = [("Tables", "".join(map(forms.page, sheets)))]
    if drawn:
        shown = _shown(groups, details)
        compared = _gallery(_compared(settings, groups, shown), out)
        parts.append(("Figures", _how_many(groups, shown) + compared))
        for i in shown:
            name, best = f"run{i + 1}", _with_traces(groups[i])
            figures = [*by_epoch.figures(groups[i], name), *traced.figures(best, name)]
            parts.append((titles[i], _gallery(figures, out)))
        parts += _searches([groups[i] for i in shown], looks_of)
    parts.append(("What was run", provenance.section(groups, titles)))
    title = "Cross-modal hashing with noisy labels"
    text = page.whole(title, provenance.lead(runs), parts)
    io.write_text(out / "index.html", text)
    return out / "index.html"


def _compared(
    settings: Sequence[Setting], groups: Sequence[Sequence[Run]], shown: Sequence[int]
) -> list[Figure]:
    """What several settings share; by epoch, no more of them than there are colours."""
    few = [groups[i] for i in shown[: len(COLOURS)]]
    names = [naming.brief(title) for title in naming.titles_of(few, short=True)]
    course = by_epoch.compared(dict(zip(names, few, strict=True)))
    ends = {n: _with_traces(group) for n, group in zip(names, few, strict=True)}
    return [
        *([course] if course is not None else []),
        *by_setting.figures(settings),
        *traced.precision_recall(ends),
    ]


def _with_traces(group: Sequence[Run]) -> Run:
    """The first seed that left traces, or the first."""
    return next((run for run in group if (run.part / "traces").is_dir()), group[0])


def _searches(
    groups: Sequence[Sequence[Run]], looks_of: LooksOf
) -> Iterator[tuple[str, str]]:
    """One run of each dataset, and its searches; rather none with parts left out."""
    whole_first = sorted(groups, key=lambda g: bool(g[0].options.get("options.drop")))
    seen = set()
    for group in whole_first:
        run = _with_traces(group)
        last = list(trace_files.read_traces(run).values())[-1:]
        found = [(run, trace) for trace in last if "queries" in trace]
        if found and run.options["data.name"] not in seen:
            seen.add(run.options["data.name"])
            title = f"A search on {naming.data_of(run.options)}"
            by = f"{naming.titles_of([group])[0]}, seed {run.seed}, last epoch."
            body = search.section(found[0][1], looks_of(run))
            yield title, page.paragraph(by, "note") + body


def _shown(groups: Sequence[Sequence[Run]], most: int) -> list[int]:
    """Which settings are shown in detail: all, or some at equal steps."""
    there = [i for i, group in enumerate(groups) if any(run.scored for run in group)]
    if len(there) <= most:
        return there
    return [there[i * len(there) // most] for i in range(most)]


def _how_many(groups: Sequence[Sequence[Run]], shown: Sequence[int]) -> str:
    few = f"{len(shown)} of {len(groups)} settings are shown by epoch and in detail;"
    words = f"{few} --details shows others."
    return page.paragraph(words, "note") if len(shown) < len(groups) else ""


def _gallery(figures: Sequence[Figure], out: Path) -> str:
    return page.gallery(figures, drawing.save(figures, out / "figures"))


def _write_tables(sheets: Sequence[Sheet], folder: Path) -> None:
    for sheet in sheets:
        for ending, text in _forms(sheet):
            io.write_text(folder / f"{sheet.name}{ending}", text)


def _forms(sheet: Sheet) -> Iterator[tuple[str, str]]:
    for ending, form in forms.FORMS.items():
        yield ending, form(sheet)
    yield "-sources.csv", forms.sources(sheet)


def _make_room(out: Path) -> None:
    """Makes the folder, or empties that of a report."""
    index = out / "index.html"
    ours = index.is_file() and page.GENERATOR in index.read_text(errors="replace")
    empty = not out.is_dir() or not any(out.iterdir())
    foreign = f"{out}, which holds other files"
    require(ours or empty, "out", foreign, "a new folder, or one of a report")
    try:
        for name in ("figures", "tables"):
            if ours:
                shutil.rmtree(out / name, ignore_errors=True)
            (out / name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"out: got {out} ({error.strerror}), wanted a folder to write in"
        ) from error
