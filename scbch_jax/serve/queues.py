"""Bounded work: admission, pools of threads, and micro-batches for the networks."""

import asyncio
import math
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from scbch_jax.serve.problems import unavailable

T = TypeVar("T")

BATCH = 8
"""Inputs that a network takes at once; the encoder is compiled for 1 and for this."""

DECODERS = 2
"""Pictures that are decoded at once: each may take hundreds of megabytes."""


class Gate:
    """Admits a bounded number of requests, and refuses further ones at once."""

    def __init__(self, limit: int, refused: Callable[[str], None]) -> None:
        """Takes the limit, and what counts refusals by their reason."""
        self.limit, self.inside = limit, 0
        self.closed = ""
        """Name of the problem of all requests, such as starting; empty if open."""
        self._refused = refused
        self._mean = 0.0

    @property
    def retry_after(self) -> int:
        """Seconds after which the requests that are inside have gone, as it looks.

        In a full house of N that leaves in the mean time W, N requests leave in W
        (Little's law).
        """
        return min(60, max(1, math.ceil(self._mean)))

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Holds a place.

        Raises:
            Problem: if there is none.
        """
        if self.closed or self.inside >= self.limit:
            name = self.closed or "busy"
            self._refused(name)
            detail = f"searches: got {self.inside + 1}, wanted at most {self.limit}"
            reason = f"service: got {name}, wanted ready" if self.closed else detail
            raise unavailable(name, reason, self.retry_after)
        self.inside += 1
        begin = time.monotonic()
        try:
            yield
        finally:
            self.inside -= 1
            self._mean += 0.1 * (time.monotonic() - begin - self._mean)


class Pool:
    """Threads for one stage; what has not begun when its request ends is dropped."""

    def __init__(self, name: str, threads: int | None = None) -> None:
        """Takes a name, and the number of threads or else all cores."""
        self._threads = ThreadPoolExecutor(threads or os.cpu_count(), name)

    async def run(self, function: Callable[..., T], *args: Any) -> T:
        """Calls a function in a thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, function, *args)

    def close(self) -> None:
        """Ends the threads once they are idle."""
        self._threads.shutdown(wait=False, cancel_futures=True)


@contextmanager
def timed(stages: dict[str, float], name: str) -> Iterator[None]:
    """Adds the seconds of a block to those of a stage."""
    begin = time.perf_counter()
    try:
        yield
    finally:
        stages[name] = stages.get(name, 0.0) + time.perf_counter() - begin


class Batcher:
    """One thread for one model: what waits for it is computed in one batch."""

    def __init__(
        self,
        function: Callable[[list[Any]], Sequence[Any]],
        *,
        wait: float = 0.0,
        on_batch: Callable[[int], None] = lambda size: None,
    ) -> None:
        """Takes the model, from inputs to as many results.

        Args:
            function: computes a batch.
            wait: seconds that a first input waits for company.
            on_batch: is told the size of each batch.
        """
        self._function, self._wait, self._on_batch = function, wait, on_batch
        self._waiting: deque[tuple[Any, asyncio.Future[Any]]] = deque()
        self._thread = ThreadPoolExecutor(1, "encode")
        self._running: asyncio.Task[None] | None = None

    async def run(self, stages: dict[str, float], value: Any) -> Any:
        """The result of one input; adds the seconds of its batch to a stage."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((value, future))
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._work())
        result, seconds = await future
        stages["encode"] = stages.get("encode", 0.0) + seconds
        return result

    async def _work(self) -> None:
        """Computes batches until nothing waits."""
        while self._waiting:
            if self._wait and len(self._waiting) < BATCH:
                await asyncio.sleep(self._wait)
            batch = []
            while self._waiting and len(batch) < BATCH:
                value, future = self._waiting.popleft()
                if not future.done():
                    batch.append((value, future))
            if batch:
                self._on_batch(len(batch))
                await self._compute(batch)

    async def _compute(self, batch: list[tuple[Any, Any]]) -> None:
        loop = asyncio.get_running_loop()
        values = [value for value, _ in batch]
        begin = time.perf_counter()
        try:
            found = await loop.run_in_executor(self._thread, self._function, values)
        except Exception as error:
            if len(batch) == 1:
                _settle(batch[0][1], error=error)
                return
            # One bad input fails alone.
            for one in batch:
                await self._compute([one])
            return
        seconds = time.perf_counter() - begin
        for (_, future), result in zip(batch, found, strict=True):
            _settle(future, result=(result, seconds))

    def close(self) -> None:
        """Ends the thread once it is idle."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _settle(future: Any, *, result: Any = None, error: Exception | None = None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
