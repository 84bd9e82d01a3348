"""Query set, training set and database: which rows they are, by the name of a split."""

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
    """Cuts as NRCH and SCBCH do: queries, then the database, whose first rows train.

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
    """Cuts as UCCH does: the last rows are queries, all others train and are searched.

    Args:
        samples: all rows.
        queries: rows of the query set.
        train: only the first so many rows train; all of the database if 0.

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
    """Cuts a drawn order: queries, then the database, whose first rows train.

    Each part is kept in the order of the rows, so that reading it goes forward.

    Raises:
        InputError: if the rows are too few.
    """
    _require_enough(samples, queries, train)
    order = np.random.default_rng(seed).permutation(samples)
    parts = rows_queries_first(samples, queries=queries, train=train)
    return Rows(*(np.sort(order[part]) for part in parts))


def queries_first(rows: Split, *, queries: int, train: int) -> Dataset:
    """Cuts as NRCH and SCBCH do: queries, then the database, whose first rows train.

    Args:
        rows: all samples, [samples, ...].
        queries: rows of the query set.
        train: rows of the training set.

    Raises:
        InputError: if the rows are too few.
    """
    parts = rows_queries_first(len(rows.labels), queries=queries, train=train)

    def cut(part: np.ndarray) -> Split:
        return Split(*(array[part[0] : part[-1] + 1] for array in rows))

    cuts = {name: cut(part) for name, part in parts._asdict().items()}
    return Dataset(**cuts)


def check_rows(rows: Rows, samples: int) -> Rows:
    """Checks row numbers, and makes them int64.

    Raises:
        InputError: for a part that is empty, has a row twice or one that is not there,
            or a query that is also in the database or the training set.
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
