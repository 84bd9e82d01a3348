"""Figures 4 and 5 of the paper, from the traces that a run writes at a few epochs."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from scbch_jax.errors import InputError, first_line, require
from scbch_jax.report.figures.drawing import Curve, Figure, curves_figure
from scbch_jax.report.runs import Run

Arrays = Mapping[str, np.ndarray]
"""The arrays of one trace file; see `scbch_jax.runs.traces`."""

DIRECTIONS = {"i2t": "images search texts", "t2i": "texts search images"}


def read_traces(run: Run) -> dict[int, Arrays]:
    """The traces of a run by epoch; runs of old versions have none.

    Raises:
        InputError: for a file that cannot be read, or lacks an array.
    """
    files = sorted((run.seed_folder / "traces").glob("epoch-*.npz"))
    numbers = {path: re.fullmatch(r"epoch-(\d+)", path.stem) for path in files}
    return {int(n[1]): _read_trace(path) for path, n in numbers.items() if n}


def read_arrays(path: Path) -> Arrays:
    """The arrays of an npz file.

    Raises:
        InputError: if it cannot be read.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return dict(arrays)
    except Exception as error:
        reason = first_line(error)
        raise InputError(
            f"traces: got {path} ({reason}), wanted an npz file"
        ) from error


def precision_recall(traces_of: Mapping[str, Mapping[int, Arrays]]) -> list[Figure]:
    """Figure 4: one figure for each direction, a curve for each run that has one.

    Args:
        traces_of: traces of runs on one dataset, by the title of the run.
    """
    last = {title: traces[max(traces)] for title, traces in traces_of.items() if traces}
    found = []
    for direction in DIRECTIONS:
        curves = [
            Curve(title, *_recall_and_precision(trace, direction))
            for title, trace in last.items()
            if f"precision_{direction}" in trace
        ]
        if curves:
            found.append(_precision_recall(direction, curves))
    return found


def heat_maps(traces: Mapping[int, Arrays], name: str) -> Iterator[Figure]:
    """Figure 5: label overlap, and similarities in the first and the last epoch.

    Args:
        traces: of one run, by epoch.
        name: beginning of the names of the files.
    """
    kept = {epoch: trace for epoch, trace in traces.items() if "image" in trace}
    if not kept:
        return
    labels = kept[min(kept)]["labels"]
    # Rows with similar labels stand together, so that blocks are seen.
    order = np.lexsort(labels.T[::-1])[::-1]
    overlap = jaccard(labels[order])
    yield Figure(
        f"{name}-overlap",
        f"Label overlap of {len(labels)} training rows",
        "Jaccard overlap of the clean labels; 1 where they are the same.",
        lambda axes: _matrix(
            axes, overlap, ("training rows", "training rows"), "Jaccard overlap", low=0
        ),
        _SQUARE,
    )
    for epoch in dict.fromkeys((min(kept), max(kept))):
        trace = kept[epoch]
        same = trace["labels"].shape == labels.shape
        require(same, "traces", f"epoch {epoch} of {name}", "the rows of the others")
        image, text = (_normalized(trace[side][order]) for side in ("image", "text"))
        yield _similarity(image @ text.T, overlap, epoch, name)


def jaccard(labels: UInt8[np.ndarray, "n classes"]) -> Float[np.ndarray, "n n"]:
    """Jaccard overlap of label sets, in [0, 1]; 0 for two rows without labels."""
    shared = (labels @ labels.T.astype(float)).astype(float)
    sizes = labels.sum(axis=1, dtype=float)
    union = sizes[:, None] + sizes - shared
    return shared / np.maximum(union, 1)


def off_diagonal_correlation(
    first: Float[np.ndarray, "n n"], second: Float[np.ndarray, "n n"]
) -> float:
    """Pearson correlation over pairs of different rows; NaN if one is constant."""
    if len(first) < 2:
        return float("nan")
    pairs = ~np.eye(len(first), dtype=bool)
    both = first[pairs], second[pairs]
    if min(values.std() for values in both) < 1e-9:
        return float("nan")
    return float(np.corrcoef(*both)[0, 1])


