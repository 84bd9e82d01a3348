"""One page that needs nothing but itself: no script, no link, no request."""

import html
import re
from collections.abc import Iterable, Sequence
from importlib import resources

from scbch_jax.report.drawing import Figure

GENERATOR = '<meta name="generator" content="scbch_jax report">'
"""By this a page is known as one that may be written anew."""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""What the page allows itself; a browser refuses everything else."""


def whole(title: str, lead: str, parts: Iterable[tuple[str, str]]) -> str:
    """The page.

    Args:
        title: of the page.
        lead: HTML that stands before everything.
        parts: title and HTML of each section; those without HTML are left out.
    """
    parts = [(name, body) for name, body in parts if body]
    style = (resources.files("scbch_jax.report") / "page.css").read_text()
    contents = "".join(
        f'<a href="#{anchor(name)}">{html.escape(name)}</a>' for name, _ in parts
    )
    sections = "\n".join(
        f'<section><h2 id="{anchor(name)}">{html.escape(name)}</h2>\n{body}</section>'
        for name, body in parts
    )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
{GENERATOR}
<title>{html.escape(title)}</title>
<style>{style}</style></head>
<body><h1>{html.escape(title)}</h1>
{lead}
<nav aria-label="Contents">{contents}</nav>
{sections}
</body></html>
"""


def anchor(title: str) -> str:
    """A name for links inside the page.

    >>> anchor("What was run")
    'what-was-run'
    """
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def paragraph(text: str, kind: str = "") -> str:
    """Plain words as a paragraph."""
    attribute = f' class="{kind}"' if kind else ""
    return f"<p{attribute}>{html.escape(text)}</p>"


def gallery(figures: Sequence[Figure], drawn: Sequence[str]) -> str:
    """Figures side by side, as many as fit.

    Args:
        figures: what is shown.
        drawn: the SVG of each.
    """
    shown = "".join(
        f"<figure>{svg}<figcaption><b>{html.escape(figure.title)}</b>"
        f"{html.escape(figure.text)}</figcaption></figure>"
        for figure, svg in zip(figures, drawn, strict=True)
    )
    return f"<div class=figures>{shown}</div>" if shown else ""


def folded(title: str, body: str) -> str:
    """What few readers want, to be opened."""
    return f"<details><summary>{html.escape(title)}</summary>{body}</details>"


def literal(text: str) -> str:
    """Text to copy as it is."""
    return f"<pre>{html.escape(text)}</pre>"
