"""Tables: cells with marks and sources, and their Markdown, CSV and LaTeX formats."""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

from scbch_jax.io import csv_text
from scbch_jax.report.runs import Run, Which, average_map, mean_and_std
from scbch_jax.results import EpochResult


class Source(NamedTuple):
    """The result that a number was computed from."""

    path: str
    """Folder of the run."""
    seed: int
    epoch: int
    value: float
    """What was taken from the result, such as its average MAP in [0, 1]."""


class Cell(NamedTuple):
    """One cell of a table; empty where nothing was run."""

    text: str = ""
    value: float | None = None
    """The number by which cells are ranked, rounded as printed."""
    mark: Literal["", "best", "second"] = ""
    sources: tuple[Source, ...] = ()


class Row(NamedTuple):
    """A name, and a cell for each column."""

    name: str
    cells: tuple[Cell, ...]


class Block(NamedTuple):
    """Rows that may be compared with each other; rows of two blocks may not."""

    title: str
    rows: tuple[Row, ...]


class Table(NamedTuple):
    """A table with columns in groups."""

    name: str
    """Name of its files."""
    title: str
    row_header: str
    """What the rows are."""
    column_groups: tuple[tuple[str, tuple[str, ...]], ...]
    """The title of each group, and those of its columns."""
    blocks: tuple[Block, ...]
    note: str = ""

    @property
    def columns(self) -> list[str]:
        """Titles of the columns within their groups."""
        return [column for _, columns in self.column_groups for column in columns]

    @property
    def full_columns(self) -> list[str]:
        """Titles of the columns with those of their groups."""
        return [
            f"{group}, {column}".strip(", ")
            for group, columns in self.column_groups
            for column in columns
        ]


def percent(share: float | None) -> str:
    """A share as a percentage with one decimal; a dash for None and NaN.

    >>> percent(0.7861), percent(None)
    ('78.6', '-')
    """
    return "-" if share is None or share != share else f"{100 * share:.1f}"


def mean_cell(
    runs: Sequence[Run],
    which: Which,
    value: Callable[[EpochResult], float | None] = average_map,
    text: Callable[[float], str] = percent,
) -> Cell:
    """Mean over the finished runs of one setting, ± their standard deviation.

    Args:
        runs: seeds of one setting.
        which: the epoch to take.
        value: what to take from its result; None for what is not known.
        text: how to write a value.
    """
    found = [(run, run.result(which)) for run in runs if run.finished]
    sources = tuple(
        Source(str(run.path), run.seed, result.epoch, known)
        for run, result in found
        if result and (known := value(result)) is not None
    )
    if not sources:
        return Cell()
    mean, std = mean_and_std([source.value for source in sources])
    words = [text(mean)]
    if std is not None:
        words.append(f"± {text(std)}")
    if len(sources) < len(runs):
        words.append(f"({len(sources)} of {len(runs)})")
    return Cell(" ".join(words), float(text(mean)), sources=sources)


def mark_best(block: Block) -> Block:
    """Marks the best and the second value of each column, as they are printed.

    Equal values share a mark. A column with a single value has none.
    """
    columns = zip(*(row.cells for row in block.rows), strict=True)
    marked = zip(*map(_mark_column, columns), strict=True)
    rows = zip(block.rows, marked, strict=True)
    return block._replace(rows=tuple(row._replace(cells=cells) for row, cells in rows))


def as_markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Aligns cells into a Markdown table; the first column to the left.

    >>> print(as_markdown(["a", "b"], [["x", "1.5"]]))
    | a |   b |
    | - | --: |
    | x | 1.5 |
    """
    cells = [list(header), *map(list, rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]

    def line(row: Sequence[str]) -> str:
        first = row[0].ljust(widths[0])
        rest = [cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True)]
        return "| " + " | ".join([first, *rest]) + " |"

    rule = ["-" * widths[0]] + ["-" * (w - 1) + ":" for w in widths[1:]]
    return "\n".join([line(header), line(rule), *(line(row) for row in rows)])


def to_markdown(table: Table) -> str:
    """One Markdown table for each block, under the title of the block; best bold."""
    marks = {"best": "**{}**", "second": "<u>{}</u>", "": "{}"}
    header, parts = [table.row_header, *table.full_columns], [f"**{table.title}**"]
    for block in table.blocks:
        rows = [
            [row.name, *(marks[cell.mark].format(cell.text) for cell in row.cells)]
            for row in block.rows
        ]
        parts += [f"*{block.title}*", as_markdown(header, rows)]
    parts.append(table.note)
    return "\n\n".join(filter(None, parts)) + "\n"


def to_csv(table: Table) -> str:
    """One line for each row, without marks."""
    rows = [
        [block.title, row.name, *(cell.text for cell in row.cells)]
        for block in table.blocks
        for row in block.rows
    ]
    return csv_text([["block", table.row_header, *table.full_columns], *rows])


def sources_csv(table: Table) -> str:
    """Run, seed and epoch of the results behind each number of this package."""
    columns = table.full_columns
    lines = [
        [block.title, row.name, column, *source]
        for block in table.blocks
        for row in block.rows
        for column, cell in zip(columns, row.cells, strict=True)
        for source in cell.sources
    ]
    header = ["block", table.row_header, "column", "run", "seed", "epoch", "value"]
    return csv_text([header, *lines])


def to_latex(table: Table) -> str:
    r"""A tabular that needs no package; best in \textbf, second in \underline."""
    width = len(table.columns)
    groups = " & ".join(
        rf"\multicolumn{{{len(columns)}}}{{c}}{{{_latex_escape(title)}}}"
        for title, columns in table.column_groups
    )
    lines = [
        f"% {table.title}",
        *(f"% {line}" for line in table.note.splitlines()),
        rf"\begin{{tabular}}{{l{'r' * width}}}",
        r"\hline",
        rf" & {groups} \\",
        _latex_line(map(_latex_escape, [table.row_header, *table.columns])),
    ]
    for block in table.blocks:
        title = rf"\emph{{{_latex_escape(block.title)}}}"
        lines += [r"\hline", rf"\multicolumn{{{width + 1}}}{{l}}{{{title}}} \\"]
        lines += map(_latex_row, block.rows)
    return "\n".join([*lines, r"\hline", r"\end{tabular}", ""])


FORMATS: dict[str, Callable[[Table], str]] = {
    ".md": to_markdown,
    ".csv": to_csv,
    ".tex": to_latex,
    "-sources.csv": sources_csv,
}
"""Formats by the ending of their files."""


def _mark_column(cells: Sequence[Cell]) -> list[Cell]:
    known = [cell.value for cell in cells if cell.value is not None]
    marks: dict[float, Literal["best", "second"]] = {}
    if len(known) > 1:
        best, *others = sorted(set(known), reverse=True)
        marks[best] = "best"
        if others and known.count(best) == 1:
            marks[others[0]] = "second"
    return [
        cell if cell.value is None else cell._replace(mark=marks.get(cell.value, ""))
        for cell in cells
    ]


def _latex_row(row: Row) -> str:
    marks = {"best": r"\textbf{%s}", "second": r"\underline{%s}", "": "%s"}
    cells = [marks[cell.mark] % _latex_escape(cell.text) for cell in row.cells]
    return _latex_line([_latex_escape(row.name), *cells])


def _latex_line(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"


def _latex_escape(text: str) -> str:
    return text.translate(_LATEX)


_LATEX = str.maketrans(
    {c: f"\\{c}" for c in "%&_#{}$"}
    | {"±": r"$\pm$", "\\": r"\textbackslash{}", "~": r"\~{}", "^": r"\^{}"}
)
