"""What benchmarks printed, as a page and as Markdown."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from scbch_jax.report import page
from scbch_jax.report.page import Section
from scbch_jax.report.tables import Block, Cell, Row, Table

GENERATOR = '<meta name="generator" content="scbch_jax bench all">'


class Measured(NamedTuple):
    """A benchmark that has run, or was left out."""

    title: str
    command: str
    device: str
    seconds: float
    exit_code: int | None
    """None if it was left out; the output then begins with the reason."""
    output: str
    """Lines of text, and tables in Markdown."""

    @property
    def end(self) -> str:
        """How long it took and how it ended."""
        if self.exit_code is None:
            return "left out"
        failed = f", failed with exit code {self.exit_code}" if self.exit_code else ""
        return f"{self.seconds:.0f} s{failed}"


def as_text(parts: Sequence[Measured]) -> str:
    """The parts in Markdown, for documentation."""
    blocks = []
    for part in parts:
        blocks += [f"## {part.title}", f"`{part.command}`, {part.device}, {part.end}"]
        blocks += ["\n".join(lines) for _, lines in _blocks(part.output)]
    return "\n\n".join(blocks) + "\n"


def as_page(parts: Sequence[Measured]) -> str:
    """The parts as one HTML page."""
    devices = ", ".join(dict.fromkeys(x.device for x in parts))
    summary = f"Measured by scbch bench all on {devices}."
    return page.render("Benchmarks", summary, list(map(_section, parts)), GENERATOR)


def _section(part: Measured) -> Section:
    """The text before a table is its title; other text stands above all tables."""
    notes, tables = [part.command, f"On {part.device}: {part.end}."], []
    for is_table, lines in _blocks(part.output):
        if is_table:
            title = notes.pop() if len(notes) > 2 else "Results"
            tables.append(_table(title.rstrip(":"), part.title, len(tables), lines))
        else:
            notes.append(" ".join(lines))
    return Section(part.title, "\n\n".join(notes), tables)


def _blocks(output: str) -> Iterator[tuple[bool, list[str]]]:
    """Paragraphs and tables in their order."""
    lines = [line.strip() for line in output.splitlines()]
    for kind, group in groupby(lines, lambda x: (bool(x), x.startswith("|"))):
        if kind[0]:
            yield kind[1], list(group)


def _table(title: str, part: str, number: int, lines: Sequence[str]) -> Table:
    cells = [[x.strip() for x in line.strip("|").split("|")] for line in lines]
    header, _, *rows = cells
    name = f"{part.lower().replace(' ', '-')}-{number + 1}"
    body = tuple(Row(first, tuple(map(Cell, rest))) for first, *rest in rows)
    columns = (("", tuple(header[1:])),)
    return Table(name, title, header[0], columns, (Block("", body),))
