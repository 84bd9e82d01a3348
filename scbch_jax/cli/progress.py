"""What a person sees while runs go on: epoch, losses, MAP so far, time left."""

import contextlib
import functools
import itertools
import statistics
import sys
from collections.abc import Iterator

from scbch_jax import sharding
from scbch_jax.cli import console
from scbch_jax.io import Record
from scbch_jax.report import percent
from scbch_jax.runs.driver import OnEpoch


class Board:
    """What the result lines so far say together."""

    def __init__(self, epochs: int) -> None:
        """Starts before the first of so many epochs, of all runs together."""
        self._left = epochs
        self._seconds: list[float] = []
        self._best: Record | None = None

    def take(self, line: Record) -> None:
        """Takes a result line in."""
        self._left -= 1
        self._seconds.append(line["seconds"])
        best = self._best or {"average": -1.0}
        if line.get("average", -1.0) > best["average"]:
            self._best = line

    @property
    def best(self) -> str:
        """The best average MAP so far, and its epoch."""
        if self._best is None:
            return ""
        return (
            f"best MAP {percent(self._best['average'])} (epoch {self._best['epoch']})"
        )

    @property
    def left(self) -> str:
        """Time left, in minutes and seconds, at the usual pace so far.

        The first epoch compiles, so it tells a bound only.
        """
        if not self._seconds:
            return ""
        bound = "at most " if len(self._seconds) == 1 else ""
        pace = statistics.median(self._seconds[1:] or self._seconds)
        minutes, seconds = divmod(round(self._left * pace), 60)
        return f"{bound}{minutes}:{seconds:02d} left"


@contextlib.contextmanager
def progress(title: str, *, epochs: int) -> Iterator[OnEpoch]:
    """A line for each epoch; on a terminal, a bar below them.

    Args:
        title: what is trained.
        epochs: of all runs together.

    Yields:
        A function to hand each result line to.
    """
    board = Board(epochs)
    if not sharding.is_main_process():
        yield lambda line: None
    elif sys.stderr.isatty():
        with _bar(title, epochs, board) as on_epoch:
            yield on_epoch
    else:
        yield functools.partial(_print_line, title, board)


def words(line: Record) -> str:
    """One result line in words, parts that a method lacks left out."""
    said = [f"seed {line['seed']}  epoch {line['epoch']:3d}  {_losses(line)}"]
    for rows in ("clean", "noisy"):
        trust = line.get(f"confidence_{rows}")
        said += [f"{rows} rows {trust:.2f}"] if trust is not None else []
    if "average" in line:
        said.append(f"MAP I2T {percent(line['i2t'])} T2I {percent(line['t2i'])}")
    return "  ".join([*said, f"{line['seconds']:.1f} s"])


def losses(line: Record) -> Record:
    """The losses of a result line by name, total and parts."""
    names = list(line)[2:]
    return {
        name: line[name]
        for name in itertools.takewhile(lambda n: n not in _AFTER_LOSSES, names)
    }


_AFTER_LOSSES = ("confidence_clean", "i2t", "seconds")
"""Keys of a result line that follow its seed, its epoch and its losses."""


def _print_line(title: str, board: Board, line: Record) -> None:
    board.take(line)
    said = [title, words(line), board.best, board.left]
    console.say("  ".join(part for part in said if part), aside=True)


def _losses(line: Record) -> str:
    parts = losses(line)
    total = parts.pop("total")
    named = ", ".join(f"{name} {value:.3f}" for name, value in parts.items())
    return f"loss {total:.4f}" + (f" ({named})" if named else "")


@contextlib.contextmanager
def _bar(title: str, epochs: int, board: Board) -> Iterator[OnEpoch]:
    # Imported here: only terminals need it.
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True, soft_wrap=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TextColumn("{task.fields[said]}"), console=console) as bar:
        task = bar.add_task(title, total=epochs, said="")

        def on_epoch(line: Record) -> None:
            board.take(line)
            console.print(words(line))
            said = "  ".join(part for part in (board.best, board.left) if part)
            bar.update(task, advance=1, said=said)

        yield on_epoch
