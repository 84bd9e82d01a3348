"""A report in a folder: the page, and its figures and tables as files.

FOLDER/index.html                  everything, in one file
FOLDER/figures/NAME.png, .svg
FOLDER/tables/NAME.md, .csv, .tex
FOLDER/tables/NAME-sources.csv     the results behind each number
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from scbch_jax import extras, io
from scbch_jax.errors import InputError, require
from scbch_jax.plotting import COLORS
from scbch_jax.report import page, provenance, result_tables, titles
from scbch_jax.report.comparison import comparison_tables
from scbch_jax.report.figures import by_epoch, by_setting, confidence, drawing
from scbch_jax.report.figures import traces as trace_figures
from scbch_jax.report.figures.drawing import Figure, RenderedFigure
from scbch_jax.report.figures.traces import Arrays
from scbch_jax.report.overview import overview
from scbch_jax.report.page import Section
from scbch_jax.report.result_tables import Setting
from scbch_jax.report.runs import Run, group_by_setting
from scbch_jax.report.searches import searches
from scbch_jax.report.tables import FORMATS, Table
from scbch_jax.types import DisplayData

DisplayOf = Callable[[Run], DisplayData | None]
"""Pictures, captions and label names of the dataset of a run."""


def write(
    runs: Sequence[Run],
    out: Path,
    *,
    details: int = 6,
    figures: bool = True,
    display_of: DisplayOf = lambda run: None,
) -> Path:
    """Writes a report of these runs; a report that is there already is replaced.

    Everything is made in memory before anything is written, and the page, by
    which a report is known, is written first.

    Args:
        runs: of `read_runs`.
        out: folder of the report.
        details: how many settings get figures of their own, at most.
        figures: whether to draw figures and show searches.
        display_of: what to show of the dataset of a run.

    Returns:
        The path of the page.

    Raises:
        InputError: if the folder holds other files or cannot be written, if a file of a
            run cannot be read, or if Jinja2 or matplotlib is not installed.
    """
    extras.require_packages("report", *["matplotlib"] * figures, "jinja2")
    _require_report_folder(out)
    groups = group_by_setting(runs)
    names = titles.setting_titles(groups)
    settings = result_tables.settings_of(groups)
    tables = [
        overview(groups, names),
        *comparison_tables(settings),
        *result_tables.paper_tables(settings),
    ]
    sections = [Section("Tables", tables=tables)]
    if figures:
        sections += _figure_sections(groups, names, settings, details, display_of)
    sources = provenance.provenance_of(groups, names)
    sections.append(Section("What was run", provenance=sources))
    title = "Cross-modal hashing with noisy labels"
    text = page.render(title, provenance.summary(runs), sections)
    drawn = [figure for section in sections for figure in section.figures]
    _make_folder(out)
    io.write_text(out / "index.html", text)
    _write_folder(out / "tables", _table_files(tables))
    _write_folder(out / "figures", _figure_files(drawn))
    return out / "index.html"


def _figure_sections(
    groups: Sequence[list[Run]],
    names: Sequence[str],
    settings: Sequence[Setting],
    details: int,
    display_of: DisplayOf,
) -> Iterator[Section]:
    """Figures of all settings, figures of each one shown, and searches."""
    shown = _evenly([i for i, group in enumerate(groups) if _scored(group)], details)
    runs = {i: _run_with_traces(groups[i]) for i in shown}
    traces = {i: trace_figures.read_traces(run) for i, run in runs.items()}
    note = (
        f"{len(shown)} of {len(groups)} settings have figures of their own and a curve "
        "by epoch; --details changes how many."
    )
    compared = _comparisons(groups, settings, {i: traces[i] for i in shown})
    note = note if len(shown) < len(groups) else ""
    yield Section("Figures", note, figures=_render(compared))
    for i in shown:
        name = f"run{i + 1}"
        own = [
            *by_epoch.figures(groups[i], name),
            *trace_figures.heat_maps(traces[i], name),
            *confidence.figures(runs[i], traces[i], name),
        ]
        yield Section(names[i], figures=_render(own))
    yield from _search_sections([(runs[i], traces[i]) for i in shown], display_of)


def _comparisons(
    groups: Sequence[Sequence[Run]],
    settings: Sequence[Setting],
    traces: Mapping[int, Mapping[int, Arrays]],
) -> Iterator[Figure]:
    """Figures that compare settings, by epoch at most as many as there are colors."""
    few = list(traces)[: len(COLORS)]
    short = titles.setting_titles([groups[i] for i in few], short=True)
    by_name = dict(zip(map(titles.short_variant, short), few, strict=True))
    yield from by_epoch.compare({name: groups[i] for name, i in by_name.items()})
    yield from by_setting.figures(settings)
    yield from trace_figures.precision_recall(
        {name: traces[i] for name, i in by_name.items()}
    )


def _search_sections(
    shown: Sequence[tuple[Run, Mapping[int, Arrays]]], display_of: DisplayOf
) -> Iterator[Section]:
    """Searches of one run on each dataset, of a full method where there is one."""
    seen = set()
    for run, traces in sorted(
        shown, key=lambda s: bool(s[0].options.get("options.drop"))
    ):
        name = run.options["data.name"]
        last = traces[max(traces)] if traces else {}
        if "queries" not in last or name in seen:
            continue
        seen.add(name)
        display, note = _display(run, display_of)
        (title,) = titles.setting_titles([[run]])
        yield Section(
            f"A search on {titles.dataset_title(name)}",
            f"{title}, seed {run.seed}, last epoch. {_SEARCH_NOTE} {note}".strip(),
            searches=searches(last, display),
        )


_SEARCH_NOTE = "Distances are Hamming distances; labels that the query shares are bold."


def _display(run: Run, display_of: DisplayOf) -> tuple[DisplayData | None, str]:
    """What to show of a run's dataset, and a sentence on what is left out."""
    try:
        display = display_of(run)
    except InputError as error:
        return None, f"Pictures and captions are left out: {error}."
    if display is not None and display.captions and display.picture is None:
        return display, "Pictures are shown if --root names their folder."
    return display, ""


