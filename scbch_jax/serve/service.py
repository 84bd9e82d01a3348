"""The process: listens, prepares the encoder, serves, and ends when it is told to."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from scbch_jax.errors import InputError
from scbch_jax.index import Index
from scbch_jax.serve import messages, openapi
from scbch_jax.serve.api import Api
from scbch_jax.serve.encoder import Encoder
from scbch_jax.serve.gateway import Gateway
from scbch_jax.serve.limits import Limits
from scbch_jax.serve.metrics import Metrics
from scbch_jax.serve.protocol import DeadlineProtocol
from scbch_jax.serve.security import Rate, Rules
from scbch_jax.serve.snapshot import Snapshot
from scbch_jax.serve.web import Web
from scbch_jax.serve.work import Work

Endpoint = Callable[[Request], Awaitable[Response]]

GRACE = 8
"""Seconds that searches have to end after SIGTERM."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What is served, to whom, and how."""

    path: Path
    """Folder of the index."""
    opener: Callable[[], Index]
    """Opens its newest generation."""
    log: Callable[[str], None]
    """Gets lines for the log."""
    encoder: Encoder | None = None
    limits: Limits = Limits()
    rules: Rules = Rules()
    pictures: Path | None = None
    """Folder of the pictures that rows name."""
    proxies: tuple[str, ...] = ()
    """Addresses whose X-Forwarded headers are believed."""
    batch_wait_seconds: float = 0.0
    """Time that an input waits for others before it is encoded alone."""
    log_requests: bool = True
    log_queries: bool = False


class Service(uvicorn.Server):
    """An index over HTTP."""

    def __init__(self, settings: Settings) -> None:
        """Opens the index.

        Raises:
            InputError: if it cannot be served.
        """
        limits, metrics = settings.limits, Metrics()
        snapshot = Snapshot(settings.path, settings.opener, log=settings.log)
        encoder, wait = settings.encoder, settings.batch_wait_seconds
        self._work = Work(encoder, limits, metrics, batch_wait_seconds=wait)
        self._work.gate.closed = "starting"
        self._snapshot, self._encoder = snapshot, encoder
        self.failure: Exception | None = None
        """Why it could not start."""
        api = Api(
            snapshot,
            self._work,
            metrics,
            pictures=settings.pictures,
            log_queries=settings.log_queries,
        )
        routes = _routes(api, Web(api, settings.rules, settings.path.resolve().name))
        gateway = Gateway(
            Router(routes, redirect_slashes=False, lifespan=self._lifespan),
            rules=settings.rules,
            metrics=metrics,
            rate=Rate(limits.rate) if limits.rate else None,
            log=settings.log,
            log_requests=settings.log_requests,
            shorten=lambda text: text.replace(str(settings.path), "the index"),
            routes={route.endpoint: route.path for route in routes},
        )
        super().__init__(_config(gateway, settings))

    def serve_on(self, listener: socket.socket) -> None:
        """Serves until SIGTERM or SIGINT; then finishes what was admitted.

        Raises:
            InputError: if the encoder does not give the codes that it gave.
        """
        self.run(sockets=[listener])
        if self.failure is not None:
            raise self.failure

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Takes no further searches from a signal on."""
        self._work.gate.closed = "draining"
        super().handle_exit(sig, frame)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handles signals, and does not raise them again: the exit code is 0."""
        signals = (signal.SIGINT, signal.SIGTERM)
        try:
            before = {x: signal.signal(x, self.handle_exit) for x in signals}
        except ValueError:
            # Python handles signals in the main thread only.
            before = {}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: Any) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self._prepare())]
        tasks.append(asyncio.create_task(self._snapshot.follow()))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            self._work.close()

    async def _prepare(self) -> None:
        """Compiles and checks the encoder, and opens the gate."""
        try:
            if self._encoder is not None:
                await asyncio.to_thread(self._encoder.self_check)
        except Exception as error:
            self.failure, self.should_exit = error, True
        else:
            if self._work.gate.closed == "starting":
                self._work.gate.closed = ""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Args:
        host: a name or address of this machine.
        port: 0 for any that is free.

    Raises:
        InputError: if there is no such address, or the port is taken.
    """
    kind = {"type": socket.SOCK_STREAM, "flags": socket.AI_PASSIVE}
    with contextlib.ExitStack() as stack:
        try:
            family, *_, address = socket.getaddrinfo(host, port, **kind)[0]
            # Only of sockets that name TCP does asyncio end the delay of small packets.
            tcp = socket.IPPROTO_TCP
            listener = socket.socket(family, socket.SOCK_STREAM, tcp)
            stack.callback(listener.close)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen()
        except OSError as error:
            got = f"{host}:{port} ({error.strerror or error})"
            raise InputError(f"host: got {got}, wanted a free address") from error
        stack.pop_all()
    return listener


def url_of(listener: socket.socket) -> str:
    """The address that a browser takes."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _routes(api: Api, web: Web) -> list[Route]:
    methods: dict[str, dict[str, Endpoint]] = {}
    methods["/"] = {"GET": web.show, "POST": web.show}
    methods["/assets/{name}"] = {"GET": web.asset}
    for found in openapi.OPERATIONS:
        endpoint = getattr(api, found.endpoint)
        methods.setdefault(found.path, {})[found.method] = endpoint
    contract = messages.encode(openapi.document())

    async def describe(request: Request) -> Response:
        return Response(contract, media_type="application/json")

    methods["/openapi.json"] = {"GET": describe}
    return [_route(path, endpoints) for path, endpoints in methods.items()]


def _route(path: str, endpoints: dict[str, Endpoint]) -> Route:
    """One route for all methods of a path, so that 405 lists them all."""

    async def endpoint(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await endpoints[method](request)

    return Route(path, endpoint, methods=list(endpoints))


def _config(gateway: Gateway, settings: Settings) -> uvicorn.Config:
    class Protocol(DeadlineProtocol):
        limits = settings.limits

    return uvicorn.Config(
        gateway,
        http=Protocol,
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=list(settings.proxies),
        timeout_graceful_shutdown=GRACE,
        h11_max_incomplete_event_size=settings.limits.header_bytes,
    )
