"""HTTP/1.1 with deadlines: uvicorn's protocol waits for slow clients indefinitely."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from scbch_jax.serve import problems
from scbch_jax.serve.limits import Limits
from scbch_jax.serve.problems import Problem, unavailable
from scbch_jax.serve.security import HEADERS


class DeadlineProtocol(H11Protocol):
    """A request has to arrive in time, and an answer has to be taken in time.

    An idle connection that is kept alive is left to uvicorn, and a slow search to the
    service.
    """

    limits = Limits()
    _request_timer: asyncio.TimerHandle | None = None
    _write_timer: asyncio.TimerHandle | None = None
    _lost = False

    def connection_made(self, transport: Any) -> None:
        """Limits the time of the first request, or refuses the connection."""
        gathering = Gathering(transport, self.loop, on_close=self._limit_writing)
        super().connection_made(gathering)  # type: ignore[arg-type]
        if len(self.connections) > self.limits.connections:
            limit = f"at most {self.limits.connections}"
            detail = f"connections: got {len(self.connections)}, wanted {limit}"
            self._end(unavailable("busy", detail, 1))
            return
        self._limit_request()

    def data_received(self, data: bytes) -> None:
        """Limits the time from the first byte of a request to its last.

        A client that goes on sending after an early answer is cut off as well.
        """
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Limits the next request, of which a part may have been received already."""
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        """Limits the time in which the client has to read."""
        super().pause_writing()
        self._limit_writing()

    def resume_writing(self) -> None:
        """Ends that limit, unless the connection is closing and sends what is left."""
        super().resume_writing()
        if not self.transport.is_closing():
            self._cancel_write_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancels both timers."""
        self._lost = True
        super().connection_lost(exc)  # It closes the transport once more.
        self._cancel_request_timer()
        self._cancel_write_timer()

    def send_400_response(self, msg: str) -> None:
        """Answers what is not HTTP."""
        detail = "request: got bytes that are not HTTP, wanted HTTP/1.1"
        self._end(Problem("malformed", detail))

    def _watch(self) -> None:
        state = self.conn.their_state
        begun = state is h11.IDLE and bool(self.conn.trailing_data[0])
        if not begun and state is not h11.SEND_BODY:
            self._cancel_request_timer()
        elif self._request_timer is None:
            self._limit_request()

    def _limit_request(self) -> None:
        self._request_timer = self.loop.call_later(
            self.limits.request_seconds, self._too_late
        )

    def _cancel_request_timer(self) -> None:
        if self._request_timer is not None:
            self._request_timer.cancel()
            self._request_timer = None

    def _limit_writing(self) -> None:
        if self._write_timer is None and not self._lost:
            self._write_timer = self.loop.call_later(
                self.limits.write_seconds, self.transport.abort
            )

    def _cancel_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _too_late(self) -> None:
        self._request_timer = None
        wanted = f"all of it within {self.limits.request_seconds:g} s"
        self._end(Problem("slow", f"request: got an incomplete one, wanted {wanted}"))

    def _end(self, problem: Problem) -> None:
        """Answers, unless an answer has begun, and closes the connection."""
        begun = self.cycle is not None and self.cycle.response_started
        if not begun or self.conn.their_state is h11.IDLE:
            self.transport.write(_answer(problem))
        self.transport.close()


class Gathering:
    """A transport that sends in one call what one step of the event loop writes.

    uvicorn writes the head and the body of an answer apart; to wake the client twice
    takes longer than to make a small answer.
    """

    def __init__(
        self,
        transport: Any,
        loop: asyncio.AbstractEventLoop,
        *,
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        """Takes the transport that sends, and what is called when it is to end."""
        self._transport, self._loop, self._on_close = transport, loop, on_close
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Sends the data at the end of this step."""
        if not self._parts:
            self._loop.call_soon(self._send)
        self._parts.append(data)

    def close(self) -> None:
        """Sends what was written, and closes the connection."""
        self._send()
        self._transport.close()
        self._on_close()

    def _send(self) -> None:
        if self._parts:
            self._transport.write(b"".join(self._parts))
            self._parts.clear()

    def __getattr__(self, name: str) -> Any:
        """Anything else is asked of the transport."""
        return getattr(self._transport, name)


def _answer(problem: Problem) -> bytes:
    """A whole answer, for what does not reach the application."""
    instance = secrets.token_hex(8)
    body = problems.body(problem, instance)
    status = problem.kind.status
    headers = {
        **HEADERS,
        **problem.headers,
        "Content-Type": problems.MEDIA_TYPE,
        "Content-Length": str(len(body)),
        "X-Request-Id": instance,
        "Connection": "close",
    }
    lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
    phrase = STATUS_PHRASES[status].decode()
    head = f"HTTP/1.1 {status} {phrase}\r\n{''.join(lines)}\r\n"
    return head.encode("ascii") + body
