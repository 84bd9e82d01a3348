"""Results of epochs as they come: lines of progress, a table, TensorBoard events."""

import contextlib
import importlib
import shutil
import statistics
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from scbch_jax.cli import console
from scbch_jax.extras import require_packages
from scbch_jax.report.tables import as_markdown, percent
from scbch_jax.results import EpochResult, summarize


class TrainingProgress:
    """The best MAP and the time left, from the results so far."""

    def __init__(self, epochs: int) -> None:
        """Starts before the first of so many epochs, of all runs together."""
        self._left = epochs
        self._seconds: list[float] = []
        self._best: EpochResult | None = None

    def add(self, result: EpochResult) -> None:
        """Takes the result of an epoch into account."""
        self._left -= 1
        self._seconds.append(result.seconds or 0.0)
        if result.retrieval and result.retrieval.average > self._best_average:
            self._best = result

    @property
    def best(self) -> str:
        """The best average MAP so far, and its epoch; empty before there is one."""
        if self._best is None:
            return ""
        return f"best MAP {percent(self._best_average)} (epoch {self._best.epoch})"

    @property
    def time_left(self) -> str:
        """Minutes and seconds left, by the median time of an epoch.

        The first epoch compiles, so that it alone gives an upper bound.
        """
        if not self._seconds:
            return ""
        bound = "at most " if len(self._seconds) == 1 else ""
        pace = statistics.median(self._seconds[1:] or self._seconds)
        minutes, seconds = divmod(round(self._left * pace), 60)
        return f"{bound}{minutes}:{seconds:02d} left"

    @property
    def _best_average(self) -> float:
        retrieval = self._best.retrieval if self._best else None
        return retrieval.average if retrieval else -1.0


@contextlib.contextmanager
def training_progress(
    title: str, *, epochs: int
) -> Iterator[Callable[[EpochResult], None]]:
    """Prints a line for each epoch; on a terminal, a bar below them.

    Args:
        title: what is trained.
        epochs: of all runs together.

    Yields:
        A function to call with each result.
    """
    from scbch_jax import sharding

    state = TrainingProgress(epochs)

    def print_line(result: EpochResult) -> None:
        state.add(result)
        parts = [title, describe(result), state.best, state.time_left]
        console.log("  ".join(filter(None, parts)))

    if not sharding.is_main_process():
        yield lambda result: None
    elif sys.stderr.isatty():
        with _bar(title, epochs, state) as on_epoch:
            yield on_epoch
    else:
        yield print_line


def describe(result: EpochResult) -> str:
    """The result of an epoch in one line; what a method lacks is left out."""
    terms = {name: value for name, value in result.losses.items() if name != "total"}
    parts = [f"seed {result.seed}  epoch {result.epoch:3d}"]
    loss = f"loss {_number(result.losses.get('total'), 4)}"
    if terms:
        named = ", ".join(f"{name} {_number(x, 3)}" for name, x in terms.items())
        loss += f" (unweighted terms: {named})"
    parts.append(loss)
    if result.confidence:
        means = {rows: getattr(result.confidence, rows) for rows in ("clean", "noisy")}
        known = [f"{rows} {x:.2f}" for rows, x in means.items() if x is not None]
        parts.append(f"confidence {', '.join(known)}")
    if result.retrieval:
        i2t, t2i = percent(result.retrieval.i2t), percent(result.retrieval.t2i)
        parts.append(f"MAP I2T {i2t} T2I {t2i}")
    if result.held_out:
        parts.append(f"held-out MAP {percent(result.held_out.average)}")
    return "  ".join([*parts, f"{result.seconds or 0.0:.1f} s"])


def results_table(results: Iterable[EpochResult], seeds: Sequence[int]) -> str:
    """The table of the chosen epochs of each seed, and of their means."""
    results = list(results)
    chosen: dict[str, list[EpochResult]] = {}
    rows = []
    for seed in seeds:
        for which, result in summarize(results, seed)._asdict().items():
            if result is not None:
                chosen.setdefault(which, []).append(result)
                rows.append(_row(f"seed {seed}, {which} epoch", [result]))
    if len(seeds) > 1:
        rows += [_row(f"mean, {which} epoch", found) for which, found in chosen.items()]
    header = ["run", "epoch", "MAP I2T %", "MAP T2I %", "MAP average %", "ROC AUC"]
    selected = _SELECTED if "selected" in chosen else ""
    notes = f"{selected}{_FOOTNOTE}{_entries_note(chosen['last'])}"
    return f"{as_markdown(header, rows)}\n{notes}"