def _scored(group: Sequence[Run]) -> bool:
    return any(run.scored for run in group)


def _run_with_traces(group: Sequence[Run]) -> Run:
    """The first seed with traces, or the first."""
    return next((r for r in group if (r.seed_folder / "traces").is_dir()), group[0])


def _evenly(numbers: Sequence[int], most: int) -> list[int]:
    """All of them, or `most` at equal steps."""
    count = min(len(numbers), most)
    return [numbers[i * len(numbers) // count] for i in range(count)]


def _render(figures: Iterator[Figure] | Sequence[Figure]) -> list[RenderedFigure]:
    return [drawing.render(figure) for figure in figures]


def _table_files(tables: Sequence[Table]) -> dict[str, bytes]:
    return {
        f"{table.name}{ending}": to_text(table).encode()
        for table in tables
        for ending, to_text in FORMATS.items()
    }


def _figure_files(figures: Sequence[RenderedFigure]) -> dict[str, bytes]:
    return {f"{f.name}.png": f.png for f in figures} | {
        f"{f.name}.svg": f.svg for f in figures
    }


def _require_report_folder(out: Path) -> None:
    """Accepts a new folder, and one that is empty or holds a report."""
    if not out.exists():
        return
    try:
        others = [p for p in out.iterdir() if not p.name.endswith(".partial")]
        index = out / "index.html"
        is_report = index.is_file() and page.GENERATOR.encode() in index.read_bytes()
    except OSError as error:
        raise io.write_error(out, error) from error
    foreign = f"{out}, which holds other files"
    require(is_report or not others, "out", foreign, "a new folder, or one of a report")


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise io.write_error(out, error) from error


def _write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Replaces a folder by one with these files; none if there are none."""
    shutil.rmtree(folder, ignore_errors=True)
    if files:
        with io.new_folder(folder) as new:
            for name, content in files.items():
                (new / name).write_bytes(content)
