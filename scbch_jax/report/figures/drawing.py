"""Small figures in one style: PNG and SVG files, and SVG for the page."""

import re
import textwrap
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from scbch_jax import plotting
from scbch_jax.plotting import COLORS, GRID, INK, LINE_STYLES, PAPER

SIZE = (3.6, 2.7)
"""Inches; fits a phone at full size."""


class Figure(NamedTuple):
    """A figure that is still to be drawn."""

    name: str
    """Name of its files."""
    title: str
    text: str
    """Description below the figure; also for those who cannot see it."""
    draw: Callable[[Any], None]
    """Draws into Matplotlib axes."""
    size: tuple[float, float] = SIZE


class RenderedFigure(NamedTuple):
    """A figure as files and as a part of the page."""

    name: str
    title: str
    text: str
    png: bytes
    svg: bytes
    inline: str
    """The SVG element, with names of its own and the colors of the page."""


class Curve(NamedTuple):
    """One line of a figure."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    std: Sequence[float] | None = None
    """Half the height of the band around each point."""


def render(figure: Figure) -> RenderedFigure:
    """Draws a figure."""
    with plotting.styled_figure(figure.size) as canvas:
        figure.draw(canvas.subplots())
        # Laid out once for both files: the layout takes longer than the drawing.
        engine: Any = canvas.get_layout_engine()
        engine.execute(canvas)
        canvas.set_layout_engine(None)
        png, svg = (plotting.render(canvas, kind) for kind in ("png", "svg"))
    inline = inline_svg(svg.decode(), figure.name, figure.title)
    return RenderedFigure(figure.name, figure.title, figure.text, png, svg, inline)


def inline_svg(svg: str, name: str, title: str) -> str:
    """Makes an SVG file a part of a page: unique ids, colors of the page's theme."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'href="#', f'href="#{name}-', svg)
    svg = svg.replace("url(#", f"url(#{name}-")
    for color, variable in _THEME.items():
        svg = svg.replace(color.lower(), variable)
    label = title.replace('"', "'").replace("&", "and").replace("<", "under")
    return svg.replace("<svg", f'<svg role="img" aria-label="{label}"', 1).strip()


_THEME = {INK: "currentColor", PAPER: "var(--paper)", GRID: "var(--rule)"} | {
    color: f"var(--c{i})" for i, color in enumerate(COLORS)
}


def curves_figure(
    name: str,
    title: str,
    text: str,
    curves: Sequence[Curve],
    *,
    x: str,
    y: str,
    finish: Callable[[Any], None] = lambda axes: None,
) -> Figure:
    """A figure of curves, with a legend below it if there are several.

    Args:
        name: name of its files.
        title: its title.
        text: description of what it shows.
        curves: at most as many as there are colors.
        x: label of the horizontal axis, with its unit.
        y: label of the vertical axis, with its unit.
        finish: what is left to do with the axes, such as their ticks.
    """

    def draw(axes: Any) -> None:
        for curve, color, style in zip(curves, COLORS, LINE_STYLES, strict=False):
            _plot(axes, curve, color, style)
        axes.set_xlabel(x)
        axes.set_ylabel(y)
        axes.locator_params(nbins=5)
        finish(axes)
        if len(curves) > 1:
            legend(axes)

    lines = _legend_lines([curve.label for curve in curves])
    width, height = SIZE
    return Figure(name, title, text, draw, (width, height + LINE_HEIGHT * lines))


def legend(axes: Any) -> None:
    """Puts a legend below the axes, in as many columns as fit."""
    handles, labels = axes.get_legend_handles_labels()
    axes.figure.legend(
        handles,
        [textwrap.fill(label, LABEL_WIDTH) for label in labels],
        loc="outside lower center",
        ncols=_legend_columns(labels),
        handlelength=2.6,
        columnspacing=1.4,
    )


LABEL_WIDTH = 24
"""Characters of a line of a legend, at most."""

LINE_HEIGHT = 0.15
"""Inches that each line of a legend adds to a figure."""


def _plot(axes: Any, curve: Curve, color: str, line_style: Any) -> None:
    style: Any = {"color": color, "ls": line_style, "ms": 3}
    marker = "o" if len(curve.x) < 10 else ""
    axes.plot(curve.x, curve.y, label=curve.label, marker=marker, **style)
    if curve.std is not None:
        low, high = (np.add(curve.y, s * np.array(curve.std)) for s in (-1, 1))
        axes.fill_between(curve.x, low, high, color=color, alpha=0.2, lw=0)


def _legend_columns(labels: Sequence[str]) -> int:
    longest = max(map(len, labels))
    return 3 if longest <= 10 else 2


def _legend_lines(labels: Sequence[str]) -> int:
    """Lines of text in a legend; matplotlib fills it column by column."""
    if len(labels) < 2:
        return 0
    heights = [len(textwrap.wrap(label, LABEL_WIDTH)) for label in labels]
    rows = -(-len(labels) // _legend_columns(labels))
    return max(sum(heights[i : i + rows]) for i in range(0, len(labels), rows))
