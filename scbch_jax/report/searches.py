"""Searches: some queries, and the nearest items of the other modality."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from scbch_jax import io
from scbch_jax.errors import InputError
from scbch_jax.types import DisplayData


class Item(NamedTuple):
    """An image or a text as the page shows it."""

    row: int
    """Row of the dataset: queries first, then the database."""
    labels: list[tuple[str, bool]]
    """Names of its labels, and whether the query shares them."""
    caption: str = ""
    picture: str = ""
    """The picture as a data URI."""
    note: str = ""
    """Why there is no picture, if it should be there."""


class Hit(NamedTuple):
    """An item that a query finds."""

    item: Item
    distance: int
    """Hamming distance to the query."""
    match: bool
    """Whether it shares a label with the query."""


class SearchResult(NamedTuple):
    """A query and its nearest items."""

    query: Item
    hits: list[Hit]


class Searches(NamedTuple):
    """Queries of one direction."""

    title: str
    results: list[SearchResult]


DIRECTIONS = {
    "i2t": ("image", "text", "Images search texts"),
    "t2i": ("text", "image", "Texts search images"),
}


def searches(
    trace: Mapping[str, np.ndarray], display: DisplayData | None
) -> list[Searches]:
    """Queries of both directions with what they found; empty without a trace of them.

    Args:
        trace: of the last epoch.
        display: pictures, captions and names of labels, where the dataset has them.
    """
    if "queries" not in trace:
        return []
    shown = display or DisplayData()
    found = []
    for direction, (searched_by, searched, title) in DIRECTIONS.items():
        results = [
            _result(trace, shown, direction, i, searched_by, searched)
            for i in range(len(trace["queries"]))
        ]
        found.append(Searches(title, results))
    return found


def _result(
    trace: Mapping[str, np.ndarray],
    display: DisplayData,
    direction: str,
    i: int,
    searched_by: str,
    searched: str,
) -> SearchResult:
    labels = trace["query_labels"][i]
    row = int(trace["queries"][i])
    query = _item(display, row, searched_by, labels, np.zeros_like(labels))
    hits = [
        Hit(
            _item(display, int(trace["database_start"] + item), searched, own, labels),
            int(distance),
            bool((own.astype(bool) & labels.astype(bool)).any()),
        )
        for item, distance, own in zip(
            trace[f"items_{direction}"][i],
            trace[f"distances_{direction}"][i],
            trace[f"labels_{direction}"][i],
            strict=True,
        )
    ]
    return SearchResult(query, hits)


def _item(
    display: DisplayData,
    row: int,
    modality: str,
    labels: np.ndarray,
    query_labels: np.ndarray,
) -> Item:
    """An image has its picture, a text its caption; if that is missing, the other."""
    caption = entry_of(display.captions, row)
    names = [
        (name_of(display, i), bool(query_labels[i]))
        for i in map(int, np.flatnonzero(labels))
    ]
    if modality == "text" and caption:
        return Item(row, names, caption=caption)
    picture, note = picture_of(display, row)
    return Item(row, names, picture=picture, caption=caption, note=note)


def name_of(display: DisplayData, label: int) -> str:
    """The name of a class, or "label 3" where it has none."""
    return entry_of(display.names, label) or f"label {label}"


def entry_of(entries: Sequence[str], i: int) -> str:
    """Entry i; empty if the file that they come from is too short."""
    return entries[i] if 0 <= i < len(entries) else ""


def picture_of(display: DisplayData, row: int) -> tuple[str, str]:
    """A data URI, or why there is none although there should be."""
    if display.picture is None:
        return "", ""
    try:
        content = display.picture(row)
    except (OSError, ValueError, IndexError) as error:
        reason = error if isinstance(error, InputError) else type(error).__name__
        return "", f"picture left out: {reason}"
    if content is None:
        return "", ""
    if address := io.data_uri(content):
        return address, ""
    return "", "picture left out: not a PNG, JPEG, GIF or WebP file"
