"""`scbch sweep`: many runs, going on where they were, and their table."""

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from scbch_jax import report, sweeps
from scbch_jax.cli import console, signals
from scbch_jax.cli.options.run_commands import Sweep
from scbch_jax.errors import InputError
from scbch_jax.io import Record
from scbch_jax.report import percent
from scbch_jax.sweeps import Board, Cell, Manner, Outcome

SECONDS_OF_SILENCE = 30.0
"""After these, a line is said where there is no terminal."""


def main(options: Sweep) -> int:
    """Runs what is not finished; 1 if a cell failed."""
    cells = sweeps.cells_of(options.experiments, only=options.only)
    out = options.out or Path("runs") / "sweeps" / options.name
    manner = Manner(options.way, options.lanes, options.drop_states)
    board = Board(cells)
    with (
        sweeps.open_folder(out) as folder,
        signals.asked_to_end() as stop,
        _screen() as screen,
    ):
        sweeps.run(cells, folder, _Watcher(board, out, screen), manner, stop=stop)
        board.write(out)
        write_page(out)
    console.say("\n\n".join(board.table(which) for which in ("last", "best")))
    console.say(f"results: {out}")
    for outcome in board.failed:
        console.say(f"failed: {outcome.cell.name}: {outcome.reason}", aside=True)
    return 1 if board.failed else 0


class _Watcher:
    """Keeps the board, its files and the screen up to date."""

    def __init__(self, board: Board, out: Path, screen: Live | None) -> None:
        self._board, self._out, self._screen = board, out, screen
        self._said = time.monotonic()

    def line(self, cell: Cell, line: Record) -> None:
        self._board.line(cell, line)
        self._show(cell.name, line["epoch"], cell.experiment.training.epochs)

    def outcome(self, outcome: Outcome) -> None:
        self._board.put(outcome)
        self._board.write(self._out)
        write_page(self._out)
        self.note(f"{self._progress()}  {outcome.cell.name}  {_words(outcome)}")

    def note(self, text: str) -> None:
        if self._screen is None:
            console.say(text, aside=True)
            self._said = time.monotonic()
        else:
            self._screen.console.print(text)

    def _show(self, name: str, epoch: int, epochs: int) -> None:
        state = f"{self._progress()}  {name}  epoch {epoch} of {epochs}"
        if self._screen is None:
            if time.monotonic() - self._said > SECONDS_OF_SILENCE:
                self.note(state)
        else:
            table = Text(self._board.table("last"), no_wrap=True)
            self._screen.update(Group(table, Text(state)))

    def _progress(self) -> str:
        board, left = self._board, self._board.seconds_left()
        words = f"{board.done} of {len(board.outcomes)}"
        return words if left is None else f"{words}, {_time(left)} left"


@contextlib.contextmanager
def _screen() -> Iterator[Live | None]:
    """The table on a terminal; nothing where standard error is none."""
    if not sys.stderr.isatty():
        yield None
        return
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    with Live(console=console, refresh_per_second=4, transient=True) as live:
        yield live


def write_page(out: Path) -> None:
    """The page of what is there so far: its tables, which take no time."""
    try:
        report.write(report.read_runs([out]), out / "report", figures=False)
    except InputError as error:
        # No reason to call a run failed that is finished.
        console.say(f"no page: {error}", aside=True)


def _words(outcome: Outcome) -> str:
    if outcome.found is None:
        return f"failed: {outcome.reason}"
    last, best = outcome.found["last"], outcome.found["best"]
    ways = " ".join(f"{w.upper()} {percent(last[w])}" for w in ("i2t", "t2i"))
    return f"MAP {ways}, best average {percent(best['average'])}"


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"
