"""Trained runs as a report reads them: options, provenance, and results by epoch."""

import statistics
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from scbch_jax import io, results
from scbch_jax.config.experiment_file import translate
from scbch_jax.errors import require
from scbch_jax.io import Record
from scbch_jax.results import EpochResult

Which = Literal["last", "best", "selected"]
"""The last scored epoch; the best one, chosen on the test queries; or the one that is
best on held-out training rows."""


class Run(NamedTuple):
    """One seed of a training run; without results if it has not begun."""

    path: Path
    """Folder of the run, as the user named it."""
    seed: int
    options: Record
    """Every option by its name."""
    provenance: Record
    """Data, files, versions and device; empty for a run that has not begun."""
    results: list[EpochResult]
    """Results of its epochs so far."""

    @property
    def seed_folder(self) -> Path:
        """Folder of the seed."""
        return self.path / f"seed-{self.seed}"

    @property
    def scored(self) -> list[EpochResult]:
        """Results of the epochs whose retrieval was scored."""
        return [result for result in self.results if average_map(result) is not None]

    @property
    def finished(self) -> bool:
        """Whether the last epoch is there and scored."""
        return bool(self.scored) and (
            self.scored[-1].epoch == self.options["training.epochs"]
        )

    @property
    def holds_out(self) -> bool:
        """Whether training rows were held out, on which an epoch is selected."""
        return any(result.held_out for result in self.scored)

    def result(self, which: Which) -> EpochResult | None:
        """The result of a chosen epoch; None if none was scored on what chooses it."""
        if not self.scored:
            return None
        return getattr(results.summarize(self.results, self.seed), which)


def average_map(result: EpochResult) -> float | None:
    """Average MAP of both directions; None if the epoch was not scored."""
    return None if result.retrieval is None else result.retrieval.average


def training_seconds(runs: Iterable[Run]) -> float:
    """Seconds of all epochs together."""
    return sum(result.seconds or 0.0 for run in runs for result in run.results)


def read_runs(paths: Sequence[Path]) -> list[Run]:
    """Reads every seed of the runs in these folders; repetitions are ignored.

    Args:
        paths: folders written by train or sweep, or folders of such runs.

    Raises:
        InputError: for a folder without a run, or files that cannot be read.
    """
    require(bool(paths), "source", "nothing", "the folder of a run or of a sweep")
    found: dict[tuple[Path, int], Run] = {}
    for path in paths:
        require(path.is_dir(), "source", path, "a folder that exists")
        for run in _read_sweep(path) if _sweep_words(path) else _read_folder(path):
            found.setdefault((run.path.resolve(), run.seed), run)
    got = ", ".join(map(str, paths)) + " without any"
    require(bool(found), "source", got, "at least one run")
    return list(found.values())


def group_by_setting(runs: Iterable[Run]) -> list[list[Run]]:
    """Groups runs that differ only in their seed, in order of appearance."""
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        kept = {k: v for k, v in run.options.items() if k not in _NO_SETTING}
        options, files = repr(sorted(kept.items())), repr(run.provenance.get("files"))
        if not run.provenance:
            # A run that has not begun belongs to the runs of the same options, if any.
            same = (known for wanted, known in groups if wanted == options)
            files = next(same, files)
        groups.setdefault((options, files), []).append(run)
    return list(groups.values())


def mean_and_std(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean and sample standard deviation; None instead of it for a single value.

    >>> mean_and_std([0.5, 0.75])
    (0.625, 0.1767766952966369)
    """
    std = statistics.stdev(values) if len(values) > 1 else None
    return statistics.fmean(values), std


_NO_SETTING = ("seeds", "data.root", "training.save_every")
"""Options that are not part of a setting."""

_OPTIONS: dict[str, type | tuple[type, ...]] = {
    "seeds": list,
    "bits": int,
    "training.epochs": int,
    "data.name": str,
    "noise.kind": str,
    "noise.rate": (int, float),
}
"""Options that every run has, and their types."""

_PROVENANCE = {
    "files": dict,
    "versions": dict,
    "sizes": dict,
    "extra_terms": list,
    "features": str,
}


def _read_folder(path: Path) -> Iterator[Run]:
    inside = sorted(file.parent for file in path.glob("*/experiment.json"))
    alone = (path / "experiment.json").is_file() or not inside
    for run in [path] if alone else inside:
        yield from _read_run(run)


def _read_run(path: Path) -> Iterator[Run]:
    for name in ("experiment.json", "run.json"):
        wanted = "the folder of a run or of a sweep"
        require((path / name).is_file(), "source", path, wanted)
    options = translate(io.read_object(path / "experiment.json", "source"))
    provenance = io.read_object(path / "run.json", "source")
    for name, kind in _OPTIONS.items():
        got = f"{path / 'experiment.json'} without {name}, or with an invalid one"
        require(isinstance(options.get(name), kind), "source", got, "a run's options")
    for name, kind in _PROVENANCE.items():
        got = f"{path / 'run.json'} with an invalid {name}"
        ok = isinstance(provenance.get(name) or kind(), kind)
        require(ok, "source", got, "a file that train wrote")
    for seed in options["seeds"]:
        lines = results.read_results(path / f"seed-{seed}" / "results.jsonl")
        yield Run(path, seed, options, provenance, lines)


def _sweep_words(path: Path) -> tuple[str, str] | None:
    """How a sweep names its folder of runs and a run; None for another folder.

    Sweeps of earlier versions have cells.
    """
    known = (("runs", "run"), ("cells", "cell"))
    return next((pair for pair in known if (path / pair[0]).is_dir()), None)


def _read_sweep(path: Path) -> Iterator[Run]:
    """Its runs in the sweep's own order, with those that have not begun."""
    folder, key = _sweep_words(path) or ("runs", "run")
    known = {line.get(key): line for line in io.read_jsonl(path / f"{folder}.jsonl")}
    there = sorted(p.name for p in (path / folder).iterdir() if p.is_dir())
    for name in dict.fromkeys([*known, *there]):
        run = path / folder / str(name)
        if (run / "experiment.json").is_file() and (run / "run.json").is_file():
            yield from _read_run(run)
        elif name in known:
            options: Record = known[name].get("options") or {}
            got = f"{path / folder}.jsonl with a damaged line"
            fits = isinstance(options, dict) and bool(options.get("seeds"))
            require(fits, "source", got, "lines that sweep wrote")
            yield Run(run, options["seeds"][0], translate(options), {}, [])
