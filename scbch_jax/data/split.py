"""Splits: which rows are query set, training set and database."""

from typing import NamedTuple

import numpy as np

from scbch_jax.errors import require
from scbch_jax.types import Dataset, Split


class Rows(NamedTuple):
    """Row numbers of each part, int64, in the order in which the part has them."""

    query: np.ndarray
    train: np.ndarray
    database: np.ndarray


def rows_queries_first(samples: int, *, queries: int, train: int) -> Rows:
    """The split of NRCH and SCBCH: first the queries, then the database.

    The first rows of the database are also the training set.

    Raises:
        InputError: if the rows are too few.
    """
    _require_enough(samples, queries, train)
    return Rows(
        query=np.arange(queries),
        train=np.arange(queries, queries + train),
        database=np.arange(queries, samples),
    )


def rows_queries_last(samples: int, *, queries: int, train: int = 0) -> Rows:
    """The split of UCCH: last the queries, before them the database.

    The whole database is also the training set, or its first rows.

    Args:
        samples: all rows.
        queries: rows of the query set.
        train: rows of the training set; all of the database if 0.

    Raises:
        InputError: if the rows are too few.
    """
    _require_enough(samples, queries, max(train, 1))
    return Rows(
        query=np.arange(samples - queries, samples),
        train=np.arange(train or samples - queries),
        database=np.arange(samples - queries),
    )


def rows_drawn(samples: int, *, queries: int, train: int, seed: int) -> Rows:
    """A random split: queries, database, and a part of it as the training set.

    Row numbers of each part ascend, so that it is read in the order of the file.

    Raises:
        InputError: if the rows are too few.
    """
    _require_enough(samples, queries, train)
    order = np.random.default_rng(seed).permutation(samples)
    parts = rows_queries_first(samples, queries=queries, train=train)
    return Rows(*(np.sort(order[part]) for part in parts))


def rows_permuted(samples: int, *, queries: int, train: int, seed: int) -> Rows:
    """The splits of the DCHMT and MITH code: rows permuted, then queries first.

    Each part is in the order of the permutation, which NumPy's older generator draws.

    Raises:
        InputError: if the rows are too few.
    """
    order = np.random.RandomState(seed).permutation(samples)
    parts = rows_queries_first(samples, queries=queries, train=train)
    return Rows(*(order[part] for part in parts))


def queries_first(rows: Split, *, queries: int, train: int) -> Dataset:
    """Splits samples as NRCH and SCBCH do; see `rows_queries_first`.

    Args:
        rows: all samples, [samples, ...].
        queries: rows of the query set.
        train: rows of the training set.

    Raises:
        InputError: if the rows are too few.
    """
    parts = rows_queries_first(len(rows.labels), queries=queries, train=train)

    def take(part: np.ndarray) -> Split:
        return Split(*(array[part[0] : part[-1] + 1] for array in rows))

    return Dataset(**{name: take(part) for name, part in parts._asdict().items()})


def check_rows(rows: Rows, samples: int) -> Rows:
    """Checks row numbers, and converts them to int64.

    Raises:
        InputError: for a part that is empty, repeats a row or has one out of range, or
            a query that is also in the database or the training set.
    """
    parts = {}
    for name, part in rows._asdict().items():
        part = np.asarray(part)
        numbers = part.ndim == 1 and part.size > 0 and part.dtype.kind in "iu"
        got = f"{part.dtype} of shape {part.shape}"
        require(numbers, f"{name} rows", got, "one or more row numbers")
        low, high = int(part.min()), int(part.max())
        inside = low >= 0 and high < samples
        require(inside, f"{name} rows", f"{low} to {high}", f"0 to {samples - 1}")
        twice = len(part) - len(np.unique(part))
        require(not twice, f"{name} rows", f"{twice} of them twice", "each once")
        parts[name] = part.astype(np.int64)
    for name in ("train", "database"):
        shared = int(np.isin(parts["query"], parts[name]).sum())
        got = f"{shared} rows that are also in the {name} rows"
        require(not shared, "query rows", got, "none of them")
    return Rows(**parts)


def _require_enough(samples: int, queries: int, train: int) -> None:
    require(
        samples >= queries + train,
        "rows",
        samples,
        f"at least {queries} queries and {train} training rows",
    )
