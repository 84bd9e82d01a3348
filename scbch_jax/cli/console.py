"""What commands share: output and its files, progress, and the signal to stop.

Results go to standard output, progress and warnings to standard error. Cluster managers
send SIGTERM some time before they kill a process.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from scbch_jax import extras
from scbch_jax.errors import InputError
from scbch_jax.io import reason, require_writable


def output(text: str) -> None:
    """Prints a result to standard output."""
    _print(text, sys.stdout, "standard output")


def counted(number: int, noun: str) -> str:
    """A number with its noun, which takes an s unless there is one.

    >>> counted(1, "row"), counted(20, "row")
    ('1 row', '20 rows')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def log(text: str) -> None:
    """Prints progress or a warning to standard error."""
    _print(text, sys.stderr, "standard error")


def require_targets(command: str, json: Path | None, figure: Path | None) -> None:
    """Checks the files of results, JSON lines and a figure, before any work is done.

    Raises:
        InputError: if a file cannot be written, or matplotlib is missing for a figure.
    """
    if json:
        require_writable("json", json)
    if figure:
        require_writable("figure", figure, ".png", ".svg")
        extras.require_packages(f"{command} --figure", "matplotlib")


@contextlib.contextmanager
def progress_bar(title: str, *, total: int) -> Iterator[Callable[[int], None]]:
    """Shows how much is done: a bar on a terminal, a line for each tenth elsewhere.

    Args:
        title: what is counted.
        total: how many there are.

    Yields:
        A function to call with the number of those newly done.
    """
    done = 0
    with contextlib.ExitStack() as stack:
        bar = task = None
        if sys.stderr.isatty():
            # Imported here: only terminals need it.
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                Progress,
                TextColumn,
                TimeRemainingColumn,
            )

            columns = (TextColumn("{task.description}"), BarColumn())
            columns += (MofNCompleteColumn(), TimeRemainingColumn())
            console = Console(stderr=True)
            bar = stack.enter_context(Progress(*columns, console=console))
            task = bar.add_task(title, total=total)

        def advance(more: int) -> None:
            nonlocal done
            before, done = done, done + more
            if bar is not None and task is not None:
                bar.update(task, advance=more)
            elif 10 * done // total > 10 * before // total:
                log(f"{title}  {done} of {total}")

        yield advance


def _print(text: str, stream: Any, name: str) -> None:
    try:
        print(text, file=stream, flush=True)  # noqa: T201 -- the one place that prints
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputError(f"cannot write {name}: {reason(error)}") from error


@contextlib.contextmanager
def stop_requested() -> Iterator[Callable[[], bool]]:
    """Notes SIGTERM instead of ending the process, so that work can be saved first.

    Yields:
        A function that returns whether the signal was received.
    """
    received = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield received.is_set  # Python handles signals in the main thread only.
        return

    def handle(*_: object) -> None:
        received.set()
        # Written past Python's buffers, which the signal may have interrupted.
        with contextlib.suppress(OSError):
            os.write(2, b"scbch: received SIGTERM; saving, then stopping\n")

    before = signal.signal(signal.SIGTERM, handle)
    try:
        yield received.is_set
    finally:
        signal.signal(signal.SIGTERM, before)