_TOGETHER = (
    ("labels", "image", "text"),
    (
        *("queries", "query_labels", "database_start"),
        *(f"{n}_{d}" for d in DIRECTIONS for n in ("items", "distances", "labels")),
    ),
    *((f"precision_{d}", f"recall_{d}") for d in DIRECTIONS),
)
"""Arrays that a trace has together or not at all."""

_AXES = {
    "confidence": "rows",
    "label_cosine": "rows",
    "changed_pairs": "",
    "labels": "samples classes",
    "image": "samples bits",
    "text": "samples bits",
    "queries": "queries",
    "query_labels": "queries classes",
    "database_start": "",
} | {
    f"{name}_{d}": axes
    for d in DIRECTIONS
    for name, axes in (
        ("precision", f"depths_{d}"),
        ("recall", f"depths_{d}"),
        ("items", "queries hits"),
        ("distances", "queries hits"),
        ("labels", "queries hits classes"),
    )
}
"""Axes of the arrays of a trace; axes of one name have one size."""

_RENAMED = {"agreement": "label_cosine"}
"""Arrays by their names in earlier versions."""


def _read_trace(path: Path) -> Arrays:
    trace = {_RENAMED.get(k, k): array for k, array in read_arrays(path).items()}
    for names in _TOGETHER:
        missing = [name for name in names if name not in trace]
        # Every trace of a direction has its own arrays.
        partial = missing and any(name in trace for name in names)
        got = f"{path} without {', '.join(missing)}"
        require(not partial, "traces", got, "a file that train wrote")
    sizes: dict[str, int] = {}
    for name in filter(trace.__contains__, _AXES):
        array, axes = trace[name], _AXES[name].split()
        known = (
            sizes.setdefault(a, s) for a, s in zip(axes, array.shape, strict=False)
        )
        fits = array.ndim == len(axes) and array.shape == tuple(known)
        got = f"{path} with {name} of shape {array.shape} and type {array.dtype}"
        ok = fits and array.size > 0 and array.dtype.kind in "iuf"
        require(ok, "traces", got, "a file that train wrote")
    return trace


def _recall_and_precision(
    trace: Arrays, direction: str
) -> tuple[list[float], list[float]]:
    """In percent."""
    recall, precision = (trace[f"{k}_{direction}"] for k in ("recall", "precision"))
    return (100 * recall).tolist(), (100 * precision).tolist()


def _precision_recall(direction: str, curves: Sequence[Curve]) -> Figure:
    only = f" Of {curves[0].label} only." if len(curves) == 1 else ""
    return curves_figure(
        f"precision-recall-{direction}",
        f"Precision and recall, {direction.upper()}",
        "Means over queries among the first 1, 2, … all items, last epoch; "
        f"{DIRECTIONS[direction]}.{only}",
        curves,
        x="recall, %",
        y="precision, %",
        finish=lambda axes: axes.set_xlim(0, 100),
    )


_SQUARE = (3.6, 3.1)


def _similarity(
    similarity: Float[np.ndarray, "n n"],
    overlap: Float[np.ndarray, "n n"],
    epoch: int,
    name: str,
) -> Figure:
    correlation = off_diagonal_correlation(overlap, similarity)
    return Figure(
        f"{name}-similarity-{epoch}",
        f"Similarity of images and texts, epoch {epoch}",
        "Cosine similarity of relaxed codes. Correlation with the label overlap over "
        f"pairs of different rows: {correlation:.2f}.",
        lambda axes: _matrix(
            axes, similarity, ("texts", "images"), "cosine similarity", low=-1
        ),
        _SQUARE,
    )


def _matrix(
    axes: Any, values: Any, labels: tuple[str, str], unit: str, *, low: float
) -> None:
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
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    ticks = np.linspace(low, 1, 3)
    bar = axes.figure.colorbar(mesh, ax=axes, shrink=0.9, ticks=ticks)
    bar.outline.set_visible(False)
    bar.set_label(unit)


def _normalized(rows: Float[np.ndarray, "n bits"]) -> Float[np.ndarray, "n bits"]:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
