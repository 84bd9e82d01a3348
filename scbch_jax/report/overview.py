"""The table of all settings: MAP of the chosen epochs, confidence, and time."""

import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

from scbch_jax.report import titles
from scbch_jax.report.runs import Run, Which, average_map, training_seconds
from scbch_jax.report.tables import Block, Cell, Row, Table, mean_cell
from scbch_jax.results import EpochResult

Value = Callable[[EpochResult], float | None]
"""What to take from the result of an epoch."""


def overview(groups: Sequence[Sequence[Run]], names: Sequence[str]) -> Table:
    """One row for each setting.

    There is a column for the selected epoch where rows are held out, and one for the
    confidence in entries where a method has posteriors.

    Args:
        groups: seeds of one setting each.
        names: titles of the settings.
    """
    cells = [[column.cell(group) for group in groups] for column in _COLUMNS]
    known = [
        (column, its_cells)
        for column, its_cells in zip(_COLUMNS, cells, strict=True)
        if not column.optional or any(cell.text for cell in its_cells)
    ]
    shown = [column for column, _ in known]
    by_row = zip(*(its_cells for _, its_cells in known), strict=True)
    rows = (Row(name, found) for name, found in zip(names, by_row, strict=True))
    notes = (column.note for column in shown)
    made = titles.notes(group[0].options for group in groups)
    return Table(
        name="overview",
        title="All settings",
        row_header="setting",
        column_groups=tuple(
            (title, tuple(column.title for column in columns))
            for title, columns in itertools.groupby(shown, lambda column: column.group)
        ),
        blocks=(Block("this package", tuple(rows)),),
        note=" ".join(filter(None, ("± standard deviation over seeds.", *notes, made))),
    )


class _Column(NamedTuple):
    """A column, and how its cells are made of the seeds of a setting."""

    group: str
    title: str
    cell: Callable[[Sequence[Run]], Cell]
    note: str = ""
    optional: bool = False
    """Left out where all its cells are empty."""


def _map(which: Which, value: Value = average_map) -> Callable[[Sequence[Run]], Cell]:
    return lambda group: mean_cell(group, which, value)


def _area(name: str) -> Callable[[Sequence[Run]], Cell]:
    """A field of the confidence, in the last epoch."""

    def value(result: EpochResult) -> float | None:
        return result.confidence and getattr(result.confidence, name)

    return lambda group: mean_cell(group, "last", value, "{:.3f}".format)


def _i2t(result: EpochResult) -> float | None:
    return result.retrieval and result.retrieval.i2t


def _t2i(result: EpochResult) -> float | None:
    return result.retrieval and result.retrieval.t2i


def _epochs(group: Sequence[Run]) -> Cell:
    """Number of epochs, and how many are done if not all seeds are finished."""
    done = [run.results[-1].epoch if run.results else 0 for run in group]
    wanted = group[0].options["training.epochs"]
    return Cell(f"{wanted}" if min(done) == wanted else f"{min(done)} of {wanted}")


def _seconds(group: Sequence[Run]) -> Cell:
    return Cell(f"{training_seconds(group):,.0f}")


_LAST = "MAP in percent, last epoch"

_COLUMNS = (
    _Column(_LAST, "I2T", _map("last", _i2t)),
    _Column(_LAST, "T2I", _map("last", _t2i)),
    _Column(_LAST, "average", _map("last")),
    _Column(
        "best epoch, %",
        "average",
        _map("best"),
        "Best epoch: chosen on the test queries.",
    ),
    _Column(
        "selected epoch, %",
        "average",
        _map("selected"),
        "Selected epoch: the one with the best average MAP of held-out training rows, "
        "chosen without the test queries.",
        optional=True,
    ),
    _Column(
        "confidence",
        "ROC AUC",
        _area("roc_auc"),
        "ROC AUC, between 0 and 1: how well the confidence separates clean from noisy "
        "training rows; 0.5 is chance.",
    ),
    _Column(
        "confidence",
        "ROC AUC of entries",
        _area("entries_roc_auc"),
        "ROC AUC of entries: how well posteriors separate right from wrong entries of "
        "the labels.",
        optional=True,
    ),
    _Column("training", "epochs", _epochs),
    _Column("training", "seconds", _seconds, "Seconds: of all seeds together."),
)
