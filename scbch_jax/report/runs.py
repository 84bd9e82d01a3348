"""Trained runs as a report sees them: what was asked for, and every result line."""

import json
import statistics
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from scbch_jax import io
from scbch_jax.errors import InputError, require
from scbch_jax.io import Record


class Run(NamedTuple):
    """One seed of a trained run, or a cell of a sweep that did not come so far."""

    path: Path
    """Folder of the run, as it was named."""
    seed: int
    options: Record
    """Every option by its name."""
    about: Record
    """Data, files, versions and device; empty where nothing was run."""
    lines: list[Record]
    """Result lines so far."""

    @property
    def part(self) -> Path:
        """Folder of the seed."""
        return self.path / f"seed-{self.seed}"

    @property
    def scored(self) -> list[Record]:
        """Result lines of the epochs that were scored."""
        return [line for line in self.lines if line.get("average") is not None]

    @property
    def finished(self) -> bool:
        """Whether its last epoch is among the lines."""
        return bool(self.scored) and (
            self.scored[-1]["epoch"] == self.options["training.epochs"]
        )

    def line(self, which: str) -> Record:
        """The "last" scored line, or the "best", which the test queries chose."""
        if which == "last":
            return self.scored[-1]
        return max(self.scored, key=lambda line: line["average"])


def read_runs(paths: Sequence[Path]) -> list[Run]:
    """Every seed of the runs in these folders; a folder named twice counts once.

    Args:
        paths: folders that train or sweep wrote, or that hold such of train.

    Raises:
        InputError: for a folder that holds neither, or whose files cannot be read.
    """
    require(bool(paths), "source", "nothing", "the folder of a run or of a sweep")
    found: dict[tuple[Path, int], Run] = {}
    for path in paths:
        require(path.is_dir(), "source", path, "a folder that exists")
        for run in _of_sweep(path) if (path / "cells").is_dir() else _of_runs(path):
            found.setdefault((run.path.resolve(), run.seed), run)
    got = ", ".join(map(str, paths)) + " without any"
    require(bool(found), "source", got, "at least one run")
    return list(found.values())


def of_one_setting(runs: Iterable[Run]) -> list[list[Run]]:
    """Runs that differ in their seed alone, together; in order of appearance."""
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        apart = {k: v for k, v in run.options.items() if k not in _NO_SETTING}
        options, files = repr(sorted(apart.items())), repr(run.about.get("files"))
        if not run.about:
            # Nothing was run, so its files are those of the others, if there are any.
            alike = (known for wanted, known in groups if wanted == options)
            files = next(alike, files)
        groups.setdefault((options, files), []).append(run)
    return list(groups.values())


_NO_SETTING = ("seeds", "data.root", "training.save_every")
"""Options that change no numbers but those of the seeds."""


def mean_and_spread(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean, and the standard deviation where there are several.

    >>> mean_and_spread([0.5, 0.75])
    (0.625, 0.1767766952966369)
    """
    spread = statistics.stdev(values) if len(values) > 1 else None
    return statistics.fmean(values), spread


def _of_runs(path: Path) -> Iterator[Run]:
    inside = sorted(file.parent for file in path.glob("*/experiment.json"))
    alone = (path / "experiment.json").is_file() or not inside
    for run in [path] if alone else inside:
        yield from _of_run(run)


def _of_run(path: Path) -> Iterator[Run]:
    for name in ("experiment.json", "run.json"):
        wanted = "the folder of a run or of a sweep"
        require((path / name).is_file(), "source", path, wanted)
    options, about = (_read_json(path / f"{n}.json") for n in ("experiment", "run"))
    for name in ("seeds", "bits", "training.epochs"):
        got = f"{path / 'experiment.json'} without {name}"
        require(name in options, "source", got, "the options of a run")
    for seed in options["seeds"]:
        lines = io.read_jsonl(path / f"seed-{seed}" / "results.jsonl")
        yield Run(path, seed, options, about, lines)


def _of_sweep(path: Path) -> Iterator[Run]:
    """Its cells in the sweep's own order, those that did not run included."""
    known = {line["cell"]: line for line in io.read_jsonl(path / "cells.jsonl")}
    there = sorted(p.name for p in (path / "cells").iterdir() if p.is_dir())
    for name in dict.fromkeys([*known, *there]):
        cell = path / "cells" / name
        if (cell / "experiment.json").is_file() and (cell / "run.json").is_file():
            yield from _of_run(cell)
        elif name in known:
            options = known[name]["options"]
            yield Run(cell, options["seeds"][0], options, {}, [])


def _read_json(path: Path) -> Record:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"source: got {path} ({error}), wanted JSON") from error
    require(isinstance(content, dict), "source", path, "a JSON object")
    return content
