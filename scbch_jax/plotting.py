"""Matplotlib, set up in one place: colors, style, and figures as files.

Matplotlib is imported when the first figure is drawn: it takes half a second to load,
and most commands draw nothing.
"""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scbch_jax.extras import require_packages
from scbch_jax.io import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""The palette of Okabe and Ito, for color-blind readers, on light and dark ground;
the first ones differ most."""

LINE_STYLES = ("-", "--", "-.", ":", (0, (1, 1)), (0, (5, 1, 1, 1)))
"""One for each color, so that lines differ in print without colors, too."""

INK, PAPER, GRID = "#1b1b1a", "#fefefd", "#d6d6d4"
"""Colors of text, background and grid lines."""


@contextlib.contextmanager
def styled_figure(size: tuple[float, float]) -> Iterator["Figure"]:
    """Yields an empty figure; draw into it and render it inside the block.

    Args:
        size: width and height in inches.

    Raises:
        InputError: if matplotlib is not installed.
    """
    require_packages("a figure", "matplotlib")
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        yield Figure(figsize=size, layout="constrained")


@contextlib.contextmanager
def figure_file(path: Path, size: tuple[float, float]) -> Iterator["Figure"]:
    """Yields an empty figure, and writes it to a file at the end of the block.

    Args:
        path: a .png or .svg file.
        size: width and height in inches.

    Raises:
        InputError: if matplotlib is not installed, or the file cannot be written.
    """
    with styled_figure(size) as figure:
        yield figure
        content = render(figure, path.suffix.removeprefix("."))
    with replacing(path) as file:
        file.write(content)


def render(figure: "Figure", kind: str) -> bytes:
    """The content of a "png" or "svg" file; the same figure gives the same bytes."""
    options: dict[str, Any] = {
        "png": {"dpi": 200, "pil_kwargs": {"compress_level": 3}},
        "svg": {"metadata": {"Date": None}},
    }
    content = io.BytesIO()
    figure.savefig(content, format=kind, **options[kind])
    return content.getvalue()


_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "scbch",
    "svg.fonttype": "none",
    "font.size": 8,
    "font.family": "sans-serif",
    "axes.titlesize": 8,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "axes.linewidth": 0.8,
    "lines.linewidth": 1.6,
    **dict.fromkeys(("axes.edgecolor", "axes.labelcolor", "text.color"), INK),
    **dict.fromkeys(("xtick.color", "ytick.color"), INK),
    **dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), PAPER),
}
