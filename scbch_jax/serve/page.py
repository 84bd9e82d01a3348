"""The page: what is searched with, and what was found, as HTML without a script."""

from collections.abc import Iterable
from html import escape
from itertools import groupby
from pathlib import Path
from string import Template
from typing import NamedTuple
from urllib.parse import urlencode

from scbch_jax.serve.messages import (
    Hit,
    IndexFacts,
    PageSearch,
    SearchAnswer,
    fields_of,
)
from scbch_jax.serve.problems import Problem

ASSETS = Path(__file__).parent / "assets"
FILES = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
"""Files of the page and their media types."""

FINDS = {"image": "pictures", "text": "texts", "any": "both"}
RANKS = {
    "bits": "distance",
    "query": "cosine with hash codes",
    "both": "cosine with relaxed codes",
}


class Page(NamedTuple):
    """What the page shows."""

    name: str
    """Name of the index."""
    asked: PageSearch
    facts: IndexFacts | None
    """None if the required token is missing."""
    answer: SearchAnswer | None = None
    problem: Problem | None = None
    examples: list[Hit] = []
    """Items for a first visit."""
    source: Hit | None = None
    """The item that is searched with."""
    by_picture: bool = False
    milliseconds: float = 0.0
    hidden_pictures: bool = False
    """Whether pictures need the token, which the script sends."""
    alone: bool = False
    """Whether it is a file that nobody serves, without links."""


def render(page: Page) -> str:
    """The page in HTML."""
    template = Template((ASSETS / "page.html").read_text(encoding="utf-8"))
    words, facts = page.asked.text or "", page.facts
    takes = facts.takes if facts else []
    status, results = _results(page)
    return template.substitute(
        title=escape(f"{words} · {page.name}" if words else page.name),
        name=escape(page.name),
        text=escape(words),
        textoff="" if "text" in takes else " disabled",
        bytes=int(facts.limits["picture_bytes"] or 0)
        if facts and "image" in takes
        else 0,
        filters=_filters(page.asked, facts) if facts else "",
        status=escape(status),
        results=results,
    )


def render_file(page: Page, picture: str = "") -> str:
    """What was found as one HTML file that needs no other, nor a service.

    Args:
        page: with an answer, and pictures of hits as data URIs.
        picture: that was searched with, as a data URI.
    """
    page = page._replace(alone=True)
    assert page.answer is not None
    status, results = "Nothing found.", _unknown(page)
    if page.answer.hits:
        status, results = _found(page, page.answer)
    words = page.asked.text or ""
    query = f"<p>Words: <b>{escape(words)}</b></p>" if words else ""
    if picture:
        alt = "The picture that was searched with"
        query = f'<p><img id="chosen" src="{picture}" alt="{alt}"></p>'
    template = Template((ASSETS / "file.html").read_text(encoding="utf-8"))
    return template.substitute(
        title=escape(f"{words} · {page.name}" if words else page.name),
        name=escape(page.name),
        style=(ASSETS / "page.css").read_text(encoding="utf-8"),
        query=query,
        status=escape(status),
        results=results,
    )


def _results(page: Page) -> tuple[str, str]:
    """The state in a sentence for the live region, and the results."""
    if page.facts is None:
        return "A token is required.", _UNLOCK
    if page.problem is not None:
        return _problem(page.problem, page)
    if page.facts.items == 0:
        return "The index is empty.", "<p>Add rows with <code>index add</code>.</p>"
    if page.answer is None:
        return "", _first_visit(page)
    if not page.answer.hits:
        return "Nothing found.", _nothing(page)
    return _found(page, page.answer)


_UNLOCK = (
    '<form id="unlock"><p><label for="token">Token</label> '
    '<input name="user" value="token" autocomplete="username" hidden>'
    '<input id="token" name="token" type="password" autocomplete="current-password" '
    "required disabled> <button disabled>Open</button></p>"
    '<p class="note">It is sent with each search, which needs scripts.</p></form>'
)


