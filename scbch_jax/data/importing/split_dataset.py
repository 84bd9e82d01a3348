"""The split of an aligned dataset: as in its file, by name, or by row numbers."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from scbch_jax.data import split
from scbch_jax.data.formats.numpy_files import BLOCK_BYTES
from scbch_jax.data.importing.alignment import AlignedDataset, Segment
from scbch_jax.data.split import Rows
from scbch_jax.errors import require

SEEDS = {"dchmt": 1814, "mith": 1}
"""Seeds of the permutations in the DCHMT and MITH code, by the name of the split."""

DCHMT_TRAIN = 10_000
"""Training rows of the DCHMT code, of every dataset."""


class SplitDataset(NamedTuple):
    """A dataset and the rows of its parts."""

    dataset: AlignedDataset
    rows: Rows
    split: str
    """Name of the split, with everything that determines it."""
    digests: dict[str, list[bytes]] | None = None
    """Of each row's image and text, by part, where the split needed them."""


def default_split(dataset: AlignedDataset) -> str:
    """Name of the split that a dataset gets unless another is asked for."""
    return "file" if "query" in dataset.part_rows() else "scbch"


def split_by_file(dataset: AlignedDataset) -> SplitDataset:
    """Parts as the file has them; training rows are looked up in the database.

    Raises:
        InputError: if the file has no split.
    """
    parts = dataset.part_rows()
    has_split = {"query", "train"} <= parts.keys()
    got = f"file, but the {dataset.layout.title} has no split"
    require(has_split, "split", got, "scbch, ucch or random")
    if "database" not in parts:
        rows = Rows(parts["query"], parts["train"], parts["train"])
        return SplitDataset(dataset, rows, "file: the training set is the database")
    digests = row_digests(dataset)

    def with_labels(part: str) -> list[bytes]:
        labels = dataset.labels[parts[part]]
        pairs = zip(digests[part], labels, strict=True)
        return [digest + row.tobytes() for digest, row in pairs]

    found = _positions(with_labels("train"), with_labels("database"))
    if found is None:
        rows = Rows(parts["query"], parts["train"], parts["database"])
        name = "file: training rows are not in the database"
        return SplitDataset(dataset, rows, name, digests)
    dataset = dataset.without("train")
    del digests["train"]
    left = dataset.part_rows()
    rows = Rows(left["query"], left["database"][found], left["database"])
    return SplitDataset(dataset, rows, "file", digests)


def split_by_name(
    dataset: AlignedDataset,
    name: str,
    *,
    queries: int = 0,
    train: int = 0,
    seed: int = 0,
) -> SplitDataset:
    """Parts by the name of a split.

    Args:
        dataset: all samples.
        name: scbch, ucch, dchmt, mith, random or file.
        queries: rows of the query set; 0 for as many as published.
        train: training rows; 0 for as many as published, for ucch the whole database,
            for dchmt 10,000.
        seed: of the random split.

    Raises:
        InputError: if the rows are too few, or no number of them is published.
    """
    if name == "file":
        return split_by_file(dataset)
    known = dataset.benchmark
    train = train or (DCHMT_TRAIN if name == "dchmt" else 0)
    for field, number in (("queries", queries), ("train", train)):
        optional = number > 0 or known or (field == "train" and name == "ucch")
        wanted = "a number of rows: this is none of the published datasets"
        require(bool(optional), field, "none", wanted)
    queries = queries or (known.queries if known else 0)
    if name == "ucch":
        rows = split.rows_queries_last(dataset.samples, queries=queries, train=train)
    else:
        train = train or (known.train if known else 0)
        sizes = {"queries": queries, "train": train}
        if name == "scbch":
            rows = split.rows_queries_first(dataset.samples, **sizes)
        elif name in SEEDS:
            rows = split.rows_permuted(dataset.samples, **sizes, seed=SEEDS[name])
        else:
            rows = split.rows_drawn(dataset.samples, **sizes, seed=seed)
            name = f"random, seed {seed}"
    return SplitDataset(dataset, rows, name)


def split_by_rows(
    dataset: AlignedDataset, given: Mapping[str, np.ndarray]
) -> SplitDataset:
    """Parts by row numbers or masks; parts that are not given are the other rows.

    Args:
        dataset: all samples.
        given: row numbers, or a boolean for each row, of query, train and database.

    Raises:
        InputError: for a mask of another length, rows out of range, or neither query
            nor training rows.
    """
    samples = dataset.samples
    parts = {name: _row_numbers(name, part, samples) for name, part in given.items()}
    enough = "query" in parts or "train" in parts
    require(enough, "rows", "neither queries nor training rows", "one of them")
    if "query" not in parts:
        taken = [parts[n] for n in ("train", "database") if n in parts]
        parts["query"] = np.setdiff1d(np.arange(samples), np.concatenate(taken))
    if "database" not in parts:
        parts["database"] = np.setdiff1d(np.arange(samples), parts["query"])
    parts.setdefault("train", parts["database"])
    rows = split.check_rows(Rows(**parts), samples)
    names = ", ".join(f"{name} rows" for name in given)
    return SplitDataset(dataset, rows, f"given: {names}")


def row_digests(dataset: AlignedDataset) -> dict[str, list[bytes]]:
    """A digest of each row's image and text, by part; labels are left out."""
    digests: dict[str, list[bytes]] = {}
    for segment in dataset.segments:
        digests.setdefault(segment.part, []).extend(_digests(segment))
    return digests


def _digests(segment: Segment) -> Iterator[bytes]:
    columns = segment.image.shape[1]
    width = columns + segment.text.shape[1]
    step = max(1, BLOCK_BYTES // (8 * width))
    for start in range(0, segment.rows, step):
        rows = slice(start, min(start + step, segment.rows))
        block = np.empty((rows.stop - start, width), np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            block[:, :columns] = segment.image[rows]
            block[:, columns:] = segment.text[rows]
        # -0 and 0 are equal, with different bits.
        block += np.float32(0)
        for row in block:
            yield hashlib.sha256(row.data).digest()


def _positions(wanted: Sequence[bytes], among: Sequence[bytes]) -> np.ndarray | None:
    """Where each digest is among others, none used twice; None if one is missing."""
    positions: dict[bytes, list[int]] = {}
    for row in range(len(among) - 1, -1, -1):
        positions.setdefault(among[row], []).append(row)
    rows = []
    for digest in wanted:
        left = positions.get(digest)
        if not left:
            return None
        rows.append(left.pop())
    return np.array(rows, np.int64)


def _row_numbers(name: str, part: np.ndarray, samples: int) -> np.ndarray:
    """Row numbers from numbers or a mask; MATLAB has both as one row or column."""
    part = np.asarray(part).ravel()
    if part.dtype != bool:
        numbers = part.astype(np.int64) if part.dtype.kind in "iuf" else part[:0]
        fits = np.array_equal(numbers, part) and part.size > 0
        require(fits, f"{name} rows", f"{part.dtype} values", "row numbers or a mask")
        return numbers
    got = f"a mask of {len(part)} rows"
    require(len(part) == samples, f"{name} rows", got, f"{samples}")
    return np.flatnonzero(part)
