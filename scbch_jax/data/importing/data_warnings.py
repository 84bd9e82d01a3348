"""What looks wrong in a set, in words; nothing here is reason enough to refuse it."""

import itertools

import numpy as np

from scbch_jax.data.importing.align import AlignedDataset
from scbch_jax.data.importing.digests import row_digests
from scbch_jax.data.importing.split import SplitRows
from scbch_jax.data.importing.stats import ArrayStats
from scbch_jax.data.published import published


def of_values(name: str, seen: ArrayStats) -> list[str]:
    """NaN and infinity, which are wrong in any array."""
    hit = f"{name}: NaN or infinity in {_rows(seen.odd_rows)}"
    return [hit] if seen.odd_rows else []


def of_features(modality: str, seen: ArrayStats) -> list[str]:
    """NaN, all zeros, rows and columns without any value."""
    found = of_values(modality, seen)
    if seen.zero_rows == seen.rows:
        return [*found, f"{modality}: only zeros"]
    if seen.zero_rows:
        found.append(f"{modality}: {_rows(seen.zero_rows)} of zeros only")
    if seen.zero_columns:
        count = f"{seen.zero_columns} of {seen.columns} columns"
        found.append(f"{modality}: {count} are zero in every row")
    return found


def of_labels(labels: np.ndarray) -> list[str]:
    """Rows without labels, rows with all, and classes that no row or every row has."""
    rows, classes = labels.shape
    per_row = labels.sum(axis=1, dtype=np.int64)
    per_class = labels.sum(axis=0, dtype=np.int64)
    found = []
    for words, count in (("without a label", 0), ("with every label", classes)):
        hit = int((per_row == count).sum())
        found += [f"labels: {_rows(hit)} {words}"] if hit else []
    for words, count in (("no row has", 0), ("every row has", rows)):
        hit = np.flatnonzero(per_class == count)
        columns = ", ".join(map(str, hit[:10])) + (", ..." if len(hit) > 10 else "")
        found += [f"labels: {words} class {columns}"] if len(hit) else []
    return found


def of_sizes(material: AlignedDataset) -> list[str]:
    """Rows and widths other than those of the published set."""
    _, text_dim, classes = material.widths
    known = published(text_dim=text_dim, classes=classes)
    if known is None or material.samples in known.rows:
        return []
    usual = " or ".join(f"{n:,}" for n in known.rows)
    return [f"{material.samples:,} rows, where {known.title} is published with {usual}"]


def of_rows(material: AlignedDataset, cut: SplitRows | None) -> list[str]:
    """Rows whose image and text are those of another row, above all across parts."""
    digests = (cut.digests if cut else None) or row_digests(material)
    every = list(itertools.chain(*digests.values()))
    found = []
    again = len(every) - len(set(every))
    if again:
        found.append(f"{_rows(again)} repeat image and text of an earlier row")
    if cut is None:
        return found
    for name, words in (("database", "database"), ("train", "training set")):
        others = {every[row] for row in getattr(cut.rows, name)}
        shared = sum(every[row] in others for row in cut.rows.query)
        if shared:
            found.append(f"{_rows(shared)} of the queries are also in the {words}")
    return found


def _rows(count: int) -> str:
    return f"{count:,} row" if count == 1 else f"{count:,} rows"
