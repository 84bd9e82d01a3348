"""Figures 4 to 6 of the paper, from the traces that a run leaves at a few epochs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from scbch_jax.report import trace_files, trust
from scbch_jax.report.drawing import Curve, Figure, lines
from scbch_jax.report.runs import Run
from scbch_jax.report.trace_files import Arrays


def figures(run: Run, name: str) -> list[Figure]:
    """Heat maps and distributions of one run.

    Args:
        run: whose traces to show.
        name: of the files.
    """
    traces = trace_files.read_traces(run)
    return [*_heat_maps(traces, name), *trust.figures(run, traces, name)]


def precision_recall(runs_of: Mapping[str, Run]) -> list[Figure]:
    """Figure 4: a figure a direction, with a curve for each run that kept it.

    Args:
        runs_of: runs by their titles, of one dataset, as many as there are colours.
    """
    last = {
        title: list(trace_files.read_traces(run).values())[-1:]
        for title, run in runs_of.items()
    }
    found = []
    for way in ("i2t", "t2i"):
        curves = [
            Curve(title, *_curve(trace, way))
            for title, traces in last.items()
            for trace in traces
            if f"precision_{way}" in trace
        ]
        if curves:
            found.append(_curves_figure(way, curves))
    return found


def jaccard(labels: UInt8[np.ndarray, "n classes"]) -> Float[np.ndarray, "n n"]:
    """Overlap of label sets, in [0, 1]; of two rows without labels 0."""
    shared = (labels @ labels.T.astype(float)).astype(float)
    sizes = labels.sum(axis=1, dtype=float)
    union = sizes[:, None] + sizes - shared
    return shared / np.maximum(union, 1)


def likeness(
    overlap: Float[np.ndarray, "n n"], similarity: Float[np.ndarray, "n n"]
) -> float:
    """Correlation of both over pairs of different rows; NaN where one is constant."""
    pairs = ~np.eye(len(overlap), dtype=bool)
    both = overlap[pairs], similarity[pairs]
    if min(values.std() for values in both) < 1e-9:
        return float("nan")
    return float(np.corrcoef(*both)[0, 1])


def _curve(trace: Arrays, way: str) -> tuple[list[float], list[float]]:
    """Recall and precision in percent."""
    recall, precision = (100 * trace[f"{k}_{way}"] for k in ("recall", "precision"))
    return recall.tolist(), precision.tolist()


def _curves_figure(way: str, curves: Sequence[Curve]) -> Figure:
    side = {"i2t": "images search texts", "t2i": "texts search images"}[way]
    alone = f" Of {curves[0].label} alone." if len(curves) == 1 else ""

    def draw(axes: Any) -> None:
        lines(axes, curves, x="recall, %", y="precision, %")
        axes.set_xlim(0, 100)

    return Figure(
        f"precision-recall-{way}",
        f"Precision and recall, {way.upper()}",
        f"Means over queries among the first 1, 2, … all items, last epoch; {side}."
        + alone,
        draw,
    )


def _heat_maps(traces: Mapping[int, Arrays], name: str) -> list[Figure]:
    """Figure 5: the overlap of labels, and the similarities of first and last epoch."""
    kept = {epoch: trace for epoch, trace in traces.items() if "image" in trace}
    if not kept:
        return []
    labels = next(iter(kept.values()))["labels"]
    # Rows of like labels stand together, so that the eye finds the blocks.
    order = np.lexsort(labels.T[::-1])[::-1]
    overlap = jaccard(labels[order])
    found = [
        Figure(
            f"{name}-overlap",
            f"Label overlap of {len(labels)} training rows",
            "Jaccard overlap of the clean labels; 1 where they are the same.",
            lambda axes: _matrix(axes, overlap, "overlap", low=0.0),
            _SQUARE,
        )
    ]
    for epoch in dict.fromkeys((min(kept), max(kept))):
        image, text = (_unit(kept[epoch][side][order]) for side in ("image", "text"))
        found.append(_similarity(image @ text.T, overlap, epoch, name))
    return found


_SQUARE = (3.6, 3.1)


def _similarity(
    similarity: Float[np.ndarray, "n n"],
    overlap: Float[np.ndarray, "n n"],
    epoch: int,
    name: str,
) -> Figure:
    alike = likeness(overlap, similarity)
    return Figure(
        f"{name}-similarity-{epoch}",
        f"Similarity of images and texts, epoch {epoch}",
        f"Cosine of relaxed codes. Correlation with the label overlap over pairs of "
        f"different rows: {alike:.2f}.",
        lambda axes: _matrix(axes, similarity, "cosine", low=-1.0),
        _SQUARE,
    )


def _matrix(axes: Any, values: Any, label: str, *, low: float) -> None:
    mesh = axes.pcolormesh(
        values, cmap="cividis", vmin=low, vmax=1, edgecolor="face", linewidth=0.2
    )
    axes.set_aspect("equal")
    axes.invert_yaxis()
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_xlabel("texts")
    axes.set_ylabel("images")
    ticks = np.linspace(low, 1, 3)
    bar = axes.figure.colorbar(mesh, ax=axes, shrink=0.9, ticks=ticks)
    bar.outline.set_visible(False)
    bar.set_label(label)


def _unit(rows: Float[np.ndarray, "n bits"]) -> Float[np.ndarray, "n bits"]:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