_SELECTED = """\
selected epoch: the one with the best average MAP of held-out training rows
"""

_FOOTNOTE = """\
best epoch: the one with the best average MAP on the test queries, as is common in
the literature; ROC AUC: of the confidence in training rows, clean against noisy rows"""


_ENTRIES = """
ROC AUC of posteriors, right against wrong entries of the labels: {area:.3f}"""


_EXPECTED = """
by the posteriors, {wrong} % of the given labels are wrong, and {missing} % of the
others are missing"""


def _entries_note(results: Iterable[EpochResult]) -> str:
    known = [r.confidence for r in results if r.confidence]
    area = _mean([x.entries_roc_auc for x in known])
    wrong = _mean([x.expected_wrong for x in known])
    missing = _mean([x.expected_missing for x in known])
    note = "" if area is None else _ENTRIES.format(area=area)
    if wrong is not None:
        note += _EXPECTED.format(wrong=percent(wrong), missing=percent(missing))
    return note


def _row(name: str, results: list[EpochResult]) -> list[str]:
    scores = [r.retrieval for r in results if r.retrieval]
    means = [_mean([getattr(s, f) for s in scores]) for f in ("i2t", "t2i", "average")]
    roc_auc = _mean([r.confidence.roc_auc for r in results if r.confidence])
    epoch = str(results[0].epoch) if len(results) == 1 else "-"
    return [name, epoch, *map(percent, means), _number(roc_auc, 3)]


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None and value == value]
    return sum(known) / len(known) if known else None


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


@contextlib.contextmanager
def _bar(
    title: str, epochs: int, state: TrainingProgress
) -> Iterator[Callable[[EpochResult], None]]:
    # Imported here: only terminals need it.
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    terminal = Console(stderr=True, soft_wrap=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TextColumn("{task.fields[now]}"), console=terminal) as bar:
        task = bar.add_task(title, total=epochs, now="")

        def on_epoch(result: EpochResult) -> None:
            state.add(result)
            terminal.print(describe(result))
            now = "  ".join(filter(None, (state.best, state.time_left)))
            bar.update(task, advance=1, now=now)

        yield on_epoch


PACKAGE = "tensorboardX"


@contextlib.contextmanager
def event_writer(
    kind: Literal["none", "tensorboard"], folder: Path
) -> Iterator[Callable[[EpochResult], None]]:
    """Writes TensorBoard events of a run to FOLDER/tensorboard, if asked to.

    A run that is continued gives its old results again, so older events are replaced.

    Args:
        kind: whether to write.
        folder: of the run; nothing is written before its first result.

    Yields:
        A function to call with each result.

    Raises:
        InputError: if the package that writes events is not installed.
    """
    from scbch_jax import sharding

    if kind == "none" or not sharding.is_main_process():
        yield lambda result: None
        return
    require_packages("train --log tensorboard", PACKAGE)
    writers: dict[int, Any] = {}

    def on_epoch(result: EpochResult) -> None:
        seed = result.seed
        if seed not in writers:
            writers[seed] = _writer(folder / "tensorboard" / f"seed-{seed}")
        for tag, value in scalars(result).items():
            writers[seed].add_scalar(tag, value, result.epoch)

    try:
        yield on_epoch
    finally:
        for writer in writers.values():
            writer.close()


def scalars(result: EpochResult) -> dict[str, float]:
    """The numbers of a result by TensorBoard's tags; unknown ones are left out.

    >>> scalars(EpochResult(0, 1, {"total": 2.0}, seconds=0.1))
    {'loss/total': 2.0, 'time/seconds': 0.1}
    """
    groups = {
        "loss": result.losses,
        "MAP": result.retrieval._asdict() if result.retrieval else {},
        "confidence": result.confidence._asdict() if result.confidence else {},
        "time": {"seconds": result.seconds},
    }
    values = {
        f"{group}/{name}": value
        for group, values in groups.items()
        for name, value in values.items()
    }
    return {tag: x for tag, x in values.items() if x is not None and x == x}


def _writer(folder: Path) -> Any:
    shutil.rmtree(folder, ignore_errors=True)
    return importlib.import_module(PACKAGE).SummaryWriter(str(folder))
