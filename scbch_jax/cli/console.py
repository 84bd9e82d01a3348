"""What a person sees while a run goes on, and after it."""

import contextlib
import sys
from collections.abc import Callable, Iterator

import numpy as np

from scbch_jax.io import Record
from scbch_jax.report import as_markdown, percent
from scbch_jax.runs.driver import summary


def say(text: str, *, aside: bool = False) -> None:
    """Prints to standard output, or to standard error what is said aside."""
    stream = sys.stderr if aside else sys.stdout
    print(text, file=stream, flush=True)  # noqa: T201 -- the one place that prints


@contextlib.contextmanager
def counted(title: str, *, total: int) -> Iterator[Callable[[int], None]]:
    """How much of something is done: a bar on a terminal, a line a tenth elsewhere.

    Args:
        title: what is counted.
        total: how many there are.

    Yields:
        A function to tell how many more are done.
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
                say(f"{title}  {done} of {total}", aside=True)

        yield advance


def results(lines: list[Record], seeds: tuple[int, ...]) -> str:
    """A table of last and best epoch of each seed, and their mean."""
    found = [summary(lines, seed) for seed in seeds]
    rows = [
        _row(f"seed {s['seed']}, {which} epoch", [s[which]])
        for s in found
        for which in ("last", "best")
    ]
    if len(found) > 1:
        rows += [
            _row(f"mean, {which} epoch", [s[which] for s in found])
            for which in ("last", "best")
        ]
    table = as_markdown(
        ["MAP in percent", "epoch", "I2T", "T2I", "average", "ROC"], rows
    )
    return f"{table}\n{_FOOTNOTE}"


_FOOTNOTE = """\
best epoch: chosen on the test queries themselves, as the field reports it
ROC: area under the curve of confidence, clean rows against noisy ones"""


def _row(name: str, lines: list[Record]) -> list[str]:
    epoch = str(lines[0]["epoch"]) if len(lines) == 1 else "-"
    means = {
        key: _mean([line[key] for line in lines]) for key in ("i2t", "t2i", "average")
    }
    trust = _mean([line.get("confidence_roc") for line in lines])
    return [
        name,
        epoch,
        *(percent(mean) for mean in means.values()),
        "-" if trust is None else f"{trust:.3f}",
    ]


def _mean(values: list[float | None]) -> float | None:
    known = [v for v in values if v is not None and v == v]
    return float(np.mean(known)) if known else None
