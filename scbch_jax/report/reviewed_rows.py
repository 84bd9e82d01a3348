"""Rows whose labels are to be reviewed, with the posteriors of the labels."""

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

import numpy as np

from scbch_jax.report.searches import Item, entry_of, name_of, picture_of
from scbch_jax.types import DisplayData

POSSIBLE = 0.1
"""Labels that are not given are shown from this posterior on."""


class Entry(NamedTuple):
    """A label of a row."""

    name: str
    percent: str
    """Posterior that it is true."""
    verdict: Literal["", "probably wrong", "probably missing"]


class ReviewedRow(NamedTuple):
    """A row, its labels, and labels that it may lack."""

    item: Item
    expected_errors: str
    given: list[Entry]
    others: list[Entry]


def reviewed_rows(
    rows: Iterable[Any],
    given: np.ndarray,
    probability: np.ndarray,
    expected_errors: np.ndarray,
    display: DisplayData,
) -> list[ReviewedRow]:
    """What the page shows of some rows.

    Args:
        rows: row numbers.
        given: 0 and 1, [all rows, classes].
        probability: posteriors, of the same shape.
        expected_errors: of all rows.
        display: pictures, captions and names of classes, in the order of all rows.
    """
    return [
        ReviewedRow(
            _item(display, row),
            f"{expected_errors[row]:.1f}",
            _entries(display, given[row] > 0, probability[row], "probably wrong"),
            _entries(
                display,
                (given[row] == 0) & (probability[row] >= POSSIBLE),
                probability[row],
                "probably missing",
            ),
        )
        for row in map(int, rows)
    ]


def _item(display: DisplayData, row: int) -> Item:
    picture, note = picture_of(display, row)
    return Item(row, [], entry_of(display.captions, row), picture, note)


def _entries(
    display: DisplayData,
    chosen: np.ndarray,
    probability: np.ndarray,
    verdict: Literal["probably wrong", "probably missing"],
) -> list[Entry]:
    """The chosen labels of a row, most probable first."""
    labels = np.flatnonzero(chosen)
    labels = labels[np.argsort(-probability[labels], kind="stable")]
    return [
        Entry(
            name_of(display, label),
            f"{100 * probability[label]:.0f}",
            verdict if contradicts(verdict, float(probability[label])) else "",
        )
        for label in map(int, labels)
    ]


def contradicts(verdict: str, probability: float) -> bool:
    """Whether a posterior is on the other side of 1/2 than the given label."""
    return probability < 0.5 if verdict == "probably wrong" else probability > 0.5
