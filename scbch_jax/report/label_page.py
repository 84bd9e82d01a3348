"""A page of noisy labels: rates of each class, and the most doubtful rows."""

from typing import NamedTuple

import numpy as np

from scbch_jax.report import page
from scbch_jax.report.page import Section
from scbch_jax.report.reviewed_rows import reviewed_rows
from scbch_jax.report.searches import name_of
from scbch_jax.report.tables import Block, Cell, Row, Table, percent
from scbch_jax.types import DisplayData

GENERATOR = '<meta name="generator" content="scbch_jax data clean">'


class LabelReview(NamedTuple):
    """Labels of all rows, and what their posteriors say."""

    given: np.ndarray
    """0 and 1, [rows, classes]."""
    probability: np.ndarray
    """Posterior that a label is true, [rows, classes]."""
    expected_errors: np.ndarray
    """Of each row."""
    missing: np.ndarray
    """Rate of each class: true labels that are not given."""
    wrong: np.ndarray
    """Rate of each class: labels that are given but not true."""


def render_label_page(
    review: LabelReview,
    title: str,
    *,
    display: DisplayData,
    shown: int,
    estimated: bool = True,
    note: str = "",
) -> str:
    """The page as HTML, in one file.

    Args:
        review: what to show.
        title: of the dataset.
        display: pictures, captions and names of classes, in the order of all rows.
        shown: rows to show, those with the most expected errors first.
        estimated: whether the rates are estimates.
        note: what the page lacks, such as pictures.
    """
    doubtful = np.argsort(-review.expected_errors, kind="stable")[:shown]
    rows = reviewed_rows(doubtful, *review[:3], display)
    return page.render(
        f"Labels of {title}",
        _summary(review),
        [
            Section("How to read this page", _EXPLANATION),
            Section(
                "Classes",
                _ESTIMATED if estimated else "The rates are those that were given.",
                tables=[_class_table(review, display)],
            ),
            Section("The most doubtful rows", note, reviewed=rows),
        ],
        GENERATOR,
    )


def suggested(review: LabelReview) -> tuple[np.ndarray, np.ndarray]:
    """Entries to add and to remove, each bool [rows, classes]."""
    given = review.given > 0
    return ~given & (review.probability > 0.5), given & (review.probability < 0.5)


_EXPLANATION = """\
A percentage is the probability that the label is true, given the features of the row
and whether the label is given. It comes from regressions that were fitted on other
rows, and from how often labels of the class are missing or wrong.

A label is probably wrong if it is given and its probability is below 50 %, and probably
missing if it is not given and its probability is above 50 %. Labels that are not given
are listed from 10 % on. The expected errors of a row are the sum over all classes of
the probability that the given label, or its absence, is an error.

These are suggestions. The model sees features and the other labels of the row only: it
errs on rare classes, on what features do not show, and on errors that features explain.
0 or 100 % does not mean that it is certain. Nothing in the store was changed."""

_ESTIMATED = (
    "The rates are estimated from the noisy labels alone. They are often too high if "
    "the features of no row show with certainty whether it has the label, and too low "
    "if errors depend on the features."
)


def _summary(review: LabelReview) -> str:
    added, removed = suggested(review)
    rows, classes = review.given.shape
    changed = int((added | removed).any(axis=1).sum())
    return (
        f"{rows:,} rows, all of the store, with {int(review.given.sum()):,} labels of "
        f"{classes:,} classes. About {review.expected_errors.sum():,.0f} of the "
        f"{rows * classes:,} entries are expected to be errors. {int(removed.sum()):,} "
        f"labels are probably wrong and {int(added.sum()):,} probably missing, "
        f"in {changed:,} rows."
    )


def _class_table(review: LabelReview, display: DisplayData) -> Table:
    added, removed = (entries.sum(axis=0) for entries in suggested(review))
    counts = review.given.sum(axis=0, dtype=int)
    rows = [
        Row(
            name_of(display, c),
            (
                Cell(f"{counts[c]:,}"),
                Cell(percent(float(review.missing[c]))),
                Cell(percent(float(review.wrong[c]))),
                Cell(f"{added[c]:,}"),
                Cell(f"{removed[c]:,}"),
            ),
        )
        for c in range(len(counts))
    ]
    groups = (
        ("given", ("rows",)),
        ("noise rates, %", ("missing", "wrong")),
        ("suggested", ("to add", "to remove")),
    )
    note = (
        "missing: of the rows that have the label, those to which it is not given; "
        "wrong: of the rows that lack it, those to which it is given."
    )
    title = "Rows, rates and suggestions of each class"
    return Table(
        "classes", title, "class", groups, (Block("all rows", tuple(rows)),), note
    )
