"""What every request passes: an id, the checks, one line of the log, and errors."""

import asyncio
import json
import random
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scbch_jax.errors import InputError
from scbch_jax.serve import problems, security
from scbch_jax.serve.messages import Unacceptable, Unreadable
from scbch_jax.serve.metrics import Metrics
from scbch_jax.serve.problems import Problem

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

PAUSE = 0.2
"""Seconds before a search is refused: clients that retry at once would else take
the processor from the searches that were admitted."""


def request_id() -> str:
    """16 digits; a name and no secret, so the system need not be asked for chance."""
    return f"{random.getrandbits(64):016x}"


class Gone(Exception):
    """The client has closed the connection."""


@dataclass
class Trace:
    """What is noted of a request."""

    id: str = field(default_factory=request_id)
    begin: float = field(default_factory=time.perf_counter)
    stages: dict[str, float] = field(default_factory=dict)
    """Seconds of work by stage; without waiting."""
    status: int = 0
    query: str = ""
    """What is searched for, if the log may hold it."""

    @property
    def seconds(self) -> float:
        """Since the request began."""
        return time.perf_counter() - self.begin

    @property
    def server_timing(self) -> str:
        """Value of the header Server-Timing: milliseconds of each stage."""
        times = {**self.stages, "total": self.seconds}
        return ", ".join(f"{x};dur={1000 * y:.2f}" for x, y in times.items())


class Gateway:
    """An ASGI application around another."""

    def __init__(
        self,
        inner: ASGIApp,
        *,
        rules: security.Rules,
        metrics: Metrics,
        rate: security.Rate | None = None,
        log: Callable[[str], None],
        log_requests: bool = True,
        shorten: Callable[[str], str] = lambda detail: detail,
        routes: dict[Any, str] | None = None,
    ) -> None:
        """Takes the application and what is known of requests.

        Args:
            inner: the routes.
            rules: which clients may send requests.
            metrics: what is counted.
            rate: of each client, if it is limited.
            log: gets defects.
            log_requests: whether it gets a line in JSON for each request.
            shorten: removes from a message what clients must not see.
            routes: the template of each endpoint's path.
        """
        self._inner, self._rules, self._metrics = inner, rules, metrics
        self._rate, self._log, self._shorten = rate, log, shorten
        self._log_requests = log_requests
        self._routes = routes or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        trace = scope["trace"] = Trace()
        # The routes then raise what they do not find, in place of answering.
        scope["app"] = self

        async def start(message: Message) -> None:
            if message["type"] == "http.response.start":
                trace.status = message["status"]
                message["headers"] = [*message["headers"], *_headers(trace)]
            await send(message)

        try:
            self._check(scope)
            await self._inner(scope, receive, start)
        except Gone:
            trace.status = 499
        except asyncio.CancelledError:
            # By the server, which has waited for it after SIGTERM.
            if trace.status:
                raise
            problem = Problem("draining", "service: ended before this search did")
            await _answer(problem, trace, start)
        except Exception as error:
            problem = self._as_problem(error, trace)
            if trace.status:
                raise
            if problem.name == "busy":
                await asyncio.sleep(PAUSE)
            await _answer(problem, trace, start)
        finally:
            self._note(scope, trace)

    def _check(self, scope: Scope) -> None:
        names = [
            (k.decode("latin-1"), v.decode("latin-1")) for k, v in scope["headers"]
        ]
        try:
            security.check(scope["path"], dict(names), self._rules)
            if self._rate and not scope["path"].startswith("/health/"):
                client = scope.get("client") or ("", 0)
                self._rate.take(client[0])
        except Problem as problem:
            self._metrics.count_refusal(problem.name)
            raise

    def _as_problem(self, error: Exception, trace: Trace) -> Problem:
        if isinstance(error, Problem):
            return error
        if isinstance(error, HTTPException):
            headers = dict(error.headers or {})
            detail = "path and method: got others, wanted those of /openapi.json"
            return problems.of_status(error.status_code, detail, headers)
        if isinstance(error, Unreadable):
            return Problem("malformed", str(error))
        if isinstance(error, InputError | Unacceptable):
            return Problem("value", self._shorten(str(error)))
        lines = "".join(traceback.format_exception(error))
        self._log(f"scbch: request {trace.id} failed\n{lines}")
        return Problem("internal", "service: got an internal error; see its log")

    def _note(self, scope: Scope, trace: Trace) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = self._routes.get(scope.get("endpoint"), "other")
        self._metrics.count_request(method, route, trace.status, trace.seconds)
        self._metrics.count_stages(trace.stages)
        if not self._log_requests:
            return
        line = {
            "time": round(time.time(), 3),
            "id": trace.id,
            "method": method,
            "route": route,
            "status": trace.status,
            "ms": round(1000 * trace.seconds, 2),
            **{f"{x}_ms": round(1000 * y, 2) for x, y in trace.stages.items()},
        }
        if trace.query:
            line["query"] = trace.query
        self._log(json.dumps(line))


def _headers(trace: Trace) -> list[tuple[bytes, bytes]]:
    found = {**security.HEADERS, "X-Request-Id": trace.id}
    if trace.stages:
        found["Server-Timing"] = trace.server_timing
    return [(k.lower().encode(), v.encode()) for k, v in found.items()]


async def _answer(problem: Problem, trace: Trace, send: Send) -> None:
    body = problems.body(problem, trace.id)
    headers = {
        **problem.headers,
        "content-type": problems.MEDIA_TYPE,
        "content-length": str(len(body)),
        "cache-control": "no-store",
    }
    pairs = [(k.lower().encode(), v.encode()) for k, v in headers.items()]
    status = problem.kind.status
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
