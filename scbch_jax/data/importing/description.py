"""Arrays in words, for `data inspect`: the dataset that they make, or what each is."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from scbch_jax.data import store
from scbch_jax.data.benchmarks import BENCHMARKS
from scbch_jax.data.formats import ArrayInfo
from scbch_jax.data.formats.numpy_files import row_blocks
from scbch_jax.data.importing import diagnostics, layout_names
from scbch_jax.data.importing.alignment import AlignedDataset
from scbch_jax.data.importing.diagnostics import ArrayStats
from scbch_jax.data.importing.split_dataset import (
    SplitDataset,
    default_split,
    split_by_name,
)
from scbch_jax.data.importing.to_store import column_names, makers_of
from scbch_jax.data.label_noise.effect import corrupted_rows, label_changes
from scbch_jax.data.split import Rows
from scbch_jax.data.validation import check_labels, narrow_labels
from scbch_jax.errors import InputError

Found = Sequence[tuple[ArrayInfo, ArrayStats | None]]
"""Arrays of files with their statistics."""


class Description(NamedTuple):
    """What is said of some arrays."""

    lines: list[str]
    warnings: list[str]
    """What looks wrong."""


def describe_dataset(dataset: AlignedDataset, found: Found) -> Description:
    """Layout, split, sizes and labels of a dataset that arrays make."""
    split = _default_split(dataset)
    # Training rows that are in the database are not counted twice.
    dataset = split.dataset if split else dataset
    image_dim, text_dim, classes = dataset.widths
    known = dataset.benchmark
    arrays = [array for array, _ in found]
    names = dataset.classes or column_names(
        arrays, layout_names.NAMES_OF_CLASSES, classes
    )
    lines = [
        f"Layout: {dataset.layout.title}",
        f"Dataset: {known.title if known else 'none of the published ones'}",
        f"{dataset.samples:,} rows; image features of {image_dim:,} columns, text "
        f"features of {text_dim:,}, {classes} classes",
        *(
            f"{key} has samples in columns; it is transposed"
            for key in dataset.transposed
        ),
    ]
    if split is not None:
        lines.append(f"Default split: {split.split} ({_sizes(split.rows)} rows)")
    warnings = diagnostics.size_warnings(dataset)
    for modality in ("image", "text"):
        stats = _statistics(dataset, modality, found)
        warnings += diagnostics.feature_warnings(modality, stats)
    warnings += diagnostics.label_warnings(dataset.labels)
    warnings += diagnostics.duplicate_warnings(dataset, split)
    return Description(lines + _describe_labels(dataset.labels, names), warnings)


def describe_store(found: store.Store) -> Description:
    """Sizes, split, what made the features, and labels of a store."""
    rows, classes = found.labels.shape
    widths = {m: getattr(found, m).shape[1] for m in ("image", "text")}
    features = [f"{m} features of {n:,} columns" for m, n in widths.items() if n]
    made_by = store.made_by(found.source) or "the store does not say what made them"
    lines = [
        f"Store: {found.title}",
        ", ".join([f"{rows:,} rows", *features, f"{classes} classes"]),
        f"Features: {made_by}",
        f"Split: {found.split} ({_sizes(found.rows)} rows)",
        *_describe_labels(found.labels, found.classes),
    ]
    warnings = [
        f"no {m} features, which training needs" for m, n in widths.items() if not n
    ]
    for modality in (m for m, n in widths.items() if n):
        blocks = row_blocks(getattr(found, modality))
        stats = diagnostics.statistics(blocks)
        warnings += diagnostics.feature_warnings(modality, stats)
    return Description(lines, warnings + diagnostics.label_warnings(found.labels))


def describe_makers(found: Sequence[ArrayInfo]) -> list[str]:
    """What made features, if files say it as `features images` writes it."""
    made_by = store.made_by(makers_of(found))
    return [f"Features: {made_by}"] * bool(made_by)


def describe_arrays(found: Found) -> Description:
    """Arrays that make no dataset: candidates to name, and what each is by its name."""
    known = [(array, stats) for array, stats in found if stats is not None]
    labels = [array.key for array, stats in known if _may_be_labels(array, stats)]
    features = [a.key for a, s in known if s.columns > 1 and a.key not in labels]
    names = [", ".join(keys) or "none" for keys in (labels, features)]
    lines = [f"May be labels: {names[0]}. May be features: {names[1]}."]
    warnings: list[str] = []
    for array, stats in known:
        modality = layout_names.modality_of(array.name)
        if not modality:
            warnings += diagnostics.value_warnings(array.key, stats)
        elif modality == "labels":
            part = _describe_label_array(array, stats, found)
            lines += part.lines
            warnings += part.warnings
        else:
            width = _same_width(stats.columns, modality)
            lines.append(f"{array.key}: {modality} features{width}")
            warnings += diagnostics.feature_warnings(array.key, stats)
    return Description(lines, warnings)


def describe_noise(found: Sequence[ArrayInfo]) -> Description:
    """Rate and kind of the noise in a noise file."""
    arrays = {array.name: array for array in found}
    keys = layout_names.noise_keys(arrays.keys())
    assert keys is not None, "no noise file"
    if not keys[0]:
        return _describe_noisy(keys[1], arrays[keys[1]])
    clean, noisy = (check_labels(name, arrays[name].read()) for name in keys)
    if clean.shape != noisy.shape:
        warning = f"rows: {keys[0]} has shape {clean.shape}, {keys[1]} {noisy.shape}"
        return Description([], [warning])
    corrupted = corrupted_rows(noisy, clean)
    classes, changed = clean.shape[1], label_changes(noisy, clean)
    added, kept = int(changed.added.sum()), ((noisy > 0) & (clean > 0)).sum()
    lines = [
        f"Noise file: clean ({keys[0]}) and noisy ({keys[1]}) training labels",
        f"{len(clean):,} rows, {classes} classes{_same_width(classes, 'labels')}",
        f"{corrupted.sum():,} rows are noisy, {100 * corrupted.mean():.1f} %",
        f"{added:,} labels added and {len(changed.rows) - added:,} removed, "
        f"{100 * len(changed.rows) / clean.size:.2f} % of all entries",
        f"{100 * kept / max(1, noisy.sum()):.1f} % of the noisy labels are correct",
        *_describe_labels(clean.astype(np.uint8), ()),
    ]
    return Description(lines, diagnostics.label_warnings(noisy))


def _describe_noisy(name: str, array: ArrayInfo) -> Description:
    noisy = check_labels(name, array.read()).astype(np.uint8)
    rows, classes = noisy.shape
    lines = [
        f"Noise file: noisy ({name}) training labels, without the clean ones",
        f"{rows:,} rows, {classes} classes{_same_width(classes, 'labels')}",
        *_describe_labels(noisy, ()),
    ]
    return Description(lines, diagnostics.label_warnings(noisy))


def _sizes(rows: Rows) -> str:
    return ", ".join(f"{name} {len(part):,}" for name, part in rows._asdict().items())


def _default_split(dataset: AlignedDataset) -> SplitDataset | None:
    """The parts as `data import` would make them; None if it could not."""
    try:
        return split_by_name(dataset, default_split(dataset))
    except InputError:
        return None


def _statistics(dataset: AlignedDataset, modality: str, found: Found) -> ArrayStats:
    """Statistics of a modality; those of its array if the shape identifies it."""
    i = layout_names.MODALITIES.index(modality)
    shape = (dataset.samples, dataset.widths[i])
    same = [s for _, s in found if s is not None and (s.rows, s.columns) == shape]
    if len(dataset.segments) == 1 and len(same) == 1:
        return same[0]
    return diagnostics.statistics(dataset.blocks(modality))


def _may_be_labels(array: ArrayInfo, stats: ArrayStats) -> bool:
    """By its name if that is known, else by its values."""
    binary = stats.binary and stats.columns > 1
    class_ids = diagnostics.guess_kind(array, stats) == "class ids"
    return layout_names.modality_of(array.name) in ("", "labels") and (
        binary or class_ids
    )


def _describe_label_array(
    array: ArrayInfo, stats: ArrayStats, found: Found
) -> Description:
    lines = [f"{array.key}: labels{_same_width(stats.columns, 'labels')}"]
    if stats.binary and stats.columns > 1:
        labels = narrow_labels(array.key, array.read())
        arrays, keys = [a for a, _ in found], layout_names.NAMES_OF_CLASSES
        names = column_names(arrays, keys, labels.shape[1])
        lines += _describe_labels(labels, names)
        return Description(lines, diagnostics.label_warnings(labels))
    class_ids = stats.columns == 1 and stats.integral and not stats.nonfinite_rows
    warnings = [] if class_ids else [f"{array.key}: values other than 0 and 1"]
    return Description(lines, warnings)


def _describe_labels(labels: np.ndarray, names: Sequence[str]) -> list[str]:
    per_row, per_class = labels.sum(axis=1), labels.sum(axis=0)
    low, high = per_row.min(), per_row.max()
    names = names or [str(column) for column in range(labels.shape[1])]
    order = np.argsort(-per_class.astype(int), kind="stable")
    words = [f"{names[c]}: {per_class[c]:,}" for c in order]
    if len(words) > 40:
        words = [*words[:10], f"{len(words) - 20} between", *words[-10:]]
    return [
        f"Labels per row: {per_row.mean():.2f}, from {low} to {high}",
        f"Rows of each class, most frequent first: {'; '.join(words)}",
    ]


def _same_width(columns: int, modality: str) -> str:
    """Which published datasets have texts or labels of this width."""
    field = {"text": "text_dim", "labels": "classes"}.get(modality)
    benchmarks = BENCHMARKS.values() if field else ()
    titles = [b.title for b in benchmarks if getattr(b, str(field)) == columns]
    return f", as wide as those of {' and '.join(titles)}" if titles else ""
