"""What benchmarks printed, as a page and as Markdown."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from scbch_jax.report import page
from scbch_jax.report.page import Section
from scbch_jax.report.tables import Block, Cell, Row, Table

GENERATOR = '<meta name="generator" content="scbch_jax bench all">'


class Measured(NamedTuple):
    """A benchmark that has run."""

    title: str
    command: str
    device: str
    seconds: float
    passed: bool
    output: str
    """Lines of text, and tables in Markdown."""

    @property
    def note(self) -> str:
        """What was run, where, and how it ended."""
        end = "" if self.passed else " It failed; its messages are above in the log."
        return f"{self.command}, on {self.device}, {self.seconds:.0f} s.{end}"


def as_text(parts: Sequence[Measured]) -> str:
    """The parts in Markdown, for documentation."""
    return "\n".join(
        f"## {x.title}\n\n`{x.command}`, {x.device}, {x.seconds:.0f} s\n\n"
        f"{x.output.strip()}\n"
        for x in parts
    )


def as_page(parts: Sequence[Measured]) -> str:
    """The parts as one HTML page."""
    devices = ", ".join(dict.fromkeys(x.device for x in parts))
    summary = f"Measured by scbch bench all on {devices}."
    return page.render("Benchmarks", summary, list(map(_section, parts)), GENERATOR)


def _section(part: Measured) -> Section:
    note, tables = part.note, []
    for is_table, lines in _blocks(part.output):
        if is_table:
            tables.append(_table(part.title, len(tables), lines))
        else:
            note += "\n\n" + " ".join(lines)
    return Section(part.title, note, tables)


def _blocks(output: str) -> Iterator[tuple[bool, list[str]]]:
    """Paragraphs and tables in their order."""
    lines = [line.strip() for line in output.splitlines()]
    for kind, group in groupby(lines, lambda x: (bool(x), x.startswith("|"))):
        if kind[0]:
            yield kind[1], list(group)


def _table(title: str, number: int, lines: Sequence[str]) -> Table:
    cells = [[x.strip() for x in line.strip("|").split("|")] for line in lines]
    header, _, *rows = cells
    name = f"{title.lower().replace(' ', '-')}-{number + 1}"
    body = tuple(Row(first, tuple(map(Cell, rest))) for first, *rest in rows)
    columns = (("", tuple(header[1:])),)
    return Table(name, "Results", header[0], columns, (Block("", body),))
