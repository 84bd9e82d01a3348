"""Searches over HTTP: latency and rate of `scbch serve`, which runs as a process.

In a closed loop each connection sends its next request when it has the last answer. An
open loop sends requests at a constant rate; latency counts from the moment at which a
request was due, so that a stalled service does not get fewer requests.
"""

import asyncio
import itertools
import json
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import UInt8

from scbch_jax.index import Index

HOST = "127.0.0.1"
WAITING = 200
"""Requests of an open loop that wait at once; further ones are not sent."""

UNSENT = -1

_SERVE = """
import os, signal, sys, threading
from scbch_jax.cli import program

def end():
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)

threading.Thread(target=end, daemon=True).start()
sys.exit(program.main())
"""
"""Serves until its standard input ends: so it ends with this process, if killed too."""


class Asked(NamedTuple):
    """One request."""

    status: int
    """0 if the connection broke, `UNSENT` if the request was not sent."""
    seconds: float
    stages: dict[str, float]
    """Milliseconds by stage, of the service's own clock."""


class Load(NamedTuple):
    """How a service answered a load."""

    load: str
    connections: int
    seconds: float
    answered: int
    refused: int
    """With 503."""
    failed: int
    """Any other end."""
    unsent: int
    """Of an open loop, because `WAITING` others waited."""
    per_second: float
    """Of those that were answered."""
    median: float
    """Milliseconds of those that were answered."""
    p99: float
    search: float
    """Median milliseconds of the stage search."""
    megabytes: float
    """Memory of the service afterward."""


@contextmanager
def served(path: Path) -> Iterator[int]:
    """Serves an index by a process of its own; gives the port."""
    words = ["serve", str(path), "--port", "0", "--log", "none"]
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVE, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        found = re.search(r":(\d+)/", process.stdout.readline())
        if found is None:
            raise RuntimeError("scbch serve did not start")
        yield int(found[1])
    finally:
        process.communicate()


def requests_of(
    codes: UInt8[np.ndarray, "queries bytes"], *, k: int, find: str
) -> list[bytes]:
    """A request in HTTP for each code."""
    bodies = [
        json.dumps({"code": code.tobytes().hex(), "k": k, "find": find}).encode()
        for code in codes
    ]
    head = f"POST /v1/search HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json"
    return [
        f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        for body in bodies
    ]


def engine_milliseconds(
    opened: Index, codes: UInt8[np.ndarray, "queries bytes"], *, k: int, find: str
) -> float:
    """Median time of the same searches in this process, one at a time."""
    # As the service does, so that both search in the same way.
    import jax  # noqa: F401

    opened.search(codes[:1], find=find, k=k)
    taken = []
    for code in codes:
        begin = time.perf_counter()
        opened.search(code[None], find=find, k=k)
        taken.append(time.perf_counter() - begin)
    return 1000 * statistics.median(taken)


def closed_loop(
    port: int, requests: Sequence[bytes], *, connections: int, seconds: float
) -> Load:
    """Asks over some connections, each as soon as it is answered, at least once."""
    end = time.perf_counter() + seconds

    async def ask_on(first: int) -> list[Asked]:
        found, connection = [], Connection(port)
        for number in itertools.count(first, connections):
            request = requests[number % len(requests)]
            found.append(await connection.ask(request, time.perf_counter()))
            if time.perf_counter() >= end:
                break
        connection.close()
        return found

    async def run() -> list[Asked]:
        parts = await asyncio.gather(*map(ask_on, range(connections)))
        return [asked for part in parts for asked in part]

    asked = asyncio.run(run())
    return _load(f"closed, {connections}", connections, seconds, asked, port)


def open_loop(
    port: int, requests: Sequence[bytes], *, rate: float, seconds: float
) -> Load:
    """Asks at a steady rate."""

    async def run() -> list[Asked]:
        free = [Connection(port) for _ in range(WAITING)]
        found: list[Asked] = []

        async def ask(connection: Connection, request: bytes, due: float) -> None:
            found.append(await connection.ask(request, due))
            free.append(connection)

        async with asyncio.TaskGroup() as group:
            begin = time.perf_counter()
            for number in range(int(rate * seconds)):
                due = begin + number / rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                if free:
                    request = requests[number % len(requests)]
                    group.create_task(ask(free.pop(), request, due))
                else:
                    found.append(Asked(UNSENT, 0.0, {}))
        for connection in free:
            connection.close()
        return found

    asked = asyncio.run(run())
    return _load(f"open, {rate:.0f}/s", WAITING, seconds, asked, port)


class Connection:
    """A connection that is kept open, and opened again where it broke."""

    def __init__(self, port: int) -> None:
        """Takes the port; it connects when it asks."""
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes, due: float) -> Asked:
        """Sends a request, and reads the answer."""
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection(HOST, self._port)
            reader, writer = self._streams
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
            await reader.readexactly(int(length[1]) if length else 0)
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            return Asked(0, time.perf_counter() - due, {})
        if "connection: close" in head.lower():
            self.close()
        stages = re.findall(r"(\w+);dur=([\d.]+)", head)
        times = {name: float(value) for name, value in stages}
        return Asked(int(head.split()[1]), time.perf_counter() - due, times)

    def close(self) -> None:
        """Closes it."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def megabytes(port: int) -> float:
    """Resident memory of a service, by its own metrics; NaN where it has none."""
    address = f"http://{HOST}:{port}/metrics"
    with urllib.request.urlopen(address, timeout=10) as answer:
        text = answer.read().decode()
    found = re.search(r"^process_resident_memory_bytes (\S+)$", text, re.MULTILINE)
    return float(found[1]) / 1e6 if found else float("nan")


def _load(
    name: str, connections: int, seconds: float, asked: list[Asked], port: int
) -> Load:
    answered = [x for x in asked if x.status == 200]
    refused = sum(x.status == 503 for x in asked)
    unsent = sum(x.status == UNSENT for x in asked)
    times: Any = [1000 * x.seconds for x in answered] or [float("nan")]
    search = [x.stages.get("search", 0.0) for x in answered] or [float("nan")]
    return Load(
        name,
        connections,
        seconds,
        len(answered),
        refused,
        len(asked) - len(answered) - refused - unsent,
        unsent,
        len(answered) / seconds,
        float(np.median(times)),
        float(np.percentile(times, 99)),
        float(np.median(search)),
        megabytes(port),
    )
