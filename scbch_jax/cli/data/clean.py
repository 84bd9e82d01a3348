"""`scbch data clean`: how likely each label of a store is true."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from scbch_jax.config.constraints import at_least, between, check_fields, optional
from scbch_jax.config.robust import MOST_NOISE
from scbch_jax.errors import require

if TYPE_CHECKING:
    from scbch_jax.data.store import Store
    from scbch_jax.labels import NoiseRates
    from scbch_jax.report.label_page import LabelReview
    from scbch_jax.types import DisplayData


@dataclass(frozen=True)
class CleanData:
    """Find labels of a store that are probably wrong or missing, from its features."""

    store: tyro.conf.Positional[Path]
    """Folder that data import or features all wrote; all its rows are used."""
    out: Path
    """New folder: posteriors.npz, corrections.csv and the page index.html."""
    folds: Annotated[int, at_least(2, 20)] = 5
    """Folds of rows; those of a fold are predicted from the others."""
    seed: Annotated[int, at_least(0, 2**32 - 1)] = 0
    """Seed of the folds."""
    ridge: Annotated[float | None, optional(between(1e-3, 1e6))] = None
    """Penalty of the ridge regression that predicts labels, relative to the mean
    sum of squares of a feature; by default chosen from 0.03 to 10 on the first
    fold."""
    missing_rate: Annotated[float | None, optional(between(0, MOST_NOISE))] = None
    """Rate of true labels that are not given, if it is known; with --wrong-rate."""
    wrong_rate: Annotated[float | None, optional(between(0, MOST_NOISE))] = None
    """Rate of labels given though not true, if it is known; with --missing-rate. By
    default both rates are estimated for each class."""
    shown: Annotated[int, at_least(0)] = 50
    """Rows on the page, the most doubtful ones."""
    root: Path | None = None
    """Folder of the pictures, which the page shows."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)
        both = "missing-rate, wrong-rate"
        known = (self.missing_rate is None) == (self.wrong_rate is None)
        require(known, both, "one of them", "both, or none")
        total = (self.missing_rate or 0.0) + (self.wrong_rate or 0.0)
        wanted = f"at most {MOST_NOISE} together"
        require(total <= MOST_NOISE, both, f"{total:g} together", wanted)


def main(options: CleanData) -> None:
    """Computes posteriors, writes them with a page, and prints a summary."""
    from scbch_jax import datasets, extras
    from scbch_jax.cli import console
    from scbch_jax.data import store as stores

    out, root = options.out, options.root
    require(not out.exists(), "out", f"{out}, which exists", "a new folder")
    stores.require_outside(options.store, out)
    require(root is None or root.is_dir(), "root", root, "a folder that exists")
    extras.require_packages("report", "jinja2")
    store = stores.read(options.store)
    samples = len(store.labels)
    wanted = f"at most the {samples} rows of the store"
    require(options.folds <= samples, "folds", options.folds, wanted)
    records = stores.read_lines(options.store)
    display = datasets.display_data_of_rows(
        options.store, range(samples), picture_root=root
    )
    review = _review(options, store)
    _write(options, store.title, review, display, records)
    console.output(f"{store.title}: all {samples:,} rows of the store")
    console.output(_summary(review))
    console.output(f"{out / 'posteriors.npz'}: probability of every label")
    console.output(f"{out / 'corrections.csv'}: suggested changes")
    console.output(f"{out / 'index.html'}: the most doubtful rows")


def _review(options: CleanData, store: Store) -> LabelReview:
    import jax
    import numpy as np

    from scbch_jax import labels
    from scbch_jax.cli import console
    from scbch_jax.report.label_page import LabelReview

    with console.progress_bar(
        "rows, read twice", total=2 * len(store.labels)
    ) as advance:
        found = labels.posteriors(
            store.image,
            store.text,
            store.labels,
            key=jax.random.key(options.seed),
            folds=options.folds,
            ridge=options.ridge,
            rates=_known_rates(options),
            on_rows=advance,
        )
    probability = np.asarray(found.probability)
    given = np.asarray(store.labels)
    classes = given.shape[1]
    missing, wrong = (
        np.broadcast_to(np.asarray(rate, np.float32), classes) for rate in found.rates
    )
    errors = labels.expected_errors(given, probability)
    return LabelReview(given, probability, errors, missing, wrong)


def _known_rates(options: CleanData) -> NoiseRates | None:
    from scbch_jax.labels import NoiseRates

    if options.missing_rate is None or options.wrong_rate is None:
        return None
    return NoiseRates(options.missing_rate, options.wrong_rate)


def _write(
    options: CleanData,
    title: str,
    review: LabelReview,
    display: DisplayData,
    records: list[dict],
) -> None:
    import numpy as np

    from scbch_jax import io
    from scbch_jax.report.label_page import render_label_page

    classes = review.given.shape[1]
    names = list(display.names) or [f"label {c}" for c in range(classes)]
    has_pictures = any(record.get("picture") for record in records)
    note = "Pictures are shown if --root names their folder."
    text = render_label_page(
        review,
        title,
        display=display,
        shown=options.shown,
        estimated=options.missing_rate is None,
        note=note if has_pictures and options.root is None else "",
    )
    with io.new_folder(options.out) as fresh:
        io.write_npz(
            fresh / "posteriors.npz",
            probability=review.probability,
            given=review.given,
            rows=np.arange(len(review.given)),
            classes=np.array(names),
            missing=review.missing,
            wrong=review.wrong,
        )
        header = ("row", "file", "class", "given", "probability")
        rows = _corrections(review, names, records)
        io.write_csv(fresh / "corrections.csv", header, rows)
        io.write_text(fresh / "index.html", text)


def _corrections(
    review: LabelReview, names: list[str], records: list[dict]
) -> list[tuple]:
    """Lines of corrections.csv, most doubtful first."""
    from scbch_jax import labels

    found = labels.corrections(review.given, review.probability)
    entries = zip(*(array.tolist() for array in found), strict=True)
    return [
        (
            row,
            (records[row].get("picture") or "") if records else "",
            names[label],
            given,
            f"{probability:.4f}",
        )
        for row, label, given, probability in entries
    ]


def _summary(review: LabelReview) -> str:
    from scbch_jax.report import as_markdown
    from scbch_jax.report.label_page import suggested

    added, removed = suggested(review)
    lines = [
        ["labels given", f"{int(review.given.sum()):,}"],
        ["expected errors", f"{review.expected_errors.sum():,.0f}"],
        ["labels to remove", f"{int(removed.sum()):,}"],
        ["labels to add", f"{int(added.sum()):,}"],
        ["rows to change", f"{int((added | removed).any(axis=1).sum()):,}"],
    ]
    return as_markdown(["of all rows", "number"], lines)
