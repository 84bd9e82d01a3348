"""Figure 6 of the paper: confidence in training rows with clean and noisy labels."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from scbch_jax.errors import require
from scbch_jax.plotting import COLORS, GRID, LINE_STYLES
from scbch_jax.report.figures.confidence_text import use_of_confidence
from scbch_jax.report.figures.drawing import LINE_HEIGHT, SIZE, Figure, legend
from scbch_jax.report.figures.traces import Arrays, read_arrays
from scbch_jax.report.runs import Run


def figures(run: Run, traces: Mapping[int, Arrays], name: str) -> list[Figure]:
    """Figure 6, early and in the last epoch; nothing for methods without confidence.

    Args:
        run: the run.
        traces: its traces, by epoch.
        name: beginning of the names of the files.

    Raises:
        InputError: if the run's noise.npz cannot be read or is of other data.
    """
    # During the warm-up all rows count the same; there is nothing to show.
    shown = {
        epoch: trace
        for epoch, trace in traces.items()
        if "confidence" in trace and np.ptp(trace["confidence"]) > 0
    }
    if not shown or not (run.seed_folder / "noise.npz").is_file():
        return []
    last = max(shown)
    # A method that learns labels before training has the same confidence throughout.
    first = min(shown)
    same = np.array_equal(shown[first]["confidence"], shown[last]["confidence"])
    epochs = [last] if same else [first, last]
    clean = _clean_rows(run, len(shown[epochs[0]]["confidence"]))
    values = np.concatenate([shown[epoch]["confidence"] for epoch in epochs])
    bins = np.linspace(float(values.min()), float(values.max()), 31)
    return [
        _distribution(run, epoch, shown[epoch], clean, bins, name) for epoch in epochs
    ]


def _clean_rows(run: Run, rows: int) -> Bool[np.ndarray, " n"]:
    path = run.seed_folder / "noise.npz"
    noisy = read_arrays(path).get("rows", np.zeros(0))
    ok = noisy.dtype.kind in "iu" and (noisy.size == 0 or noisy.max() < rows)
    wanted = f"numbers of {rows} training rows, as train wrote them"
    require(bool(ok), "noise", path, wanted)
    clean = np.ones(rows, bool)
    clean[noisy] = False
    return clean


def _distribution(
    run: Run,
    epoch: int,
    trace: Arrays,
    clean: Bool[np.ndarray, " n"],
    bins: Float[np.ndarray, " edges"],
    name: str,
) -> Figure:
    confidence = trace["confidence"]
    width, height = SIZE
    return Figure(
        f"{name}-weights-{epoch}",
        f"Confidence in training rows, epoch {epoch}",
        f"{clean.sum():,} rows with clean labels, {(~clean).sum():,} with noisy ones, "
        f"seed {run.seed}.{_separation(run, epoch, trace, clean)}",
        lambda axes: _histogram(axes, confidence, clean, bins),
        (width, height + LINE_HEIGHT),
    )


def _separation(
    run: Run, epoch: int, trace: Arrays, clean: Bool[np.ndarray, " n"]
) -> str:
    """How far apart both groups are, and in the last epoch what follows from that."""
    result = next((r for r in run.results if r.epoch == epoch), None)
    area = result and result.confidence and result.confidence.roc_auc
    said = "" if area is None else f" ROC AUC {area:.3f}."
    if not clean.all() and clean.any():
        means = [trace["confidence"][rows].mean() for rows in (clean, ~clean)]
        said += f" Means are {means[0]:.2f} and {means[1]:.2f}."
        said += _best_possible(run, trace, clean)
    if result is None or epoch != run.options["training.epochs"]:
        return said
    return said + use_of_confidence(run, result, trace)


def _best_possible(run: Run, trace: Arrays, clean: Bool[np.ndarray, " n"]) -> str:
    """The mean of noisy rows that Eq. 2 gives if all soft labels are clean."""
    floor = run.options.get("hparams.confidence_floor")
    if floor is None or "label_cosine" not in trace:
        return ""
    best = floor + (1 - floor) * trace["label_cosine"][~clean].mean()
    learned = trace["confidence"][~clean].mean() > best
    above = "; more comes from learning noisy labels" if learned else ""
    return (
        " Soft labels equal to the clean "
        f"labels would give 1 and {best:.2f}, since noise leaves a row its other "
        f"labels, so the two differ less than in the paper's Figure 6{above}."
    )


def _histogram(axes: Any, confidence: Any, clean: Any, bins: Any) -> None:
    for i, (label, rows) in enumerate((("clean", clean), ("noisy", ~clean))):
        if not rows.any():
            continue
        counts, _ = np.histogram(confidence[rows], bins)
        shares = 100 * counts / rows.sum()
        axes.stairs(shares, bins, fill=True, color=COLORS[i], alpha=0.3)
        style: Any = {"color": COLORS[i], "ls": LINE_STYLES[i], "lw": 1.4}
        axes.stairs(shares, bins, label=f"{label} labels", **style)
    axes.grid(visible=False, axis="x")
    axes.spines["bottom"].set_color(GRID)
    axes.set_xlabel("confidence")
    axes.set_ylabel("share of rows, %")
    legend(axes)
