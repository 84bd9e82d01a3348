"""A report on disk: the page, its figures as files, its tables as files.

FOLDER/index.html                  everything, in one file
FOLDER/figures/NAME.png, .svg
FOLDER/tables/NAME.md, .csv, .tex
FOLDER/tables/NAME-sources.csv     the result line behind each number
"""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from scbch_jax.checks import InputError, require
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
    records,
)
from scbch_jax.report.drawing import Figure
from scbch_jax.report.runs import Run, of_one_setting
from scbch_jax.report.sheet import Sheet


def write(
    runs: Sequence[Run], out: Path, *, details: int = 6, drawn: bool = True
) -> Path:
    """Writes a report of these runs; one that is there already is written anew.

    Args:
        runs: of `read_runs`.
        out: folder of the report.
        details: settings of which the course is shown, at most.
        drawn: whether there are figures.

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
        names = naming.titles_of([groups[i] for i in shown], brief=True)
        together = dict(zip(names, (groups[i] for i in shown), strict=True))
        figures = [by_epoch.compared(together), *by_setting.figures(settings)]
        figures = [figure for figure in figures if figure is not None]
        parts.append(("Compared", _gallery(figures, out)))
        parts += [
            (titles[i], _gallery(by_epoch.figures(groups[i], f"run{i + 1}"), out))
            for i in shown
        ]
    parts.append(("What was run", provenance.section(groups, titles)))
    title = "Cross-modal hashing with noisy labels"
    text = page.whole(title, provenance.lead(runs), parts)
    records.replace_file(out / "index.html", text)
    return out / "index.html"


def _shown(groups: Sequence[Sequence[Run]], most: int) -> list[int]:
    """Which settings are shown in detail: all, or some at equal steps."""
    there = [i for i, group in enumerate(groups) if any(run.scored for run in group)]
    if len(there) <= most:
        return there
    return [there[i * len(there) // most] for i in range(most)]


def _gallery(figures: Sequence[Figure], out: Path) -> str:
    return page.gallery(figures, drawing.save(figures, out / "figures"))


def _write_tables(sheets: Sequence[Sheet], folder: Path) -> None:
    for sheet in sheets:
        for ending, text in _forms(sheet):
            records.replace_file(folder / f"{sheet.name}{ending}", text)


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
