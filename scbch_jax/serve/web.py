"""The endpoints of the page."""

import asyncio
import re
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response

from scbch_jax.errors import InputError
from scbch_jax.index import Index
from scbch_jax.serve import messages, page, searching, security
from scbch_jax.serve.api import Api
from scbch_jax.serve.messages import (
    After,
    Hit,
    How,
    PageSearch,
    SearchAnswer,
    SearchRequest,
    Unacceptable,
    Where,
)
from scbch_jax.serve.page import Page
from scbch_jax.serve.problems import Problem, refuse

EXAMPLES = 6
"""Items that a first visit shows."""


class Web:
    """The page over the interface."""

    def __init__(self, api: Api, rules: security.Rules, name: str) -> None:
        """Takes the interface, the access rules, and the name of the index."""
        self._api, self._rules, self._name = api, rules, name
        self._examples = lru_cache(maxsize=1)(examples)

    async def show(self, request: Request) -> Response:
        """GET / for words and items; POST / with a picture as the body."""
        headers = {k.lower(): v for k, v in request.headers.items()}
        if not security.has_token(headers, self._rules):
            return _html(Page("Search", PageSearch(), None))
        asked, answer, problem = PageSearch(), None, None
        by_picture = request.method == "POST"
        try:
            pairs = [(k, v) for k, v in request.query_params.multi_items() if v]
            asked = messages.from_query(pairs, PageSearch, lists=("label",))
            answer = await self._search(request, asked, by_picture)
        except Problem as error:
            problem = error
        except (InputError, Unacceptable) as error:
            problem = Problem(
                "value", str(error).replace(str(self._api.index.path), "the index")
            )
        if answer is not None:
            answer = await asyncio.to_thread(self._with_pictures, answer)
        first = []
        if answer is None and problem is None:
            first = await asyncio.to_thread(self._first, self._api.index)
        shown = Page(
            self._name,
            asked,
            self._api.index_facts(),
            answer=answer,
            problem=problem,
            examples=first,
            source=_source(self._api.index, asked) if answer else None,
            by_picture=by_picture,
            milliseconds=1000 * request.scope["trace"].seconds,
            hidden_pictures=bool(self._rules.token),
        )
        return _html(shown)

    async def asset(self, request: Request) -> Response:
        """GET /assets/{name}."""
        name = request.path_params["name"]
        if name not in page.FILES:
            raise refuse("not-found", "file", name[:80], ", ".join(page.FILES))
        content = (page.ASSETS / name).read_bytes()
        headers = {"Cache-Control": "no-cache", "Content-Type": page.FILES[name]}
        return Response(content, headers=headers)

    async def _search(
        self, request: Request, asked: PageSearch, by_picture: bool
    ) -> SearchAnswer | None:
        where = Where(any_of=asked.label) if asked.label else None
        how = How(
            find=asked.find,
            k=asked.k,
            within=asked.within,
            where=where,
            rank=asked.rank,
            after=_after(asked.after),
        )
        if by_picture:
            return await self._api.found_by_picture(request, how)
        if asked.text is None and asked.item is None:
            return None
        by = asked.by if asked.item is not None else None
        one = {"text": asked.text, "item": asked.item, "by": by}
        given = SearchRequest(**one, **messages.fields_of(how))
        answer = await self._api.found(request, given)
        assert isinstance(answer, SearchAnswer)
        return answer

    def _first(self, opened: Index) -> list[Hit]:
        return [self._shown(hit) for hit in self._examples(opened)]

    def _with_pictures(self, answer: SearchAnswer) -> SearchAnswer:
        return messages.replaced(answer, hits=[self._shown(x) for x in answer.hits])

    def _shown(self, hit: Hit) -> Hit:
        """A hit without the address of a picture that is not there."""
        there = hit.picture is None or self._api.picture_of(hit.id) is not None
        return hit if there else messages.replaced(hit, picture=None)


def examples(opened: Index) -> list[Hit]:
    """Some items, spread over the index."""
    parts = [part.ids for part in opened.segments if len(part.ids)]
    found: list[Hit] = []
    for ids in parts[: EXAMPLES * 4]:
        step = max(1, len(ids) // EXAMPLES)
        for number in ids[::step].tolist():
            try:
                found.append(searching.as_hit(opened, number))
            except InputError:
                continue  # It was removed.
            if len(found) == EXAMPLES:
                return found
    return found


def _source(opened: Index, asked: PageSearch) -> Hit | None:
    if asked.item is None:
        return None
    try:
        hit = searching.as_hit(opened, asked.item)
    except InputError:
        return None  # It was removed meanwhile.
    return messages.replaced(hit, modality=asked.by or hit.modality)


def _after(text: str | None) -> After | None:
    if text is None:
        return None
    parts = re.fullmatch(r"(\d{1,9}),(\d{1,15}),(image|text)", text)
    if parts is None:
        wanted = "a distance, an id and a modality"
        raise refuse("value", "after", text[:80], wanted)
    kind = "image" if parts[3] == "image" else "text"
    return After(int(parts[1]), int(parts[2]), kind)


def _html(shown: Page) -> Response:
    status = shown.problem.kind.status if shown.problem else 200
    headers = {"Cache-Control": "no-store"}
    headers |= shown.problem.headers if shown.problem else {}
    content = page.render(shown)
    return Response(content, status, headers, media_type="text/html")
