"""A table before it is written: cells with marks, and the result lines behind them."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from scbch_jax.report.runs import Run, mean_and_spread
from scbch_jax.report.tables import percent


class Source(NamedTuple):
    """The result line that a number came from."""

    path: str
    """Folder of the run."""
    seed: int
    epoch: int
    value: float
    """What was taken from it, such as its average of I2T and T2I, a share."""


class Cell(NamedTuple):
    """One place of a table; empty where nothing was run."""

    text: str = ""
    value: float | None = None
    """What it is ranked by, in percent."""
    mark: Literal["", "best", "second"] = ""
    sources: tuple[Source, ...] = ()


class Row(NamedTuple):
    """A name, and a cell for each column."""

    name: str
    cells: tuple[Cell, ...]


class Block(NamedTuple):
    """Rows that may be compared with each other; blocks may not."""

    title: str
    rows: tuple[Row, ...]


class Sheet(NamedTuple):
    """A table with columns in groups."""

    name: str
    """Of its files."""
    title: str
    corner: str
    """What the rows are."""
    groups: tuple[tuple[str, tuple[str, ...]], ...]
    """Columns: each group's title, and those of its columns."""
    blocks: tuple[Block, ...]
    note: str = ""


def cell_of(runs: Sequence[Run], which: str, field: str = "average") -> Cell:
    """Mean over the finished runs of one setting, ± their standard deviation.

    Args:
        runs: seeds of one setting.
        which: "last" or "best" epoch.
        field: of the result lines; a cell is empty where they lack it.
    """
    finished = [
        run for run in runs if run.finished and run.line(which).get(field) is not None
    ]
    if not finished:
        return Cell()
    lines = [run.line(which) for run in finished]
    mean, spread = mean_and_spread([line[field] for line in lines])
    said = "{:.3f}".format if field.endswith("roc") else percent
    words = [said(mean)]
    if spread is not None:
        words.append(f"± {said(spread)}")
    if len(finished) < len(runs):
        words.append(f"({len(finished)} of {len(runs)})")
    sources = tuple(
        Source(str(run.path), run.seed, line["epoch"], line[field])
        for run, line in zip(finished, lines, strict=True)
    )
    return Cell(" ".join(words), float(percent(mean)), sources=sources)


def marked(block: Block) -> Block:
    """Marks the best and the second value of each column, as they are printed.

    Equals share a mark. A column with a single value has none.
    """
    columns = list(zip(*(row.cells for row in block.rows), strict=True))
    ranked = [_mark_column(column) for column in columns]
    rows = zip(*ranked, strict=True)
    return block._replace(
        rows=tuple(
            row._replace(cells=tuple(cells))
            for row, cells in zip(block.rows, rows, strict=True)
        )
    )


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
