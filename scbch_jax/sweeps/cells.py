"""Cells: experiments of one seed each, by names that last."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from scbch_jax.config import Experiment, experiment_file
from scbch_jax.errors import require
from scbch_jax.io import Record


class Cell(NamedTuple):
    """One run of a sweep."""

    name: str
    """Of its folder; decided by its options alone, so it finds its results again."""
    experiment: Experiment
    """With one seed."""

    @property
    def seed(self) -> int:
        """The seed of the run."""
        return self.experiment.seeds[0]


class Outcome(NamedTuple):
    """How far a cell is."""

    cell: Cell
    found: Record | None = None
    """Last and best result line of a finished cell."""
    reason: str = ""
    """Why it failed."""


def cells_of(
    experiments: Iterable[Experiment], *, only: Sequence[str] = ()
) -> list[Cell]:
    """Splits experiments by seeds, and leaves out what came before.

    Args:
        experiments: of a sweep.
        only: words that must all stand in a cell's name.

    Raises:
        InputError: if no cell is left.
    """
    parts = (
        dataclasses.replace(experiment, seeds=(seed,))
        for experiment in experiments
        for seed in experiment.seeds
    )
    cells = {name: Cell(name, part) for part in parts for name in [name_of(part)]}
    kept = [c for c in cells.values() if all(word in c.name for word in only)]
    example = next(iter(cells), "none")
    require(bool(kept), "only", " ".join(only), f"words of names such as {example}")
    return kept


def name_of(experiment: Experiment) -> str:
    """Data, method, noise, bits, what is left out, seed, and the digest of all options.

    >>> name_of(Experiment()).removesuffix(experiment_file.digest(Experiment()))
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
        experiment_file.digest(experiment),
    ]
    return "-".join(words)
