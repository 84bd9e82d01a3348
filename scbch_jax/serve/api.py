"""The endpoints under `/v1`, health and metrics."""

from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response

from scbch_jax import io
from scbch_jax.errors import InputError
from scbch_jax.index import Index
from scbch_jax.serve import messages, pictures, problems, searching
from scbch_jax.serve.gateway import Gone
from scbch_jax.serve.limits import MAX_CODES, MAX_HITS, MAX_K
from scbch_jax.serve.messages import (
    BulkAnswer,
    EncodeAnswer,
    EncodeRequest,
    Health,
    How,
    IndexFacts,
    PictureEncoding,
    PictureSearch,
    SearchAnswer,
    SearchRequest,
    WordSearch,
)
from scbch_jax.serve.metrics import MEDIA_TYPE, Metrics, State
from scbch_jax.serve.problems import refuse
from scbch_jax.serve.searching import Query
from scbch_jax.serve.snapshot import Snapshot
from scbch_jax.serve.work import Work

T = TypeVar("T")


class Api:
    """The endpoints over one index."""

    def __init__(
        self,
        snapshot: Snapshot,
        work: Work,
        metrics: Metrics,
        *,
        pictures: Path | None = None,
        log_queries: bool = False,
    ) -> None:
        """Takes what is served.

        Args:
            snapshot: the index.
            work: the queues.
            metrics: what is counted.
            pictures: folder of the pictures that rows name, if it is not the index's.
            log_queries: whether the log may hold texts.
        """
        self.snapshot, self.work, self.metrics = snapshot, work, metrics
        self._pictures, self._log_queries = pictures, log_queries

    @property
    def index(self) -> Index:
        """The generation that is served now."""
        return self.snapshot.current

    async def search(self, request: Request) -> Response:
        """POST /v1/search."""
        self.work.gate.check()
        asked = await self._read_json(request, SearchRequest)
        return _json(await self.found(request, asked))

    async def search_words(self, request: Request) -> Response:
        """GET /v1/search."""
        words = _read_query(request, WordSearch)
        asked = SearchRequest(text=words.text, **messages.fields_of(words.how))
        return _json(await self.found(request, asked))

    async def search_picture(self, request: Request) -> Response:
        """POST /v1/search/picture."""
        how = _read_query(request, PictureSearch).how
        answer = await self.found_by_picture(request, how)
        return _json(answer)

    async def found_by_picture(self, request: Request, how: How) -> SearchAnswer:
        """What a search with the picture in the body finds."""
        opened, stages = self.index, request.scope["trace"].stages
        pictures.decoder(request.headers.get("content-type", ""))
        self.work.require("image")
        with self.work.gate.admitted():
            content = await read_body(request, self.work.limits.picture_bytes)

            async def find() -> SearchAnswer:
                query = await self.work.encode_picture(content, stages)
                found = await self.work.find(opened, query, how, stages)
                return self._single(opened, query, found[0])

            return await self.work.attend(request, find())

    async def found(
        self, request: Request, asked: SearchRequest
    ) -> SearchAnswer | BulkAnswer:
        """What a search finds."""
        opened, trace = self.index, request.scope["trace"]
        if self._log_queries and asked.text is not None:
            trace.query = asked.text

        async def find() -> SearchAnswer | BulkAnswer:
            query = await self.work.query(opened, asked, trace.stages)
            found = await self.work.find(opened, query, asked, trace.stages)
            if asked.codes is None:
                return self._single(opened, query, found[0])
            generation = opened.manifest.generation
            return BulkAnswer(found, generation, opened.manifest.encoder, opened.exact)

        with self.work.gate.admitted():
            return await self.work.attend(request, find())

    async def encode(self, request: Request) -> Response:
        """POST /v1/encode."""
        self.work.gate.check()
        asked = await self._read_json(request, EncodeRequest)
        stages = request.scope["trace"].stages
        with self.work.gate.admitted():
            query = await self.work.attend(
                request, self.work.encode_text(asked.text, stages)
            )
        return self._answer_code(query, asked.relaxed)

    async def encode_picture(self, request: Request) -> Response:
        """POST /v1/encode/picture."""
        asked = _read_query(request, PictureEncoding)
        stages = request.scope["trace"].stages
        pictures.decoder(request.headers.get("content-type", ""))
        self.work.require("image")
        with self.work.gate.admitted():
            content = await read_body(request, self.work.limits.picture_bytes)
            query = await self.work.attend(
                request, self.work.encode_picture(content, stages)
            )
        return self._answer_code(query, asked.relaxed)

    async def item(self, request: Request) -> Response:
        """GET /v1/items/{id}."""
        number = self._item_number(request)
        return _json(searching.item(self.index, number))

    async def picture(self, request: Request) -> Response:
        """GET /v1/items/{id}/picture."""
        found = self.picture_of(self._item_number(request))
        if found is None:
            raise refuse("not-found", "picture", "an item without one", "another item")
        path, kind = found
        stat = path.stat()
        tag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
        headers = {
            "ETag": tag,
            "Cache-Control": "private, no-cache",
            "Accept-Ranges": "none",
        }
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        # Starlette would answer it, and refuse a wrong one without a problem's details.
        fields = request.scope["headers"]
        request.scope["headers"] = [x for x in fields if x[0] != b"range"]
        return FileResponse(path, headers=headers, media_type=kind, stat_result=stat)

    def picture_of(self, number: int) -> tuple[Path, str] | None:
        """The picture file of an item and its media type, if there is one."""
        opened = self.index
        try:
            if self._pictures is None:
                path = opened.picture_file(number)
            else:
                name = opened.record(number).get("picture")
                path = io.picture_below(self._pictures, name)
            if path is None or not path.is_file():
                return None
            with path.open("rb") as file:
                kind = io.picture_kind(file.read(16))
        except OSError:
            return None
        return (path, kind) if kind else None

    async def facts(self, request: Request) -> Response:
        """GET /v1/index."""
        return _json(self.index_facts())

    def index_facts(self) -> IndexFacts:
        """The index, its encoder and the limits of the service."""
        opened, limits = self.index, self.work.limits
        manifest = opened.manifest
        fixed = {"k": MAX_K, "codes": MAX_CODES, "hits": MAX_HITS}
        return IndexFacts(
            bits=opened.bits,
            items=opened.size,
            segments=len(manifest.segments),
            modalities=manifest.modalities,
            labels=manifest.classes,
            takes=self.work.takes,
            ranks=self._ranks(),
            exact=opened.exact,
            encoder=manifest.encoder,
            generation=manifest.generation,
            limits={**vars(limits), **fixed},
        )

    async def live(self, request: Request) -> Response:
        """GET /health/live."""
        return _json(Health("alive"))

    async def ready(self, request: Request) -> Response:
        """GET /health/ready."""
        if name := self.work.gate.closed:
            detail = f"service: got {name}, wanted ready"
            raise problems.unavailable(name, detail, self.work.gate.retry_after)
        return _json(Health("ready"))

    async def prometheus(self, request: Request) -> Response:
        """GET /metrics."""
        opened = self.index
        state = State(
            searches=self.work.gate.inside,
            index_items=opened.size,
            index_segments=len(opened.segments),
            index_generation=opened.manifest.generation,
            encoder=opened.manifest.encoder,
            failed_reloads=self.snapshot.failures,
        )
        content = self.metrics.render(state)
        return Response(content, headers={"Content-Type": MEDIA_TYPE})

    async def problem(self, request: Request) -> Response:
        """GET /problems/{name}."""
        name = request.path_params["name"]
        if name not in problems.KINDS:
            raise refuse("not-found", "problem", name[:80], ", ".join(problems.KINDS))
        status, title, meaning = problems.KINDS[name]
        kind = f"/problems/{name}"
        return _json(messages.ProblemMeaning(kind, title, status, meaning))

    def _ranks(self) -> list[messages.Rank]:
        ranks: list[messages.Rank] = ["bits"]
        if self.index.manifest.relaxed:
            return [*ranks, "query", "both"]
        return [*ranks, "query"] if self.work.takes else ranks

    def _single(self, opened: Index, query: Query, found: Any) -> SearchAnswer:
        return SearchAnswer(
            hits=found.hits,
            cut=found.cut,
            next=found.next,
            unknown_words=query.unknown_words,
            generation=opened.manifest.generation,
            encoder=opened.manifest.encoder,
            exact=opened.exact,
        )

    def _answer_code(self, query: Query, relaxed: bool) -> Response:
        values = None
        if relaxed and query.relaxed is not None:
            values = query.relaxed[0].tolist()
        code, known = query.codes.tobytes().hex(), self.index.manifest.encoder
        return _json(EncodeAnswer(code, known, query.unknown_words, values))

    def _item_number(self, request: Request) -> int:
        """The id in the path.

        Raises:
            Problem: if there is no such item.
        """
        text = request.path_params["id"]
        wanted = "the id of an item of the index"
        if text.isascii() and text.isdecimal() and len(text) <= 16:
            try:
                self.index.record(int(text))
                return int(text)
            except InputError:
                pass
        raise refuse("not-found", "id", text[:80], wanted)

    async def _read_json(self, request: Request, kind: type[T]) -> T:
        given = request.headers.get("content-type", "")
        if given.partition(";")[0].strip().lower() != "application/json":
            wanted = "application/json"
            raise refuse("media-type", "Content-Type", given[:80] or "none", wanted)
        body = await read_body(request, self.work.limits.json_bytes)
        return messages.from_json(body, kind)


async def read_body(request: Request, limit: int) -> bytes:
    """The body of a request, of which not more is read than the limit.

    Raises:
        Problem: if it is larger, by its header or in fact.
        Gone: if the client has closed the connection.
    """
    length = request.headers.get("content-length", "0")
    parts, size = [], 0
    try:
        if int(length) > limit:
            raise refuse("too-large", "body", f"{length} bytes", f"at most {limit}")
        async for part in request.stream():
            size += len(part)
            if size > limit:
                wanted = f"at most {limit}"
                raise refuse("too-large", "body", f"more than {limit} bytes", wanted)
            parts.append(part)
    except ClientDisconnect:
        raise Gone from None
    return b"".join(parts)


def _read_query(request: Request, kind: type[T]) -> T:
    pairs = request.query_params.multi_items()
    return messages.from_query(pairs, kind, lists=("label",))


def _json(answer: Struct) -> Response:
    headers = {"Cache-Control": "no-store"}
    content = messages.encode(answer)
    return Response(content, headers=headers, media_type="application/json")
