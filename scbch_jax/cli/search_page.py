"""What `scbch search` found, as a page with the pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scbch_jax import io
from scbch_jax.cli import console
from scbch_jax.errors import require

if TYPE_CHECKING:
    from scbch_jax.cli.search import Search
    from scbch_jax.cli.search_query import Query
    from scbch_jax.index import Hits
    from scbch_jax.index.opening import Opened
    from scbch_jax.serve.messages import Hit, Modality, PageSearch


def show(
    options: "Search",
    opened: "Opened",
    query: "Query",
    find: str,
    hits: "Hits",
    scores: Any,
) -> None:
    """Writes a page with the hits of one query, and opens it if that is asked for.

    Raises:
        InputError: if there are several queries, or the file cannot be written.
    """
    import tempfile
    import webbrowser

    from scbch_jax.serve.messages import PageSearch

    wanted = "one query: --row says which"
    require(len(hits.ids) == 1, "page", f"a page of {len(hits.ids)} queries", wanted)
    item = options.item
    if options.name is not None:
        item = opened.find_name(options.name)
    asked = PageSearch(
        text=options.text,
        item=item,
        by="text" if query.by == "text" else "image",
        find="text" if find == "text" else "image",
        k=options.k,
        label=list(options.any_of or ()),
        rank=options.rank,
    )
    unknown, picture = query.unknown_words, options.picture
    content = render(
        opened, hits, scores, asked, unknown_words=unknown, picture=picture
    )
    path = options.page or Path(tempfile.mkdtemp(prefix="scbch-")) / "search.html"
    io.write_text(path, content)
    console.output(str(path))
    if options.open:
        webbrowser.open(path.absolute().as_uri())


def render(
    opened: "Opened",
    hits: "Hits",
    scores: Any,
    asked: "PageSearch",
    *,
    unknown_words: Sequence[str] = (),
    picture: Path | None = None,
) -> str:
    """One HTML file of the hits of one query; it needs no other file and no service.

    Args:
        opened: the index.
        hits: of one query.
        scores: of the hits, if they are not ranked by bits.
        asked: what was searched for; `find` is known.
        unknown_words: words of the query that the encoder does not know.
        picture: file that was searched with.
    """
    from scbch_jax.index import Index
    from scbch_jax.serve import messages, page, searching

    find = "text" if asked.find == "text" else "image"
    places = [i for i, item in enumerate(hits.ids[0].tolist()) if item >= 0]
    found = [_hit(opened, hits, scores, place, find) for place in places]
    manifest = opened.manifest
    answer = messages.SearchAnswer(
        hits=found,
        cut=int(hits.cut[0]),
        next=None,
        unknown_words=list(unknown_words),
        generation=manifest.generation,
        encoder=manifest.encoder,
        exact=bool(hits.cut[0] >= 0),
    )
    source = None
    if asked.item is not None and isinstance(opened, Index):
        source = searching.as_hit(opened, asked.item)
        source = messages.replaced(source, modality=asked.by or source.modality)
    name = Path(str(opened.path)).name
    shown = page.Page(name, asked, None, answer=answer, source=source)
    return page.render_file(shown, _data_uri(picture) or "")


def _hit(
    opened: "Opened", hits: "Hits", scores: Any, place: int, find: "Modality"
) -> "Hit":
    from scbch_jax.index import Index
    from scbch_jax.serve.messages import Hit

    item = int(hits.ids[0, place])
    record = opened.record(item)
    name, text = (record.get(field) for field in ("name", "text"))
    path = None
    if find == "image" and isinstance(opened, Index):
        path = opened.picture_file(item)
    return Hit(
        id=item,
        distance=int(hits.distances[0, place]),
        modality=find,
        score=None if scores is None else float(scores[0, place]),
        name=None if name is None else str(name),
        text=None if text is None else str(text),
        labels=record.get("labels", []),
        picture=_data_uri(path),
    )


def _data_uri(path: Path | None) -> str | None:
    """A picture as a part of the page; None if there is none."""
    from scbch_jax.features import read_thumbnail

    content = read_thumbnail(path) if path is not None else None
    return None if content is None else io.data_uri(content)
