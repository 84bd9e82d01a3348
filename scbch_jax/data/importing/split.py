"""Which rows of a set are its parts: as the file has it, by name, or by row numbers."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from scbch_jax.data import split
from scbch_jax.data.importing.align import AlignedDataset
from scbch_jax.data.importing.digests import places, row_digests
from scbch_jax.data.published import published
from scbch_jax.data.split import Rows
from scbch_jax.errors import require


class SplitRows(NamedTuple):
    """A set with its parts."""

    material: AlignedDataset
    rows: Rows
    split: str
    """Name of the split, with all that decides it."""
    digests: dict[str, list[bytes]] | None = None
    """Of each row's image and text, by part, where the cut has looked at all rows."""


def usual_split(material: AlignedDataset) -> str:
    """The split that a set gets unless another is asked for."""
    return "file" if "query" in material.spans() else "scbch"


def cut_by_file(material: AlignedDataset) -> SplitRows:
    """Parts as the file has them; training rows are looked up in the database.

    Raises:
        InputError: if the file is not cut.
    """
    spans = material.spans()
    cut = {"query", "train"} <= spans.keys()
    got = f"file, but the {material.form.title} is not cut"
    require(cut, "split", got, "scbch, ucch or random")
    if "database" not in spans:
        rows = Rows(spans["query"], spans["train"], spans["train"])
        return SplitRows(material, rows, "file: the training set is the database")
    digests = row_digests(material)

    def labelled(part: str) -> list[bytes]:
        own = material.labels[spans[part]]
        return [d + row.tobytes() for d, row in zip(digests[part], own, strict=True)]

    found = places(labelled("train"), labelled("database"))
    if found is None:
        rows = Rows(spans["query"], spans["train"], spans["database"])
        split = "file: training rows are not in the database"
        return SplitRows(material, rows, split, digests)
    less = material.without("train")
    del digests["train"]
    left = less.spans()
    rows = Rows(left["query"], left["database"][found], left["database"])
    return SplitRows(less, rows, "file", digests)


def cut_by_name(
    material: AlignedDataset,
    name: str,
    *,
    queries: int = 0,
    train: int = 0,
    seed: int = 0,
) -> SplitRows:
    """Parts by the name of a split.

    Args:
        material: the set.
        name: scbch, ucch, random or file.
        queries: rows of the query set; 0 for as many as published.
        train: training rows; 0 for as many as published, for ucch all of the database.
        seed: decides the random split.

    Raises:
        InputError: if the rows are too few, or there is no published number of them.
    """
    if name == "file":
        return cut_by_file(material)
    _, text_dim, classes = material.widths
    known = published(text_dim=text_dim, classes=classes)
    asked = {"queries": queries, "train": train}
    for field, number in asked.items():
        wanted = "a number of rows: this is none of the published sets"
        free = number > 0 or known or (field == "train" and name == "ucch")
        require(bool(free), field, "none", wanted)
    queries = queries or (known.queries if known else 0)
    if name == "ucch":
        rows = split.rows_queries_last(material.samples, queries=queries, train=train)
    else:
        train = train or (known.train if known else 0)
        sizes = {"queries": queries, "train": train}
        if name == "scbch":
            rows = split.rows_queries_first(material.samples, **sizes)
        else:
            rows = split.rows_drawn(material.samples, **sizes, seed=seed)
            name = f"random, seed {seed}"
    return SplitRows(material, rows, name)


def cut_by_rows(material: AlignedDataset, given: Mapping[str, np.ndarray]) -> SplitRows:
    """Parts by row numbers or masks; what is not given follows from what is.

    Args:
        material: the set.
        given: row numbers, or one truth value a row, of query, train and database.

    Raises:
        InputError: for a mask of another length, rows that are not there, or neither
            query nor training rows.
    """
    samples = material.samples
    parts = {name: _numbers(name, part, samples) for name, part in given.items()}
    enough = "query" in parts or "train" in parts
    require(enough, "rows", "neither queries nor training rows", "one of them")
    if "query" not in parts:
        taken = [parts[n] for n in ("train", "database") if n in parts]
        parts["query"] = np.setdiff1d(np.arange(samples), np.concatenate(taken))
    if "database" not in parts:
        parts["database"] = np.setdiff1d(np.arange(samples), parts["query"])
    parts.setdefault("train", parts["database"])
    names = ", ".join(f"{name} rows" for name in given)
    return SplitRows(
        material, split.check_rows(Rows(**parts), samples), f"given: {names}"
    )


def _numbers(name: str, part: np.ndarray, samples: int) -> np.ndarray:
    """Row numbers, from numbers or a mask; MATLAB gives both as one row or column."""
    part = np.asarray(part).ravel()
    if part.dtype != bool:
        whole = part.astype(np.int64) if part.dtype.kind in "iuf" else part[:0]
        fits = np.array_equal(whole, part) and part.size > 0
        require(fits, f"{name} rows", f"{part.dtype} values", "row numbers or a mask")
        return whole
    got = f"a mask of {len(part)} rows"
    require(len(part) == samples, f"{name} rows", got, f"{samples}")
    return np.flatnonzero(part)
