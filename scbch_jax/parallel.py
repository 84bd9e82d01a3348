"""A pure function mapped over parts: in this process, or by workers of Dask.

Nothing else imports Dask. Between its processes Dask sends pickled objects, which can
run code: a scheduler and its workers have to be trusted, as does everyone who can reach
their ports. Workers that are started here listen on the loopback address alone.
"""

import contextlib
import logging
import pickle
import re
import signal
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from functools import partial
from itertools import islice
from typing import Any, Protocol, TypeVar, runtime_checkable

from scbch_jax import __version__, extras
from scbch_jax.errors import InputError, require

Part = TypeVar("Part")
Result = TypeVar("Result")

TIMEOUT = 5.0
"""Seconds that a scheduler has to answer, and to find a worker."""

AHEAD = 4
"""Parts that wait at a worker or are computed by it, for each of its threads."""

ENVIRONMENT = {
    # Workers on one machine share its GPU, if there is one.
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    "DASK_LOGGING__DISTRIBUTED": "critical",
}
"""Of the workers that are started here."""

LOGGERS = ("distributed", "distributed.client", "distributed.gc", "tornado.application")
"""Loggers with levels of their own."""


@runtime_checkable
class Map(Protocol):
    """Computes a function of every part, in any order, where it likes."""

    def __call__(
        self, function: Callable[[Part], Result], parts: Iterable[Part]
    ) -> Iterator[tuple[int, Result]]:
        """Yields the number of a part and its result as each is completed.

        Args:
            function: a pure function, which other processes can import. What it does
                elsewhere, such as writing a file, may be done more than once.
            parts: what it is applied to.
        """
        ...


def serial(
    function: Callable[[Part], Result], parts: Iterable[Part]
) -> Iterator[tuple[int, Result]]:
    """Computes one part after another in this process.

    >>> list(serial(abs, [-3, 4]))
    [(0, 3), (1, 4)]
    """
    yield from enumerate(map(function, parts))


@contextlib.contextmanager
def opened(*, workers: int = 0, scheduler: str = "") -> Iterator[Map]:
    """Starts or finds what computes parts, for the time of a block.

    Args:
        workers: processes to start on this machine; none if 0.
        scheduler: address of a Dask scheduler, whose workers are used; such as
            tcp://127.0.0.1:8786.

    Yields:
        The map; `serial` if there are neither workers nor a scheduler.

    Raises:
        InputError: if Dask is missing, the scheduler does not answer or has no workers,
            and, in the block, if workers are lost again and again.
    """
    if not workers and not scheduler:
        yield serial
        return
    purpose = f"--{'scheduler' if scheduler else 'workers'}"
    extras.require_packages(purpose, "dask", "distributed")
    with contextlib.ExitStack() as stack:
        stack.enter_context(_quiet())
        client = _connect(scheduler, stack) if scheduler else _start(workers, stack)
        yield partial(_compute, client)


def _connect(scheduler: str, stack: contextlib.ExitStack) -> Any:
    """A client of a scheduler that is there and has workers."""
    import distributed

    wanted = "the address of a Dask scheduler, such as tcp://127.0.0.1:8786"
    known = re.fullmatch(r"(tcp|tls)://[^/\s]+:\d{1,5}", scheduler)
    require(known is not None, "scheduler", scheduler, wanted)
    try:
        client = distributed.Client(scheduler, timeout=TIMEOUT)
        stack.enter_context(client)
    except (OSError, ValueError, OverflowError) as error:
        got = f"{scheduler}, which does not answer"
        raise InputError(f"scheduler: got {got}, wanted {wanted}") from error
    try:
        client.wait_for_workers(1, timeout=TIMEOUT)
    except TimeoutError as error:
        got = f"{scheduler}, which has no workers"
        raise InputError(f"scheduler: got {got}, wanted at least one") from error
    _require_package(client, scheduler)
    return client


def _require_package(client: Any, scheduler: str) -> None:
    """Raises `InputError` unless a scheduler and its workers know this module."""
    try:
        workers = client.run(_version).values()
        found = {client.run_on_scheduler(_version), *workers}
    except Exception:  # whatever keeps a worker from importing this module
        found = {"none"}
    got = f"{scheduler}, which has version {', '.join(sorted(found))} of scbch_jax"
    wanted = f"{__version__} as here, at the scheduler and its workers"
    require(found == {__version__}, "scheduler", got, wanted)


def _version() -> str:
    return __version__


def _start(workers: int, stack: contextlib.ExitStack) -> Any:
    """A client of workers on this machine, which end with the block."""
    import distributed

    scratch = stack.enter_context(tempfile.TemporaryDirectory())
    with _ignoring_interrupts():
        cluster = distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            local_directory=scratch,
            # Mapped files would count as memory of a worker that is restarted for it.
            memory_limit=0,
            silence_logs=logging.CRITICAL,
            env=ENVIRONMENT,
        )
    client = stack.enter_context(distributed.Client(stack.enter_context(cluster)))
    stack.callback(_wait_for_workers, client, workers)
    return client


@contextlib.contextmanager
def _ignoring_interrupts() -> Iterator[None]:
    """Processes that start meanwhile leave Ctrl-C to this one, which ends them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _wait_for_workers(client: Any, workers: int) -> None:
    """Lets those start that replace lost ones: they show errors if stopped before."""
    with contextlib.suppress(TimeoutError):
        client.wait_for_workers(workers, timeout=TIMEOUT)


def _compute(
    client: Any, function: Callable[[Part], Result], parts: Iterable[Part]
) -> Iterator[tuple[int, Result]]:
    """The map of a client: a part whose worker is lost is computed by another."""
    import distributed

    waiting, numbers = enumerate(parts), {}
    # As bytes, since the scheduler would unpickle arguments as well.
    what = pickle.dumps(function)

    def submit(count: int) -> list[Any]:
        new = []
        for number, part in islice(waiting, count):
            new.append(client.submit(_call, what, pickle.dumps(part), pure=False))
            numbers[new[-1]] = number
        return new

    first = submit(AHEAD * max(1, sum(client.nthreads().values())))
    running = distributed.as_completed(first, loop=client.loop)
    for future in running:
        result = _result(future)
        running.update(submit(1))
        yield numbers.pop(future), result


def _call(function: bytes, part: bytes) -> Any:
    return pickle.loads(function)(pickle.loads(part))


def _result(future: Any) -> Any:
    from distributed.comm.core import CommClosedError
    from distributed.scheduler import KilledWorker

    try:
        return future.result()
    except KilledWorker as error:
        got = "several lost at the same part"
        wanted = "workers that stay alive; often they lack memory"
        raise InputError(f"workers: got {got}, wanted {wanted}") from error
    except (CancelledError, CommClosedError) as error:
        got = "one that was lost during the work"
        raise InputError(f"scheduler: got {got}, wanted one that stays") from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keeps Dask from logging every connection that is lost."""
    import distributed  # noqa: F401 -- it sets the levels

    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
