"""The runs of a sweep: experiments of one seed each, with names that last."""

import dataclasses
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from scbch_jax import runs
from scbch_jax.config import Experiment
from scbch_jax.errors import InputError, require
from scbch_jax.results import Summary


class SweepRun(NamedTuple):
    """One run of a sweep."""

    name: str
    """Of its folder; made of its options alone, so that it finds its results again."""
    experiment: Experiment
    """With one seed."""

    @property
    def seed(self) -> int:
        """The seed of the run."""
        return self.experiment.seeds[0]


class Outcome(NamedTuple):
    """The state of a run."""

    run: SweepRun
    summary: Summary | None = None
    """Of a finished run."""
    reason: str = ""
    """Why it failed."""


def runs_of(
    experiments: Iterable[Experiment], *, only: Sequence[str] = ()
) -> list[SweepRun]:
    """Splits experiments by seeds, and leaves out those that came before.

    Args:
        experiments: of a sweep.
        only: words that must all occur in a run's name.

    Raises:
        InputError: if no run is left.
    """
    parts = (
        dataclasses.replace(experiment, seeds=(seed,))
        for experiment in experiments
        for seed in experiment.seeds
    )
    named = {name: SweepRun(name, part) for part in parts for name in [name_of(part)]}
    kept = [run for run in named.values() if all(word in run.name for word in only)]
    example = next(iter(named), "none")
    require(bool(kept), "only", " ".join(only), f"words of names such as {example}")
    return kept


def name_of(experiment: Experiment) -> str:
    """Data, method, noise, bits, ablation and seed, then a digest of all options.

    >>> name_of(Experiment()).removesuffix(runs.digest(Experiment()))
    'planted-scbch-swap50-64bits-seed0-'
    """
    noise = experiment.noise
    rate = f"{100 * noise.rate:g}" if noise.kind != "none" else ""
    dropped = "+".join(getattr(experiment.options, "drop", ()))
    words = [
        experiment.data.name,
        experiment.method,
        f"{noise.kind}{rate}",
        f"{experiment.bits}bits",
        *([f"no-{dropped}"] if dropped else []),
        f"seed{experiment.seeds[0]}",
        runs.digest(experiment),
    ]
    return "-".join(words)


def failure_reason(error: Exception) -> str:
    """Why a run failed, in one line."""
    message = (str(error) or "no message").splitlines()[0]
    if isinstance(error, InputError):
        return message
    out_of_memory = re.search("RESOURCE_EXHAUSTED|[Oo]ut of memory", str(error))
    if out_of_memory or isinstance(error, MemoryError):
        return f"out of memory: {message}; try a smaller options.hidden or lanes"
    if isinstance(error, OSError):
        return f"files: {message}"
    return f"internal error: {type(error).__name__}: {message}"
