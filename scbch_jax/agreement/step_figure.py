"""A figure of the step losses of both programs, and of the differences between them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from scbch_jax import plotting
from scbch_jax.agreement.comparison import TOLERANCES, StepLosses

SMALLEST = 1e-17
"""Drawn for steps whose losses are equal: a logarithmic axis has no 0."""


def draw_step_losses(runs: Mapping[str, StepLosses], target: Path) -> None:
    """Draws the losses of every run, and below them the absolute differences.

    Args:
        runs: by name.
        target: a .png or .svg file.

    Raises:
        InputError: if matplotlib is missing, or the file cannot be written.
    """
    with plotting.figure_file(target, (8, 5.5)) as figure:
        losses, differences = figure.subplots(2, sharex=True)
        for name, (computed, recorded) in runs.items():
            steps = np.arange(1, len(computed) + 1)
            (line,) = losses.plot(
                steps, recorded, lw=4, alpha=0.35, label=f"{name}, PyTorch"
            )
            color = line.get_color()
            losses.plot(steps, computed, lw=1.2, color=color, label=f"{name}, JAX")
            difference = np.maximum(np.abs(computed - recorded), SMALLEST)
            differences.semilogy(steps, difference, ".", color=color)
        _draw_limits(differences, runs)
        losses.set_ylabel("loss of a step")
        differences.set_ylabel("absolute difference")
        differences.set_xlabel("step")
        if len(runs) <= 4:
            losses.legend(loc="upper left", bbox_to_anchor=(1, 1))


def _draw_limits(axes: Any, runs: Mapping[str, StepLosses]) -> None:
    largest = TOLERANCES["largest step"]
    for dtype, limit in ((np.float32, largest.limit), (np.float64, largest.double)):
        if any(run.recorded.dtype == dtype for run in runs.values()):
            axes.axhline(limit, color="0.4", lw=0.8, ls="--")
            axes.annotate(
                f"tolerance in {dtype.__name__}",
                (1, limit),
                xytext=(0, -3),
                textcoords="offset points",
                va="top",
                color="0.4",
            )
