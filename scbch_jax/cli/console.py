"""Output of commands: results on standard output, progress on standard error."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

from scbch_jax.errors import InputError
from scbch_jax.io import reason


def output(text: str) -> None:
    """Prints a result to standard output."""
    _print(text, sys.stdout, "standard output")


def log(text: str) -> None:
    """Prints progress or a warning to standard error."""
    _print(text, sys.stderr, "standard error")


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
