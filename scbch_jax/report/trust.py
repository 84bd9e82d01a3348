"""Figure 6 of the paper: confidence of rows with clean and with wrong labels."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from scbch_jax.report import trace_files
from scbch_jax.report.drawing import COLOURS, GRID, Figure
from scbch_jax.report.runs import Run
from scbch_jax.report.trace_files import Arrays


def figures(run: Run, traces: Mapping[int, Arrays], name: str) -> list[Figure]:
    """Figure 6, early and in the last epoch; nothing for methods without confidence.

    Args:
        run: whose rows they are.
        traces: of the run, by epoch.
        name: of the files.
    """
    told = {e: t["confidence"] for e, t in traces.items() if "confidence" in t}
    # While a method warms up all rows count the same; there is nothing to show.
    apart = [epoch for epoch, values in told.items() if np.ptp(values) > 0]
    noise = run.part / "noise.npz"
    if not apart or not noise.is_file():
        return []
    hit = np.unique(trace_files.read_arrays(noise)["rows"])
    clean = np.ones(len(told[apart[0]]), bool)
    clean[hit] = False
    epochs = list(dict.fromkeys((apart[0], apart[-1])))
    both = np.concatenate([told[epoch] for epoch in epochs])
    bins = np.linspace(float(both.min()), float(both.max()), 31)
    return [
        _distribution(run, epoch, traces[epoch], clean, bins, name) for epoch in epochs
    ]


def _distribution(
    run: Run,
    epoch: int,
    trace: Arrays,
    clean: Bool[np.ndarray, " n"],
    bins: Float[np.ndarray, " edges"],
    name: str,
) -> Figure:
    confidence = trace["confidence"]
    (line,) = (x for x in run.lines if x["epoch"] == epoch)
    area = line.get("confidence_roc")
    said = "" if area is None else f" ROC area {area:.3f}."
    return Figure(
        f"{name}-weights-{epoch}",
        f"Confidence of training rows, epoch {epoch}",
        f"{clean.sum():,} rows with clean labels, {(~clean).sum():,} with wrong ones, "
        f"seed {run.seed}.{said}{_if_votes_were_right(run, trace, clean)}",
        lambda axes: _histogram(axes, confidence, clean, bins),
    )


def _if_votes_were_right(run: Run, trace: Arrays, clean: Bool[np.ndarray, " n"]) -> str:
    """How far apart both could be: Eq. 2 with the clean labels as the votes p."""
    floor = run.options.get("hparams.confidence_floor")
    if floor is None or "agreement" not in trace or clean.all() or not clean.any():
        return ""
    means = [trace["confidence"][rows].mean() for rows in (clean, ~clean)]
    best = floor + (1 - floor) * trace["agreement"][~clean].mean()
    above = "; what lies above follows wrong labels" if means[1] > best else ""
    return (
        f" Means are {means[0]:.2f} and {means[1]:.2f}. Neighbors who vote for exactly "
        f"the clean labels would give 1 and {best:.2f}, since noise leaves a row its "
        f"other labels, so both part less than in the paper's Figure 6{above}."
    )


def _histogram(axes: Any, confidence: Any, clean: Any, bins: Any) -> None:
    for i, (label, rows) in enumerate((("clean", clean), ("wrong", ~clean))):
        if not rows.any():
            continue
        shares, _ = np.histogram(confidence[rows], bins)
        shares = 100 * shares / rows.sum()
        axes.stairs(shares, bins, fill=True, color=COLOURS[i], alpha=0.3)
        style = ("-", "--")[i]
        axes.stairs(shares, bins, color=COLOURS[i], ls=style, lw=1.4)
        axes.text(
            (0.0, 0.5)[i],
            1.03,
            f"{label} labels",
            color=COLOURS[i],
            transform=axes.transAxes,
        )
    axes.grid(visible=False, axis="x")
    axes.spines["bottom"].set_color(GRID)
    axes.set_xlabel("confidence")
    axes.set_ylabel("share of rows, %")
