"""Bounded work: admission, and micro-batches for the networks."""

import asyncio
import math
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

from scbch_jax.serve.problems import unavailable

T = TypeVar("T")

BATCH = 8
"""Inputs that a network takes at once; the encoder is compiled for 1 and for this."""

SEARCHES = 32
"""Queries that are searched at once."""

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

    def check(self) -> None:
        """Looks for a free place, so that no work is done for what is refused.

        Raises:
            Problem: if there is none.
        """
        if self.closed or self.inside >= self.limit:
            name = self.closed or "busy"
            self._refused(name)
            detail = f"searches: got {self.inside + 1}, wanted at most {self.limit}"
            reason = f"service: got {name}, wanted ready" if self.closed else detail
            raise unavailable(name, reason, self.retry_after)

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Holds a place.

        Raises:
            Problem: if there is none.
        """
        self.check()
        self.inside += 1
        begin = time.monotonic()
        try:
            yield
        finally:
            self.inside -= 1
            self._mean += 0.1 * (time.monotonic() - begin - self._mean)


@contextmanager
def timed(stages: dict[str, float], name: str) -> Iterator[None]:
    """Adds the seconds of a block to those of a stage."""
    begin = time.perf_counter()
    try:
        yield
    finally:
        stages[name] = stages.get(name, 0.0) + time.perf_counter() - begin


class _Waiting(NamedTuple):
    """An input of a `Batcher`."""

    value: Any
    kind: Hashable
    future: asyncio.Future[Any]


class Batcher:
    """One thread for one kind of work: what waits for it is computed in batches."""

    def __init__(
        self,
        name: str,
        function: Callable[[list[Any], dict[str, float]], Sequence[Any]],
        *,
        size: int,
        alike: Callable[[Any], Hashable] = lambda value: None,
        wait: float = 0.0,
        on_batch: Callable[[int], None] = lambda size: None,
    ) -> None:
        """Takes what computes a batch.

        Args:
            name: of the thread.
            function: from inputs to as many results; adds its seconds to stages.
            size: of the largest batch.
            alike: what inputs of one batch have in common.
            wait: seconds that a first input waits for others.
            on_batch: is told the size of each batch.
        """
        self._function, self._size, self._alike = function, size, alike
        self._wait, self._on_batch = wait, on_batch
        self._waiting: list[_Waiting] = []
        self._thread = ThreadPoolExecutor(1, name)
        self._running: asyncio.Task[None] | None = None

    async def run(self, stages: dict[str, float], value: Any) -> Any:
        """The result of one input; adds the seconds of its batch to the stages."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(value, self._alike(value), future))
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._work())
        result, seconds = await future
        for name, value in seconds.items():
            stages[name] = stages.get(name, 0.0) + value
        return result

    async def _work(self) -> None:
        """Computes batches until nothing waits."""
        while self._waiting:
            if self._wait and len(self._waiting) < self._size:
                await asyncio.sleep(self._wait)
            if batch := self._next():
                self._on_batch(len(batch))
                await self._compute(batch)

    def _next(self) -> list[_Waiting]:
        """Takes the first input that waits, and those like it, in their order."""
        batch: list[_Waiting] = []
        others: list[_Waiting] = []
        for one in self._waiting:
            if one.future.done():
                continue
            joins = len(batch) < self._size and (not batch or one.kind == batch[0].kind)
            (batch if joins else others).append(one)
        self._waiting = others
        return batch

    async def _compute(self, batch: list[_Waiting]) -> None:
        loop = asyncio.get_running_loop()
        values: list[Any] = [one.value for one in batch]
        seconds: dict[str, float] = {}
        try:
            found = await loop.run_in_executor(
                self._thread, self._function, values, seconds
            )
        except Exception as error:
            if len(batch) == 1:
                _settle(batch[0].future, error=error)
                return
            # One bad input fails alone.
            for one in batch:
                await self._compute([one])
            return
        for one, result in zip(batch, found, strict=True):
            _settle(one.future, result=(result, seconds))

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