def _problem(problem: Problem, page: Page) -> tuple[str, str]:
    title = f"{problem.kind.title}."
    seconds = problem.headers.get("Retry-After", "")
    retry = f' data-retry="{escape(seconds)}"' if seconds else ""
    box = (
        f'<div class="problem"{retry}><strong>{escape(title)}</strong> '
        f"{escape(problem.detail)}</div>"
    )
    if problem.name == "unknown-words":
        box += f"<p><s>{escape(page.asked.text or '')}</s></p>"
    return title, box


def _first_visit(page: Page) -> str:
    assert page.facts is not None
    takes, parts = page.facts.takes, []
    if not takes:
        parts.append(
            "<p>This index holds codes without their encoder: it is searched with its "
            "own items.</p>"
        )
    texts = [x.text for x in page.examples if x.text] if "text" in takes else []
    if texts:
        links = "".join(
            f'<li><a href="{_address(text=text)}">{escape(_short(text))}</a></li>'
            for text in dict.fromkeys(texts[:4])
        )
        parts.append(f"<h2>Words to try</h2><ul>{links}</ul>")
    if page.examples:
        cards = _cards(page.examples, page)
        parts.append(f"<h2>Some of {page.facts.items:,} items</h2>{cards}")
    return "".join(parts)


def _nothing(page: Page) -> str:
    lifted = dict(fields_of(page.asked), label=[], within=None, after=None)
    if page.asked.label or page.asked.within is not None:
        link = f'<a href="{_address(**lifted)}">search without filters</a>'
        return f"{_unknown(page)}<p>No item passes the filters: {link}.</p>"
    return f"{_unknown(page)}<p>There are no such items.</p>"


def _found(page: Page, answer: SearchAnswer) -> tuple[str, str]:
    hits = answer.hits
    distances = [x.distance for x in hits]
    near, far = min(distances), max(distances)
    start = "" if near == far else f"{near} to "
    count = f"{len(hits)} found, {start}{_apart(far)}"
    if page.asked.rank == "bits":
        parts = [
            _group(distance, list(group), page, answer)
            for distance, group in groupby(hits, lambda x: x.distance)
        ]
    else:
        order = RANKS[page.asked.rank]
        parts = [f"<h2>By {order}</h2>{_cards(hits, page)}"]
    parts.insert(0, _source(page) + _unknown(page))
    if answer.next is not None and not page.by_picture:
        after = f"{answer.next.distance},{answer.next.id},{answer.next.modality}"
        more = _address(**{**fields_of(page.asked), "after": after})
        parts.append(f'<p><a href="{more}">Further items</a></p>')
    if not page.alone:
        note = f"{page.milliseconds:.0f} ms in the server"
        parts.append(f'<p class="note">{note}</p>')
    return f"{count}. {_unknown_words(page)}".strip(), "".join(parts)


def _source(page: Page) -> str:
    """The item that is searched with, in a sentence."""
    source = page.source
    if source is None:
        return ""
    what = {"image": "picture", "text": "text"}[source.modality]
    name = escape(source.name or f"item {source.id}")
    words = f": {escape(_short(source.text))}" if source.text else ""
    return f'<p class="note">Searched with the {what} of {name}{words}</p>'


def _group(distance: int, hits: list[Hit], page: Page, answer: SearchAnswer) -> str:
    last = hits[-1] is answer.hits[-1]
    count = str(len(hits))
    if last and answer.cut > 0:
        count = f"{len(hits)} of {len(hits) + answer.cut} shown"
    return f"<h2>{_apart(distance)}: {count}</h2>{_cards(hits, page)}"


def _apart(distance: int) -> str:
    return f"{distance} {'bit' if distance == 1 else 'bits'} apart"


def _cards(hits: Iterable[Hit], page: Page) -> str:
    return f'<ul class="cards">{"".join(_card(hit, page) for hit in hits)}</ul>'


