"""The effect of label noise: changed entries and rows, precision and recall."""

from typing import NamedTuple

import numpy as np


class LabelChanges(NamedTuple):
    """Every entry of the labels that noise changed, in the order of rows."""

    rows: np.ndarray
    classes: np.ndarray
    added: np.ndarray
    """True for a label that was added, False for one that was removed."""


class Effect(NamedTuple):
    """Shares, each in [0, 1]."""

    rows: float
    """Rows with a changed label."""
    entries: float
    """Entries of the labels that changed."""
    precision: float
    """Noisy labels that are correct."""
    recall: float
    """Clean labels that were kept."""
    pairs: float
    """Pairs of different rows that share a label in one of clean and noisy labels only:
    the similarity that supervised hashing learns from."""


def label_changes(noisy: np.ndarray, clean: np.ndarray) -> LabelChanges:
    """The entries in which noisy labels differ from clean ones."""
    rows, classes = np.nonzero(noisy != clean)
    return LabelChanges(rows, classes, added=noisy[rows, classes] > 0)


def corrupted_rows(noisy: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """Marks the rows whose labels differ from the clean ones: bool [samples]."""
    return (noisy != clean).any(axis=1)


def effect_of(noisy: np.ndarray, clean: np.ndarray, *, block: int = 1024) -> Effect:
    """Compares noisy with clean multi-hot labels, over all pairs, block by block."""
    noisy, clean = (np.asarray(x, np.float32) for x in (noisy, clean))
    changed = noisy != clean
    kept = float((noisy * clean).sum())
    return Effect(
        rows=float(changed.any(axis=1).mean()),
        entries=float(changed.mean()),
        precision=kept / max(float(noisy.sum()), 1.0),
        recall=kept / max(float(clean.sum()), 1.0),
        pairs=_changed_pairs(noisy, clean, block),
    )


def _changed_pairs(noisy: np.ndarray, clean: np.ndarray, block: int) -> float:
    rows, changed = len(clean), 0
    for start in range(0, rows, block):
        part = slice(start, start + block)
        before, after = (x[part] @ x.T > 0 for x in (clean, noisy))
        differ = before != after
        changed += int(differ.sum()) - int(np.trace(differ[:, start:]))
    return changed / max(rows * (rows - 1), 1)
