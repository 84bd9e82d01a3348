"""What a run writes down beside its result lines, for figures: a file at a few epochs.

FOLDER/seed-S/traces/epoch-0001.npz holds, with the names of its arrays:

confidence            of every training row, where the method has it
agreement             beside it: cosine of each row's learnt-from and clean labels
rows, labels          some training rows, and their clean labels
image, text           their relaxed codes
depths, precision_WAY, recall_WAY        among the first items, after the last epoch
queries, query_labels                    some queries, after the last epoch
database_start                           how many queries there are
items_WAY, distances_WAY, labels_WAY     what they find first

WAY is i2t or t2i. The same seed gives the same bytes.
"""

import os
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from scbch_jax import retrieval, sharding, training
from scbch_jax.arrays import Params
from scbch_jax.config import Training
from scbch_jax.index import FlatIndex
from scbch_jax.methods import Recipe
from scbch_jax.training import Epoch
from scbch_jax.types import Split

ROWS = 16
"""Training rows whose codes are kept, as in the paper's Figure 5."""

QUERIES, NEAREST = 4, 6
"""Queries that are shown, and how many items each of them finds."""

Arrays = dict[str, Any]


@runtime_checkable
class Task(Protocol):
    """What is trained; `experiment.Task` is one."""

    @property
    def recipe(self) -> Recipe:
        """What was compiled."""
        ...

    @property
    def hparams(self) -> Any:
        """The method's numbers."""
        ...

    @property
    def train(self) -> Split:
        """With the labels that were learnt from."""
        ...

    @property
    def flips(self) -> Any:
        """Which entries of the labels were hit."""
        ...


def epochs_of(last: int) -> list[int]:
    """The first, those after a tenth, a quarter and half of them all, and the last.

    >>> epochs_of(50), epochs_of(2)
    ([1, 6, 13, 26, 50], [1, 2])
    """
    return sorted({1, *(last // share + 1 for share in (10, 4, 2) if last > 1), last})


def depths_of(items: int) -> Int[np.ndarray, " points"]:
    """Where a curve of so many items has points: close at first, up to all of them.

    >>> depths_of(5)
    array([1, 2, 3, 4, 5])
    """
    return np.unique(np.geomspace(1, items, 60).round().astype(int))


def keep(
    folder: Path | None,
    plan: Training,
    task: Task,
    epoch: Epoch,
    scored: tuple[Split, Split],
    *,
    seed: int,
) -> None:
    """Writes what there is to see after an epoch, if it is one of those that are kept.

    Args:
        folder: of the seed's traces; None for a process that computes and writes not.
        plan: how many epochs there are, and where the rows are.
        task: what is trained.
        epoch: what it left behind.
        scored: query set and database.
        seed: of the run; decides which rows and queries are shown.
    """
    if epoch.number not in epochs_of(plan.epochs):
        return
    rng = np.random.default_rng(seed)
    rows = _some(rng, len(task.train.labels), ROWS)
    queries = _some(rng, len(scored[0].labels), QUERIES)
    found = _confidence(task, epoch.run.state) | _codes(task, epoch.run.params, rows)
    if epoch.number == plan.epochs:
        found |= _ranking(plan, task, epoch.run.params, scored, queries)
    if folder is not None:
        _write(folder / f"epoch-{epoch.number:04d}.npz", found)


def _write(path: Path, arrays: Arrays) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".tmp")
    with fresh.open("wb") as file:
        np.savez_compressed(file, **arrays)
    os.replace(fresh, path)


def _some(rng: np.random.Generator, rows: int, wanted: int) -> Int[np.ndarray, " n"]:
    return np.sort(rng.choice(rows, size=min(wanted, rows), replace=False))


def _confidence(task: Task, state: Any) -> Arrays:
    confidence = getattr(state, "confidence", None)
    if confidence is None:
        return {}
    given, clean = np.array(sharding.to_host(task.train.labels)), _clean(task)
    lengths = np.linalg.norm(given, axis=1) * np.linalg.norm(clean, axis=1)
    agreement = (given * clean).sum(axis=1) / np.maximum(lengths, 1)
    return {"confidence": sharding.to_host(confidence), "agreement": agreement}


def _codes(task: Task, params: Params, rows: Int[np.ndarray, " n"]) -> Arrays:
    some = Split(*(part[rows] for part in task.train))
    codes = training.relax_split(params, task.hparams, some, recipe=task.recipe)
    image, text = sharding.to_host(codes)
    return {
        "rows": rows,
        "labels": _clean(task)[rows].astype(np.uint8),
        "image": image,
        "text": text,
    }


def _clean(task: Task) -> Float[np.ndarray, "samples classes"]:
    """The labels before noise."""
    labels = np.array(sharding.to_host(task.train.labels))
    labels[task.flips.rows, task.flips.classes] = ~task.flips.added
    return labels


def _ranking(
    plan: Training,
    task: Task,
    params: Params,
    scored: tuple[Split, Split],
    queries: Int[np.ndarray, " n"],
) -> Arrays:
    """Curves of all queries, and what some of them find."""
    streamed = plan.features == "stream"
    query, database = (
        training.codes_of(
            params, task.hparams, part, recipe=task.recipe, streamed=streamed
        )
        for part in scored
    )
    labels = np.asarray(database.labels, np.uint8)
    found = {
        "queries": queries,
        "database_start": np.int64(len(query.labels)),
        "query_labels": np.asarray(query.labels, np.uint8)[queries],
    }
    found["depths"] = depths_of(len(labels))
    for way, counts in retrieval.count_both_directions(query, database).items():
        curve = retrieval.precision_recall_at(counts, found["depths"])
        for name, values in zip(("precision", "recall"), curve, strict=True):
            means = [retrieval.mean_of(column) for column in values.T]
            found[f"{name}_{way}"] = np.array(means)
    sides = {"i2t": (query.image, database.text), "t2i": (query.text, database.image)}
    for way, (ours, theirs) in sides.items():
        index = FlatIndex(np.asarray(theirs))
        hits = index.search(np.asarray(ours)[queries], k=min(NEAREST, len(labels)))
        found[f"items_{way}"], found[f"distances_{way}"] = hits
        found[f"labels_{way}"] = labels[hits.rows]
    return found
