"""A table in four forms: Markdown, CSV, LaTeX, and HTML for the page."""

import csv
import html
import io
from collections.abc import Sequence

from scbch_jax.report.sheet import Cell, Row, Sheet
from scbch_jax.report.tables import as_markdown


def markdown(sheet: Sheet) -> str:
    """Blocks one below the other, each under a line of its own; best bold."""
    header, parts = [sheet.corner, *_heads(sheet)], [f"**{sheet.title}**"]
    for block in sheet.blocks:
        rows = [[row.name, *map(_in_markdown, row.cells)] for row in block.rows]
        parts += [f"*{block.title}*", as_markdown(header, rows)]
    parts.append(sheet.note)
    return "\n\n".join(filter(None, parts)) + "\n"


def comma_separated(sheet: Sheet) -> str:
    """One line a row, without marks."""
    header = ["block", sheet.corner, *_heads(sheet)]
    rows = [
        [block.title, row.name, *(cell.text for cell in row.cells)]
        for block in sheet.blocks
        for row in block.rows
    ]
    return _csv([header, *rows])


def sources(sheet: Sheet) -> str:
    """Where each number of ours comes from: run, seed and epoch of the result line."""
    heads = _heads(sheet)
    lines = [
        [block.title, row.name, head, s.path, s.seed, s.epoch, s.value]
        for block in sheet.blocks
        for row in block.rows
        for head, cell in zip(heads, row.cells, strict=True)
        for s in cell.sources
    ]
    header = ["block", sheet.corner, "column", "run", "seed", "epoch", "average"]
    return _csv([header, *lines])


def latex(sheet: Sheet) -> str:
    r"""A tabular that needs no package; best in \textbf, second in \underline."""
    wide = sum(len(columns) for _, columns in sheet.groups)
    groups = " & ".join(
        rf"\multicolumn{{{len(columns)}}}{{c}}{{{_escaped(title)}}}"
        for title, columns in sheet.groups
    )
    lines = [
        f"% {sheet.title}",
        *(f"% {line}" for line in sheet.note.splitlines()),
        rf"\begin{{tabular}}{{l{'r' * wide}}}",
        r"\hline",
        rf" & {groups} \\",
        _latex_line([sheet.corner, *(c for _, cs in sheet.groups for c in cs)]),
    ]
    for block in sheet.blocks:
        title = rf"\multicolumn{{{wide + 1}}}{{l}}{{\emph{{{_escaped(block.title)}}}}}"
        lines += [r"\hline", title + r" \\", *map(_latex_row, block.rows)]
    return "\n".join([*lines, r"\hline", r"\end{tabular}", ""])


def page(sheet: Sheet) -> str:
    """A table of the page, which scrolls sideways where it is wider than the page."""
    groups = "".join(
        f'<th colspan="{len(columns)}" scope="colgroup">{html.escape(title)}</th>'
        for title, columns in sheet.groups
    )
    heads = "".join(
        f'<th scope="col">{html.escape(c)}</th>' for _, cs in sheet.groups for c in cs
    )
    wide = sum(len(columns) for _, columns in sheet.groups)
    bodies = "".join(
        f'<tbody><tr class="block"><th colspan="{wide + 1}" scope="rowgroup">'
        f"<span>{html.escape(block.title)}</span></th></tr>"
        + "".join(map(_html_row, block.rows))
        + "</tbody>"
        for block in sheet.blocks
    )
    note = f"<p class=note>{html.escape(sheet.note)}</p>" if sheet.note else ""
    title = html.escape(sheet.title)
    return (
        f'<h3 id="{sheet.name}">{title}</h3>'
        f'<div class=wide tabindex=0 role=region aria-labelledby="{sheet.name}"><table>'
        f"<thead><tr><td></td>{groups}</tr>"
        f'<tr><th scope="col">{html.escape(sheet.corner)}</th>{heads}</tr></thead>'
        f"{bodies}</table></div>{note}"
    )


FORMS = {".md": markdown, ".csv": comma_separated, ".tex": latex}
"""By the ending of the file."""


def _heads(sheet: Sheet) -> list[str]:
    return [
        f"{title}, {column}".strip(", ")
        for title, columns in sheet.groups
        for column in columns
    ]


def _in_markdown(cell: Cell) -> str:
    shapes = {"best": "**{}**", "second": "<u>{}</u>", "": "{}"}
    return shapes[cell.mark].format(cell.text)


def _latex_row(row: Row) -> str:
    shapes = {"best": r"\textbf{%s}", "second": r"\underline{%s}", "": "%s"}
    cells = [shapes[cell.mark] % _escaped(cell.text) for cell in row.cells]
    return " & ".join([_escaped(row.name), *cells]) + r" \\"


def _latex_line(words: Sequence[str]) -> str:
    return " & ".join(map(_escaped, words)) + r" \\"


def _escaped(text: str) -> str:
    text = "".join(f"\\{c}" if c in "%&_#{}$" else c for c in text)
    return text.replace("±", r"$\pm$")


def _html_row(row: Row) -> str:
    shapes = {"best": "<b>{}</b>", "second": "<u>{}</u>", "": "{}"}
    cells = "".join(
        f"<td>{shapes[cell.mark].format(html.escape(cell.text))}</td>"
        for cell in row.cells
    )
    return f'<tr><th scope="row">{html.escape(row.name)}</th>{cells}</tr>'


def _csv(rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
