"""The step losses of both sides, and what lies between them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from scbch_jax.agreement.tolerances import TOLERANCES
from scbch_jax.errors import require

SMALLEST = 1e-17
"""Drawn for steps whose losses are the same number."""


def draw_step_losses(found: Mapping[Path, Any], target: Path) -> None:
    """Draws the losses of every checked training run above their differences.

    Args:
        found: what was checked, by file; files without a run are passed over.
        target: .png or .svg.

    Raises:
        InputError: if no file has a run, or the target cannot be written.
    """
    # Imported here: drawing takes half a second to load, and few ask for it.
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    runs = {path.stem: c.step_losses for path, c in found.items() if c.step_losses}
    require(bool(runs), "picture", "files without a training run", "one with a run")
    fits = target.suffix in (".png", ".svg") and target.absolute().parent.is_dir()
    require(fits, "picture", target, "a .png or .svg file in a folder that exists")
    figure, (above, below) = plt.subplots(2, sharex=True, figsize=(8, 5.5))
    for name, (ours, theirs) in runs.items():
        steps = np.arange(1, len(ours) + 1)
        (line,) = above.plot(steps, theirs, lw=4, alpha=0.35, label=f"{name}, PyTorch")
        above.plot(steps, ours, lw=1.2, color=line.get_color(), label=f"{name}, ours")
        gap = np.maximum(np.abs(ours - theirs), SMALLEST)
        below.semilogy(steps, gap, ".", color=line.get_color())
    most = TOLERANCES["largest step"]
    for dtype, limit in ((np.float32, most.limit), (np.float64, most.double)):
        if any(theirs.dtype == dtype for _, theirs in runs.values()):
            below.axhline(limit, color="0.4", lw=0.8, ls="--")
            text = f"largest that agrees in {dtype.__name__}"
            below.annotate(
                text,
                (1, limit),
                xytext=(0, -3),
                textcoords="offset points",
                va="top",
                color="0.4",
                fontsize=8,
            )
    above.set_ylabel("loss of a step")
    below.set_ylabel("absolute difference")
    below.set_xlabel("step")
    if len(runs) <= 4:
        above.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    figure.savefig(target, dpi=150, bbox_inches="tight")
    plt.close(figure)
