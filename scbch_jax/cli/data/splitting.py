"""Options of a split by name, for the commands that write a store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from scbch_jax.config.constraints import at_least

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np

    from scbch_jax.data.importing import AlignedDataset, SplitDataset


@dataclass(frozen=True, kw_only=True)
class SplitOptions:
    """Which rows are queries, training set and database."""

    split: Literal["auto", "file", "scbch", "ucch", "dchmt", "mith", "random"] = "auto"
    """file: as in the files; scbch: queries first, then the database, whose first rows
    are the training set; ucch: queries last, all other rows are database and training
    set; dchmt, mith: as scbch, after permuting the rows as in that code; random:
    drawn by the seed; auto: file if the files have a split, else scbch."""
    queries: Annotated[int, at_least(0)] = 0
    """Size of the query set; 0 for the published size."""
    train: Annotated[int, at_least(0)] = 0
    """Size of the training set; 0 for the published size."""
    seed: Annotated[int, at_least(0)] = 0
    """Seed of a random split."""


def split_by_name(options: SplitOptions, dataset: AlignedDataset) -> SplitDataset:
    """Splits a dataset as the options say."""
    from scbch_jax.data import importing

    auto = options.split == "auto"
    name = importing.default_split(dataset) if auto else options.split
    sizes = {"queries": options.queries, "train": options.train}
    return importing.split_by_name(dataset, name, **sizes, seed=options.seed)


def span(rows: np.ndarray) -> str:
    """The first and the last of some row numbers, where these are consecutive."""
    consecutive = bool((rows[1:] - rows[:-1] == 1).all())
    return f"{rows[0]} to {rows[-1]}" if consecutive else "not consecutive"


def next_steps(out: Path, widths: Sequence[int], root: Path | None = None) -> list[str]:
    """How to train on a store, or to compute the features that it lacks.

    Args:
        out: the store.
        widths: columns of its features of images and texts.
        root: folder of the pictures, if it is known.
    """
    lacks = [m for m, n in zip(("image", "text"), widths, strict=False) if not n]
    commands = {
        "image": f"features images {out} --root {root or 'PICTURES'}",
        "text": f"features texts {out}",
    }
    add = (lambda m: f"--{m} {m}.npz") if root else (lambda m: f"the file {m}.npz")
    return [
        f"no {m} features: scbch {commands[m]} --out {m}.npz, then this command again "
        f"with {add(m)} and another --out"
        for m in lacks
    ] or [training_hint(out)]


def training_hint(store: Path) -> str:
    """How to train on a store, also where its labels are partly wrong."""
    command = f"scbch train --data.name store --data.root {store}"
    return f"train on it: {command}; with --method robust if labels may be wrong"
