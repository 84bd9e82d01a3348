"""All settings in one table: MAP of last and best epoch, confidence, time."""

from collections.abc import Sequence

from scbch_jax.report.runs import Run
from scbch_jax.report.sheet import Block, Cell, Row, Sheet, cell_of


def sheet(groups: Sequence[Sequence[Run]], titles: Sequence[str]) -> Sheet:
    """One row a setting.

    Args:
        groups: seeds of one setting each.
        titles: of the settings.
    """
    rows = (
        Row(title, _cells(group)) for group, title in zip(groups, titles, strict=True)
    )
    return Sheet(
        name="overview",
        title="All settings",
        corner="setting",
        groups=(
            ("MAP in percent, last epoch", ("I2T", "T2I", "average")),
            ("best epoch", ("average",)),
            ("confidence", ("ROC area",)),
            ("", ("epochs", "seconds")),
        ),
        blocks=(Block("ours", tuple(rows)),),
        note=(
            "± standard deviation over seeds. Best epoch: chosen on the test queries. "
            "ROC area: confidence of clean against noisy training rows; 0.5 is chance. "
            "Seconds: of all seeds together."
        ),
    )


def _cells(group: Sequence[Run]) -> tuple[Cell, ...]:
    return (
        cell_of(group, "last", "i2t"),
        cell_of(group, "last", "t2i"),
        cell_of(group, "last"),
        cell_of(group, "best"),
        cell_of(group, "last", "confidence_roc"),
        Cell(_epochs(group)),
        Cell(
            f"{sum(line.get('seconds') or 0.0 for r in group for line in r.lines):,.0f}"
        ),
    )


def _epochs(group: Sequence[Run]) -> str:
    """How far the runs are, where they are not finished."""
    done = [run.lines[-1]["epoch"] if run.lines else 0 for run in group]
    wanted = group[0].options["training.epochs"]
    return f"{wanted}" if min(done) == wanted else f"{min(done)} of {wanted}"
