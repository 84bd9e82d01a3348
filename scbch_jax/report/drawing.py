"""Small figures of one look: for the page, and as PNG and SVG files."""

import io
import re
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's, which colour-blind readers can tell apart and which show on light
and dark ground; the first ones differ most."""

STYLES = ("-", "--", "-.", ":", (0, (1, 1)), (0, (5, 1, 1, 1)))
"""Beside each colour, so that nothing is told by colour alone."""

INK, PAPER, GRID = "#1b1b1a", "#fefefd", "#d6d6d4"
"""The page puts its own colours, light or dark, in the place of these."""

SIZE = (3.6, 2.7)
"""Inches; fits a telephone at full size."""


class Figure(NamedTuple):
    """A figure that is still to be drawn."""

    name: str
    """Of its files."""
    title: str
    text: str
    """What is seen, in words; stands below it, and for those who cannot see it."""
    draw: Callable[[Any], None]
    """Draws into Matplotlib axes."""
    size: tuple[float, float] = SIZE


class Curve(NamedTuple):
    """One line of a figure."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    spread: Sequence[float] | None = None
    """± of each point."""


def save(figures: Sequence[Figure], folder: Path) -> list[str]:
    """Writes each figure as PNG and SVG; returns what the page shows of each."""
    # Imported here: Matplotlib takes half a second to load, and tables do without.
    import matplotlib as mpl
    from matplotlib import figure as mpl_figure

    shown = []
    with mpl.rc_context(_LOOK):
        for figure in figures:
            canvas = mpl_figure.Figure(figsize=figure.size, layout="constrained")
            figure.draw(canvas.subplots())
            # Laid out once for both files: to do so takes longer than to draw.
            engine: Any = canvas.get_layout_engine()
            engine.execute(canvas)
            canvas.set_layout_engine(None)
            pressed = {"compress_level": 3}
            canvas.savefig(folder / f"{figure.name}.png", dpi=200, pil_kwargs=pressed)
            text = io.StringIO()
            canvas.savefig(text, format="svg", metadata={"Date": None})
            (folder / f"{figure.name}.svg").write_text(text.getvalue())
            shown.append(inline(text.getvalue(), figure.name, figure.title))
    return shown


def inline(svg: str, name: str, title: str) -> str:
    """An SVG file as a part of the page: its own names, the page's colours."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'href="#', f'href="#{name}-', svg)
    svg = svg.replace("url(#", f"url(#{name}-")
    for colour, own in _OWN.items():
        svg = svg.replace(colour.lower(), own)
    label = title.replace('"', "'").replace("&", "and").replace("<", "under")
    return svg.replace("<svg", f'<svg role="img" aria-label="{label}"', 1).strip()


_OWN = {INK: "currentColor", PAPER: "var(--paper)", GRID: "var(--rule)"} | {
    colour: f"var(--c{i})" for i, colour in enumerate(COLOURS)
}

_LOOK: dict[Any, Any] = {
    "svg.hashsalt": "scbch",
    "font.size": 8,
    "axes.titlesize": 8,
    "font.family": "sans-serif",
    "svg.fonttype": "none",
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


def lines(axes: Any, curves: Sequence[Curve], *, x: str, y: str) -> None:
    """Draws curves with their names at their ends.

    Args:
        axes: to draw into.
        curves: as many as there are colours at most.
        x: what lies along, with its unit.
        y: what lies upward, with its unit.
    """
    for curve, colour, style in zip(curves, COLOURS, STYLES, strict=False):
        marker = "o" if len(curve.x) < 10 else ""
        axes.plot(curve.x, curve.y, color=colour, ls=style, marker=marker, ms=3)
        if curve.spread is not None:
            low, high = (np.add(curve.y, s * np.array(curve.spread)) for s in (-1, 1))
            axes.fill_between(curve.x, low, high, color=colour, alpha=0.2, lw=0)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.locator_params(nbins=5)
    name_ends(axes, curves)


def name_ends(axes: Any, curves: Sequence[Curve]) -> None:
    """Writes the names of curves to the right of their last points, apart.

    Each has a piece of its line beside it. Names of curves that end together stand in
    the order of the curves' means.
    """
    if len(curves) < 2:
        return
    low, high = axes.get_ylim()
    names, heights = _wrapped([curve.label for curve in curves])
    shares = [(np.asarray(curve.y) - low) / (high - low) for curve in curves]
    ends = np.array([y[-1].round(2) + 1e-3 * y.mean() for y in shares])
    for i, at in enumerate(apart(ends, heights)):
        look: Any = {"color": COLOURS[i], "transform": axes.transAxes}
        axes.plot([1.02, 1.11], [at, at], ls=STYLES[i], clip_on=False, **look)
        axes.text(1.13, at, names[i], va="center", fontsize=7, **look)


def _wrapped(labels: Sequence[str]) -> tuple[list[str], Float[np.ndarray, " n"]]:
    """Labels in lines, and their heights as shares of the axes; narrow if they fit."""
    for width in (15, 22, 44):
        names = [textwrap.fill(label, width) for label in labels]
        # A line takes 0.065 of axes that are about two inches high.
        heights = np.array([0.02 + 0.065 * (1 + n.count("\n")) for n in names])
        if heights.sum() <= 1:
            break
    return names, heights


def apart(
    at: Float[np.ndarray, " n"], heights: Float[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """Moves words as little as keeps them from overlapping, in their order.

    Words that are too close become a pile around the middle of where they should be.

    Args:
        at: where their middles should be, in [0, 1].
        heights: how much room each takes.

    Returns:
        Their middles; the lowest word starts at 0 or above it where there is room.
    """
    order = np.argsort(at, kind="stable")
    piles: list[tuple[float, list[int]]] = []
    for i in order:
        pile = [int(i)]
        middle = _inside(at, pile, heights)
        while piles and _bottom(middle, pile, heights) < _top(*piles[-1], heights):
            pile = [*piles.pop()[1], *pile]
            middle = _inside(at, pile, heights)
        piles.append((middle, pile))
    found = np.empty(len(at))
    for middle, pile in piles:
        start = _bottom(middle, pile, heights)
        ends = start + np.cumsum(heights[pile])
        found[pile] = ends - heights[pile] / 2
    return found


def _inside(at: Any, pile: list[int], heights: Any) -> float:
    """The mean of where a pile's words should be, or the nearest place with room."""
    room = float(heights[pile].sum()) / 2
    return min(max(float(at[pile].mean()), room), max(1 - room, room))


def _bottom(middle: float, pile: list[int], heights: Any) -> float:
    return middle - float(heights[pile].sum()) / 2


def _top(middle: float, pile: list[int], heights: Any) -> float:
    return middle + float(heights[pile].sum()) / 2
