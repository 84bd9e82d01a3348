"""What moved during a run: loss terms, MAP and confidence by epoch."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scbch_jax.io import Record
from scbch_jax.report.drawing import Curve, Figure, lines
from scbch_jax.report.runs import Run

NO_LOSSES = {
    "seed",
    "epoch",
    "seconds",
    "i2t",
    "t2i",
    "average",
    "total",
    "confidence_clean",
    "confidence_noisy",
    "confidence_roc",
}
"""Fields of a result line that are no loss terms; total is their weighted sum."""


def figures(runs: Sequence[Run], name: str) -> list[Figure]:
    """All that the result lines of one setting can show.

    Args:
        runs: seeds of one setting; lines are their means.
        name: of the files.
    """
    found = [_losses(runs, name), _map(runs, name), _confidence(runs, name)]
    return [figure for figure in found if figure is not None]


def compared(runs_of: Mapping[str, Sequence[Run]]) -> Figure | None:
    """MAP by epoch of several settings, by their titles."""
    curves = [
        curve._replace(label=title)
        for title, runs in runs_of.items()
        for curve in _curves(runs, {"average": ""}, scale=100)
    ]
    if len(curves) < 2:
        return None
    return Figure(
        "map-by-epoch",
        "MAP by epoch",
        "MAP in percent, average of I2T and T2I, after each scored epoch; bands are "
        "± one standard deviation over seeds.",
        lambda axes: _by_epoch(axes, curves, "MAP, %"),
    )


def _losses(runs: Sequence[Run], name: str) -> Figure | None:
    lines_ = [line for run in runs for line in run.lines]
    terms = {k: k for line in lines_ for k in line if k not in NO_LOSSES}
    curves = _curves(runs, terms)[:6]
    if not curves:
        return None
    return Figure(
        f"{name}-losses",
        "Loss terms by epoch",
        "Mean over the batches of an epoch, before weights.",
        lambda axes: _by_epoch(axes, curves, "loss"),
    )


def _map(runs: Sequence[Run], name: str) -> Figure | None:
    curves = _curves(runs, {"i2t": "I2T", "t2i": "T2I"}, scale=100)
    if not curves:
        return None
    last = [
        float(np.mean([r.line("last")[way] for r in runs if r.scored]))
        for way in ("i2t", "t2i")
    ]
    return Figure(
        f"{name}-map",
        "MAP by epoch",
        f"Last epoch: I2T {100 * last[0]:.1f} %, T2I {100 * last[1]:.1f} %.",
        lambda axes: _by_epoch(axes, curves, "MAP, %"),
    )


def _confidence(runs: Sequence[Run], name: str) -> Figure | None:
    names = {
        "confidence_clean": "clean rows",
        "confidence_noisy": "noisy rows",
        "confidence_roc": "ROC area",
    }
    curves = _curves(runs, names)
    if not curves:
        return None
    area = curves[-1].y[-1] if curves[-1].label == "ROC area" else None
    said = "" if area is None else f" ROC area in the last epoch: {area:.3f}."
    return Figure(
        f"{name}-confidence",
        "Confidence by epoch",
        "Mean weight of training rows with clean and with wrong labels, and how well "
        f"it tells them apart (area under the ROC curve, 0.5 is chance).{said}",
        lambda axes: _by_epoch(axes, curves, "weight, or area"),
    )


def _by_epoch(axes: Any, curves: Sequence[Curve], y: str) -> None:
    lines(axes, curves, x="epoch", y=y)
    axes.xaxis.get_major_locator().set_params(integer=True)


def _curves(
    runs: Sequence[Run], fields: dict[str, str], *, scale: float = 1.0
) -> list[Curve]:
    """A curve for each field that any line has: mean over seeds, ± their spread."""
    made = []
    for field, label in fields.items():
        values = _by_number([line for run in runs for line in run.lines], field)
        if not values:
            continue
        y = [scale * float(np.mean(v)) for v in values.values()]
        spread = None
        if len(runs) > 1:
            spread = [
                scale * float(np.std(v, ddof=1)) if len(v) > 1 else 0.0
                for v in values.values()
            ]
        made.append(Curve(label, list(values), y, spread))
    return made


def _by_number(lines_: Sequence[Record], field: str) -> dict[int, list[float]]:
    found: dict[int, list[float]] = {}
    for line in lines_:
        if line.get(field) is not None:
            found.setdefault(line["epoch"], []).append(line[field])
    return dict(sorted(found.items()))
