"""What changes during a run: loss terms, MAP and confidence by epoch."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from scbch_jax.report.figures.confidence_text import entries_sentence
from scbch_jax.report.figures.drawing import COLORS, Curve, Figure, curves_figure
from scbch_jax.report.runs import Run, average_map
from scbch_jax.results import EpochResult

Value = Callable[[EpochResult], float | None]
"""What to take from the result of an epoch."""


def figures(runs: Sequence[Run], name: str) -> list[Figure]:
    """All that the results of one setting can show.

    Args:
        runs: seeds of one setting; curves are their means.
        name: beginning of the names of the files.
    """
    return [*_losses(runs, name), *_map(runs, name), *_confidence(runs, name)]


def compare(runs_of: Mapping[str, Sequence[Run]]) -> Iterator[Figure]:
    """MAP by epoch of several settings; nothing for fewer than two.

    Args:
        runs_of: seeds of each setting, by its title.
    """
    curves = [
        curve
        for title, runs in runs_of.items()
        for curve in _curves(runs, {title: average_map}, scale=100)
    ]
    if len(curves) > 1:
        text = (
            "MAP in percent, average of I2T and T2I, after each scored epoch; bands "
            "are ± one standard deviation over seeds."
        )
        yield _by_epoch("map-by-epoch", "MAP by epoch", text, curves, "MAP, %")


def _losses(runs: Sequence[Run], name: str) -> Iterator[Figure]:
    terms = dict.fromkeys(k for r in runs for x in r.results for k in x.losses)
    values: dict[str, Value] = {
        term: lambda result, term=term: result.losses.get(term)
        for term in terms
        if term != "total"
    }
    curves = _curves(runs, values)[: len(COLORS)]
    if curves:
        text = (
            "Means over the steps of an epoch, each term before its weight."
            + _total(runs)
        )
        yield _by_epoch(f"{name}-losses", "Loss terms by epoch", text, curves, "loss")


def _total(runs: Sequence[Run]) -> str:
    """How the terms add up to the loss that was minimized."""
    last = [run.results[-1].losses.get("total") for run in runs if run.results]
    known = [value for value in last if value is not None]
    if not known:
        return ""
    weights = {
        name.removeprefix("hparams.").replace("_", " "): value
        for name, value in runs[0].options.items()
        if name.startswith("hparams.") and name.endswith("_weight")
    }
    words = ", ".join(f"{name} {value:g}" for name, value in weights.items())
    weighted = f" Weights: {words}." if words else ""
    total = float(np.mean(known))
    return f" The total loss is their weighted sum, {total:.4g} at the end.{weighted}"


def _map(runs: Sequence[Run], name: str) -> Iterator[Figure]:
    values: dict[str, Value] = {
        "I2T": lambda result: result.retrieval and result.retrieval.i2t,
        "T2I": lambda result: result.retrieval and result.retrieval.t2i,
        "held-out rows": lambda result: result.held_out and result.held_out.average,
    }
    curves = _curves(runs, values, scale=100)
    if curves:
        last = [score for r in runs if r.scored and (score := r.scored[-1].retrieval)]
        means = [
            f"I2T {100 * float(np.mean([score.i2t for score in last])):.1f} %",
            f"T2I {100 * float(np.mean([score.t2i for score in last])):.1f} %",
        ]
        text = f"Last epoch: {', '.join(means)}.{_selected(runs)}"
        yield _by_epoch(f"{name}-map", "MAP by epoch", text, curves, "MAP, %")


def _selected(runs: Sequence[Run]) -> str:
    """Which epochs the held-out rows select, and their MAP."""
    found = [result for run in runs if (result := run.result("selected"))]
    if not found:
        return ""
    numbers = ", ".join(str(result.epoch) for result in found)
    epochs = f"epochs {numbers}" if len(found) > 1 else f"epoch {numbers}"
    average = float(np.mean([average_map(result) or 0.0 for result in found]))
    return (
        " Held-out rows are training rows that search the others, by noisy labels; the "
        f"best average selects {epochs}, with an average MAP of {100 * average:.1f} % "
        "on the test queries."
    )


def _confidence(runs: Sequence[Run], name: str) -> Iterator[Figure]:
    values: dict[str, Value] = {
        "clean rows": lambda result: result.confidence and result.confidence.clean,
        "noisy rows": lambda result: result.confidence and result.confidence.noisy,
        "ROC AUC": lambda result: result.confidence and result.confidence.roc_auc,
    }
    curves = _curves(runs, values)
    if curves:
        text = (
            "Mean confidence in training rows with clean and with noisy labels, and "
            "how well it separates them (area under the ROC curve, 0.5 is chance)."
        )
        if curves[-1].label == "ROC AUC":
            text += f" ROC AUC in the last epoch: {curves[-1].y[-1]:.3f}."
        text += entries_sentence([run.results[-1] for run in runs if run.results])
        title, y = "Confidence by epoch", "mean confidence, ROC AUC"
        yield _by_epoch(f"{name}-confidence", title, text, curves, y)


def _by_epoch(
    name: str, title: str, text: str, curves: Sequence[Curve], y: str
) -> Figure:
    def whole_numbers(axes: Any) -> None:
        axes.xaxis.get_major_locator().set_params(integer=True)

    return curves_figure(
        name, title, text, curves, x="epoch", y=y, finish=whole_numbers
    )


def _curves(
    runs: Sequence[Run], values: Mapping[str, Value], *, scale: float = 1.0
) -> list[Curve]:
    """A curve for each value that any epoch has: its mean and deviation over seeds."""
    found = []
    for label, value in values.items():
        by_epoch: dict[int, list[float]] = {}
        for result in (result for run in runs for result in run.results):
            known = value(result)
            if known is not None:
                by_epoch.setdefault(result.epoch, []).append(scale * known)
        if by_epoch:
            found.append(_curve(label, by_epoch, len(runs)))
    return found


def _curve(label: str, by_epoch: Mapping[int, list[float]], seeds: int) -> Curve:
    epochs = sorted(by_epoch)
    points = [by_epoch[epoch] for epoch in epochs]
    std = [float(np.std(p, ddof=1)) if len(p) > 1 else 0.0 for p in points]
    means = [float(np.mean(p)) for p in points]
    return Curve(label, epochs, means, std if seeds > 1 else None)
