"""One page that needs no other file: no script, no link, no request."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from scbch_jax.report.figures.drawing import RenderedFigure
from scbch_jax.report.provenance import Provenance
from scbch_jax.report.reviewed_rows import ReviewedRow
from scbch_jax.report.searches import Searches
from scbch_jax.report.tables import Table

GENERATOR = '<meta name="generator" content="scbch_jax report">'
"""Marks a page of this package, which may be replaced by a new one."""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""What the page allows itself; a browser refuses everything else."""


class Section(NamedTuple):
    """A part of the page with a title of its own; the page leaves out empty ones."""

    title: str
    note: str = ""
    """Paragraphs, with an empty line between them."""
    tables: Sequence[Table] = ()
    figures: Sequence[RenderedFigure] = ()
    searches: Sequence[Searches] = ()
    reviewed: Sequence[ReviewedRow] = ()
    provenance: Provenance | None = None

    @property
    def paragraphs(self) -> list[str]:
        """The paragraphs of its note."""
        return self.note.split("\n\n") if self.note else []

    @property
    def anchor(self) -> str:
        """Its name in links, such as "what-was-run"."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")


def render(
    title: str, summary: str, sections: Sequence[Section], generator: str = GENERATOR
) -> str:
    """Renders the page from the template `page.html`.

    Args:
        title: title of the page.
        summary: a paragraph below it.
        sections: the parts of the page.
        generator: an element that says what made the page.
    """
    # Imported here: only reports need it, and it is an optional package.
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("scbch_jax.report", "html"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html").render(
        title=title,
        summary=summary,
        sections=[section for section in sections if any(section[1:])],
        generator=Markup(generator),
        policy=Markup(POLICY),
        markup=Markup,
    )
