"""From a query to its answer: encode, search, describe, each where it belongs."""

import asyncio
import io
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import numpy as np
from starlette.requests import Request

from scbch_jax.errors import InputError, require
from scbch_jax.index import Index
from scbch_jax.serve import pictures, searching
from scbch_jax.serve.encoder import Encoder
from scbch_jax.serve.gateway import Gone
from scbch_jax.serve.limits import MAX_HITS, Limits
from scbch_jax.serve.messages import Found, How, SearchRequest
from scbch_jax.serve.metrics import Metrics
from scbch_jax.serve.problems import Problem, refuse
from scbch_jax.serve.queues import BATCH, DECODERS, SEARCHES, Batcher, Gate, timed
from scbch_jax.serve.searching import Query

T = TypeVar("T")
Stages = dict[str, float]


class Work:
    """The queues of the service, and what passes through them."""

    def __init__(
        self,
        encoder: Encoder | None,
        limits: Limits,
        metrics: Metrics,
        *,
        batch_wait_seconds: float = 0.0,
    ) -> None:
        """Takes the encoder, if the index has one, and the limits.

        Args:
            encoder: of raw words and pictures.
            limits: of one client.
            metrics: what is counted.
            batch_wait_seconds: that an input waits for others before it is encoded
                alone.
        """
        self.encoder, self.limits = encoder, limits
        self.gate = Gate(limits.max_pending, metrics.count_refusal)
        self._readers = ThreadPoolExecutor(DECODERS, "read")
        self._searcher = Batcher(
            "search", searching.search, size=SEARCHES, alike=lambda one: one.kind
        )
        self._models: dict[str, Batcher] = {}
        if encoder is None:
            return
        for modality in encoder.takes:
            function = encoder.texts if modality == "text" else encoder.pictures
            count = partial(metrics.count_batch, modality)
            self._models[modality] = Batcher(
                "encode",
                _rows(function),
                size=BATCH,
                wait=batch_wait_seconds,
                on_batch=count,
            )

    @property
    def takes(self) -> list[str]:
        """What can be searched with beside items and codes."""
        return list(self._models)

    async def attend(self, request: Request, work: Coroutine[Any, Any, T]) -> T:
        """Awaits work until its deadline, or until the client has gone.

        Raises:
            Problem: at the deadline.
            Gone: if nobody waits for the answer any more.
        """
        left = self.limits.answer_seconds - request.scope["trace"].seconds
        task = asyncio.ensure_future(work)
        gone = asyncio.ensure_future(_disconnected(request))
        try:
            await asyncio.wait(
                {task, gone}, timeout=left, return_when=asyncio.FIRST_COMPLETED
            )
            if task.done():
                return task.result()
            if gone.done():
                raise Gone
            limit = f"{self.limits.answer_seconds:g} s"
            raise Problem("deadline", f"search: got no end, wanted one within {limit}")
        finally:
            task.cancel()
            gone.cancel()

    async def query(
        self, opened: Index, request: SearchRequest, stages: Stages
    ) -> Query:
        """What is searched with.

        Raises:
            Problem: if it cannot be searched with.
            InputError: if there is no such item, or there are no codes of that length.
        """
        names = ("text", "item", "code", "codes")
        given = [name for name in names if getattr(request, name) is not None]
        got = " and ".join(given) or "nothing"
        require(len(given) == 1, "query", got, f"one of {', '.join(names)}")
        alone = request.by is None or request.item is not None
        require(alone, "by", f"{request.by} without item", "an item whose code it is")
        if request.text is not None:
            return await self.encode_text(request.text, stages)
        if request.item is not None:
            return _of_item(opened, request.item, request.by)
        codes = [request.code] if request.code else request.codes or []
        hits = request.k * len(codes)
        require(
            hits <= MAX_HITS, "k", f"{hits} hits of all codes", f"at most {MAX_HITS}"
        )
        one_list = len(codes) == 1 or request.after is None
        require(one_list, "after", "several codes", "a single code")
        return _of_codes(opened, codes, request.encoder or "")

    async def encode_text(self, text: str, stages: Stages) -> Query:
        """The code of words.

        Raises:
            Problem: if there is no encoder of words, the text is too long, or the
                encoder knows no word of it.
        """
        encoder, model = self._model("text", "words")
        limit = self.limits.text_characters
        if len(text) > limit:
            raise refuse("value", "text", f"{len(text)} characters", f"at most {limit}")
        try:
            unknown = encoder.check_text(text)
        except InputError as error:
            raise Problem("unknown-words", str(error)) from None
        code, relaxed = await model.run(stages, text)
        return Query(code, relaxed, unknown)

    async def encode_picture(self, content: bytes, stages: Stages) -> Query:
        """The code of a picture file.

        Raises:
            Problem: if there is no encoder of pictures, or it is not a picture.
        """
        encoder, model = self._model("image", "a picture")

        def read() -> Any:
            with timed(stages, "read"):
                return encoder.read_picture(
                    io.BytesIO(content),
                    max_pixels=self.limits.picture_pixels,
                    formats=tuple(pictures.KINDS.values()),
                )

        try:
            loop = asyncio.get_running_loop()
            pixels = await loop.run_in_executor(self._readers, read)
        except InputError as error:
            raise Problem("picture", str(error)) from None
        code, relaxed = await model.run(stages, pixels)
        return Query(code, relaxed)

    async def find(
        self, opened: Index, query: Query, how: How, stages: Stages
    ) -> list[Found]:
        """What a search finds for each code of a query."""
        search = searching.Search(opened, query, how)
        return await self._searcher.run(stages, search)

    def require(self, modality: str) -> None:
        """Raises `Problem` unless there is an encoder of text or image."""
        self._model(modality, {"text": "words", "image": "a picture"}[modality])

    def close(self) -> None:
        """Ends all threads once they are idle."""
        self._readers.shutdown(wait=False, cancel_futures=True)
        for part in (self._searcher, *self._models.values()):
            part.close()

    def _model(self, modality: str, what: str) -> tuple[Encoder, Batcher]:
        if self.encoder is None or modality not in self._models:
            wanted = f"an item or a code: this index has no encoder of {what}"
            raise refuse("encoder", "query", what, wanted)
        return self.encoder, self._models[modality]


def _rows(encode: Any) -> Any:
    """A function from inputs to the code and relaxed code of each, one row each."""

    def rows(values: list[Any], stages: Stages) -> list[tuple[Any, Any]]:
        with timed(stages, "encode"):
            found = encode(values)
        places = range(len(values))
        return [(found.codes[i : i + 1], found.relaxed[i : i + 1]) for i in places]

    return rows


def _of_item(opened: Index, item: int, by: str | None) -> Query:
    modality = by or searching.default_by(opened)
    code = opened.code(item, modality)
    relaxed = opened.relaxed(item, modality) if opened.manifest.relaxed else None
    return Query(code, relaxed)


def _of_codes(opened: Index, codes: list[str], encoder: str) -> Query:
    known = opened.manifest.encoder
    if encoder != known:
        wanted = f"{known or 'none'}, the encoder of the index"
        raise refuse("encoder", "encoder", encoder[:80] or "none", wanted)
    digits = opened.bits // 4
    for code in codes:
        wanted = f"{digits}, a code of {opened.bits} bits"
        require(len(code) == digits, "code", f"{len(code)} digits", wanted)
    packed = [np.frombuffer(bytes.fromhex(code), np.uint8) for code in codes]
    return Query(np.stack(packed))


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