def _card(hit: Hit, page: Page) -> str:
    parts = []
    if hit.picture and hit.modality == "image":
        kind = "data-src" if page.hidden_pictures else "src"
        alt = escape(hit.text or hit.name or f"item {hit.id}")
        parts.append(f'<img {kind}="{hit.picture}" alt="{alt}" loading="lazy">')
    if hit.text:
        parts.append(f"<p>{escape(_short(hit.text, 300))}</p>")
    parts.append(f'<p class="name">{escape(hit.name or f"item {hit.id}")}</p>')
    if hit.labels:
        parts.append(f'<p class="labels">{_labels(hit, page.asked)}</p>')
    if hit.score is not None:
        score = f"{hit.score:.3f}, {_apart(hit.distance)}"
        parts.append(f'<p class="note">{score}</p>')
    if not page.alone:
        parts.append(_search_with(hit, page))
    return f'<li class="card">{"".join(parts)}</li>'


def _search_with(hit: Hit, page: Page) -> str:
    kept = {**fields_of(page.asked), "text": None, "after": None}
    link = _address(**{**kept, "item": hit.id, "by": hit.modality})
    label = f"search with this, {escape(hit.name or f'item {hit.id}')}"
    return f'<a href="{link}" aria-label="{label}">search with this</a>'


def _labels(hit: Hit, asked: PageSearch) -> str:
    shown = [
        f"<b>{escape(x)}</b>" if x in asked.label else escape(x) for x in hit.labels
    ]
    return ", ".join(shown)


def _unknown_words(page: Page) -> str:
    words = page.answer.unknown_words if page.answer else []
    return f"Unknown words: {', '.join(words)}." if words else ""


def _unknown(page: Page) -> str:
    """The words of the query that the text model does not know, struck out."""
    words = page.answer.unknown_words if page.answer else []
    if not words:
        return ""
    struck = ", ".join(f"<s>{escape(word)}</s>" for word in words)
    return f'<p class="note">Not known, and left out: {struck}</p>'


def _filters(asked: PageSearch, facts: IndexFacts) -> str:
    finds = [*facts.modalities, *(["any"] if len(facts.modalities) > 1 else [])]
    chosen = asked.find or facts.modalities[0]
    radios = "".join(
        f'<label><input type="radio" name="find" value="{x}"'
        f"{_on(x == chosen, 'checked')}>{FINDS[x]}</label>"
        for x in finds
    )
    ranks = "".join(
        f'<option value="{x}"{_on(x == asked.rank, "selected")}>{RANKS[x]}</option>'
        for x in facts.ranks
    )
    boxes = "".join(
        f'<label><input type="checkbox" name="label" value="{escape(x)}"'
        f"{_on(x in asked.label, 'checked')}>{escape(x)}</label>"
        for x in facts.labels
    )
    labels = f"<fieldset><legend>Any of</legend>{boxes}</fieldset>" if boxes else ""
    used = asked.label or asked.within is not None or asked.rank != "bits"
    within = "" if asked.within is None else str(asked.within)
    return (
        f"<fieldset><legend>Find</legend>{radios}</fieldset>"
        f"<details{_on(bool(used), 'open')}><summary>Filters and order</summary>"
        f'{labels}<div class="more">'
        f'<label>Order by <select name="rank">{ranks}</select></label>'
        f'<label>At most <input type="number" name="k" min="1" max="1000" '
        f'value="{asked.k}"> items</label>'
        f'<label>within <input type="number" name="within" min="0" '
        f'max="{facts.bits}" value="{within}"> bits</label></div></details>'
    )


def _on(state: bool, name: str) -> str:
    return f" {name}" if state else ""


def _short(text: str, length: int = 80) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _address(**fields: object) -> str:
    """The address of a search, without what is not given or by default."""
    plain = {"k": 10, "rank": "bits", "find": None, "label": []}
    pairs = {k: v for k, v in fields.items() if v is not None and v != plain.get(k)}
    return escape("/?" + urlencode(pairs, doseq=True))
