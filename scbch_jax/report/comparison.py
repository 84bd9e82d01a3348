"""One line a method: what the paper publishes, and what was measured here."""

from collections.abc import Sequence
from itertools import chain

from scbch_jax.config.experiment import original_of
from scbch_jax.report import published_results, titles
from scbch_jax.report.result_tables import Setting
from scbch_jax.report.tables import Block, Cell, Row, Table, mark_best, mean_cell

Column = tuple[float, int]
"""Noise rate and code length."""

_COLUMNS = ("published", "best epoch", "last epoch")

_NOTE = (
    "MAP in percent, average of I2T and T2I. Published values are of best epochs, as "
    f"chosen on the test queries, and of {published_results.FEATURES}: other features "
    "give other values. Empty: not published, or not run."
)


def comparison_tables(settings: Sequence[Setting]) -> list[Table]:
    """A table for each dataset on which a method of the paper was run as published."""
    names = dict.fromkeys(s.data for s in settings)
    found = (_table([s for s in settings if s.data == name]) for name in names)
    return [table for table in found if table.blocks]


def _table(settings: Sequence[Setting]) -> Table:
    known = _published(settings[0].data)
    shown = [s for s in settings if not s.is_ablation]
    columns = sorted({_column(s) for s in shown if (_name(s), _column(s)) in known})
    blocks = [
        _block([s for s in shown if s.features == features], columns, known)
        for features in dict.fromkeys(s.features for s in shown)
        if columns
    ]
    notes = titles.notes(s.runs[0].options for s in shown)
    return Table(
        name=f"comparison-{settings[0].data}",
        title=f"Comparison with the paper on {titles.dataset_title(settings[0].data)}",
        row_header="method",
        column_groups=tuple(
            (f"{titles.noise_title(rate)}, {bits} bits", _COLUMNS)
            for rate, bits in columns
        ),
        blocks=tuple(blocks),
        note=f"{_NOTE} {notes}".strip(),
    )


def _block(
    settings: Sequence[Setting],
    columns: Sequence[Column],
    known: dict[tuple[str, Column], float],
) -> Block:
    rows: dict[str, list[Setting]] = {}
    for setting in settings:
        rows.setdefault(setting.row, []).append(setting)
    made = (
        Row(name, tuple(chain(*(_cells(own, column, known) for column in columns))))
        for name, own in rows.items()
    )
    title = f"image features here: {settings[0].features}"
    return mark_best(Block(title, tuple(made)))


def _cells(
    row: Sequence[Setting], column: Column, known: dict[tuple[str, Column], float]
) -> tuple[Cell, ...]:
    """The cells of a method in the columns of one noise rate and code length."""
    value = known.get((_name(row[0]), column))
    published = Cell() if value is None else Cell(f"{value:.1f}", value)
    runs = [run for s in row if _column(s) == column for run in s.runs]
    return published, mean_cell(runs, "best"), mean_cell(runs, "last")


def _published(data: str) -> dict[tuple[str, Column], float]:
    """Percentages by the method's name, without its year, and the column."""
    return {
        (p.method.split()[0].upper(), (p.rate, p.bits)): p.percent
        for p in published_results.results()
        if p.data == data
    }


def _name(setting: Setting) -> str:
    """The method, as the paper's tables call it but in capitals."""
    method = setting.runs[0].options.get("method", "scbch")
    return (original_of(method) or setting.variant).upper()


def _column(setting: Setting) -> Column:
    return setting.rate, setting.bits
