"""Arrays for figures, which a run writes after a few epochs, a file each.

FOLDER/seed-S/traces/epoch-0001.npz holds these arrays:

confidence            of every training row, where the method has it
label_cosine          cosine of each row's noisy and clean labels; with confidence
rows, labels          some training rows, and their clean labels
image, text           their relaxed codes

After the last epoch it also holds

changed_pairs         share of pairs of training rows for which noise changes whether
                      they share a label, among at most 5,000 rows; with confidence

depths                numbers of first items, for precision and recall
queries, query_labels some queries
database_start        number of queries, which is the row of the first database item

and for both DIRECTIONs, i2t and t2i:

precision_DIRECTION, recall_DIRECTION   means over all queries, for each of the depths
items_DIRECTION, distances_DIRECTION, labels_DIRECTION    what those queries find first

The same seed gives the same bytes.
"""

from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, Int

from scbch_jax import io, retrieval, sharding, training
from scbch_jax.arrays import Params
from scbch_jax.config import Training
from scbch_jax.data import label_noise
from scbch_jax.runs.tasks import Task, take_rows
from scbch_jax.training import Epoch
from scbch_jax.types import Split

ROWS = 16
"""Training rows whose codes are kept, as in the paper's Figure 5."""

QUERIES, NEAREST = 4, 6
"""Queries that are shown, and how many items each of them finds."""

PAIRED_ROWS = 5000
"""Training rows of which pairs are counted, at most."""

Arrays = dict[str, Any]


def traced_epochs(last: int) -> list[int]:
    """The first, those after a tenth, a quarter and half of them all, and the last.

    >>> traced_epochs(50), traced_epochs(2)
    ([1, 6, 13, 26, 50], [1, 2])
    """
    return sorted({1, *(last // share + 1 for share in (10, 4, 2) if last > 1), last})


def curve_depths(items: int) -> Int[np.ndarray, " points"]:
    """The points of a curve over so many items: close at first, up to all of them.

    >>> curve_depths(5)
    array([1, 2, 3, 4, 5])
    """
    return np.unique(np.geomspace(1, items, 60).round().astype(int))


def write_trace(
    folder: Path | None,
    schedule: Training,
    task: Task,
    epoch: Epoch,
    scored: tuple[Split, Split],
) -> None:
    """Writes the trace of an epoch, if it is one of those that are traced.

    Args:
        folder: of the seed's traces; None in a process that only computes.
        schedule: how many epochs there are, and where the features are.
        task: what is trained; its seed decides which rows and queries are shown.
        epoch: its state.
        scored: query set and database.
    """
    if epoch.number not in traced_epochs(schedule.epochs):
        return
    rng = np.random.default_rng(task.seed)
    rows = _sample(rng, len(task.train.labels), ROWS)
    queries = _sample(rng, len(scored[0].labels), QUERIES)
    last = epoch.number == schedule.epochs
    arrays = _codes(task, epoch.run.params, rows)
    arrays |= _labels(task, epoch.run.state, rows, rng if last else None)
    if last:
        arrays |= _ranking(schedule, task, epoch.run.params, scored, queries)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        with io.replacing(folder / f"epoch-{epoch.number:04d}.npz") as file:
            np.savez_compressed(file, **arrays)


def _sample(rng: np.random.Generator, rows: int, wanted: int) -> Int[np.ndarray, " n"]:
    return np.sort(rng.choice(rows, size=min(wanted, rows), replace=False))


def _labels(
    task: Task,
    state: Any,
    rows: Int[np.ndarray, " n"],
    pairs: np.random.Generator | None,
) -> Arrays:
    """Clean labels of some rows; the confidence in all, beside how right they are.

    With a generator, also the share of pairs of drawn rows that noise changes.
    """
    given, clean = task.given, _clean(task)
    found: Arrays = {"labels": clean[rows].astype(np.uint8)}
    confidence = getattr(state, "confidence", task.confidence)
    if confidence is None:
        return found
    # Without an array of the products, which would be as large as the labels.
    sums = partial(np.einsum, "ij,ij->i")
    lengths = np.sqrt(sums(given, given)) * np.sqrt(sums(clean, clean))
    found["label_cosine"] = sums(given, clean) / np.maximum(lengths, 1)
    found["confidence"] = sharding.to_host(confidence)
    if pairs is not None:
        some = _sample(pairs, len(given), PAIRED_ROWS)
        few = given[some], clean[some]
        del clean  # A copy of all labels, beside all pairs of the few.
        effect = label_noise.effect_of(*few)
        found["changed_pairs"] = np.float64(effect.pairs)
    return found


def _codes(task: Task, params: Params, rows: Int[np.ndarray, " n"]) -> Arrays:
    take = _take_on_device if isinstance(task.train.image, jax.Array) else take_rows
    some = take(task.train, rows)
    codes = training.relaxed_split_codes(params, task.hparams, some, recipe=task.recipe)
    image, text = sharding.to_host(codes)
    return {
        "rows": rows,
        "image": image,
        "text": text,
    }


_take_on_device = jax.jit(take_rows)
"""As one program, which takes less time to start than one for each operation."""


def _clean(task: Task) -> Float[np.ndarray, "samples classes"]:
    """The labels before noise."""
    labels = np.array(task.given)
    labels[task.changes.rows, task.changes.classes] = ~task.changes.added
    return labels


def _ranking(
    schedule: Training,
    task: Task,
    params: Params,
    scored: tuple[Split, Split],
    queries: Int[np.ndarray, " n"],
) -> Arrays:
    """Curves over all queries, and what some of them find."""
    streamed = schedule.features == "stream"
    query, database = (
        training.codes_of(
            params, task.hparams, part, recipe=task.recipe, streamed=streamed
        )
        for part in scored
    )
    found = {
        "queries": queries,
        "database_start": np.int64(len(query.labels)),
        "query_labels": np.asarray(query.labels, np.uint8)[queries],
    }
    found["depths"] = curve_depths(len(database.labels))
    for direction, counts in retrieval.count_both_directions(query, database).items():
        curve = retrieval.precision_recall_at(counts, found["depths"])
        for name, values in zip(("precision", "recall"), curve, strict=True):
            means = [retrieval.mean_of(column) for column in values.T]
            found[f"{name}_{direction}"] = np.array(means)
    sides = {"i2t": (query.image, database.text), "t2i": (query.text, database.image)}
    for direction, (queried_by, items) in sides.items():
        distances = np.asarray(retrieval.hamming_matrix(queried_by[queries], items))
        # One row at a time: the order of all items is as large as their codes.
        nearest = np.empty((len(queries), min(NEAREST, distances.shape[1])), np.int64)
        for row, own in zip(nearest, distances, strict=True):
            row[:] = np.argsort(own, kind="stable")[:NEAREST]
        found[f"items_{direction}"] = nearest
        found[f"distances_{direction}"] = np.take_along_axis(distances, nearest, axis=1)
        found[f"labels_{direction}"] = database.labels[nearest].astype(np.uint8)
    return found
