"""`scbch data inspect`: what files hold, which form it is, what looks wrong."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from scbch_jax.cli import console
from scbch_jax.cli.data.import_ import arrays_of, material_of
from scbch_jax.cli.options.data_commands import InspectData
from scbch_jax.data import validation
from scbch_jax.data.formats.contents import ArrayInfo
from scbch_jax.data.importing import data_warnings, layouts, split, to_store
from scbch_jax.data.importing.align import AlignedDataset
from scbch_jax.data.importing.split import SplitRows
from scbch_jax.data.importing.stats import ArrayStats, facts, facts_of, looks_like
from scbch_jax.data.label_noise import swap
from scbch_jax.data.published import PUBLISHED, published
from scbch_jax.errors import InputError
from scbch_jax.report import as_markdown

_HEADER = ["array", "shape", "kind", "zeros", "least", "most", "looks like"]


def main(options: InspectData) -> None:
    """Prints a table of all arrays, then the set that they make, then doubts."""
    found = arrays_of(options)
    seen = [facts_of(array) for array in found]
    for path in dict.fromkeys(array.path for array in found):
        console.say(f"{path}, {_size(path)}")
    rows = [_row(*pair) for pair in zip(found, seen, strict=True)]
    console.say(as_markdown(_HEADER, rows) + "\n")
    if {array.name for array in found} >= set(layouts.NOISE_KEYS):
        doubts = _say_noise(found)
    else:
        doubts = _say_set(options, found, seen)
    fine = "Nothing looks wrong" + " with the arrays themselves" * (doubts is None)
    console.say("\nWhat looks wrong:" if doubts else f"\n{fine}.")
    for doubt in doubts or ():
        console.say(f"  - {doubt}")


def _size(path: Path) -> str:
    size = path.stat().st_size
    return f"{size / 2**20:.1f} MiB" if size >= 2**20 else f"{size / 2**10:.1f} KiB"


def _row(array: ArrayInfo, seen: ArrayStats | None) -> list[str]:
    shape = " x ".join(f"{n:,}" for n in array.shape) or "1"
    numbers = ["-", "-", "-"]
    if seen is not None:
        numbers = [f"{100 * seen.sparsity:.1f} %", f"{seen.low:g}", f"{seen.high:g}"]
    return [array.key, shape, array.kind, *numbers, looks_like(array, seen)]


def _say_set(
    options: InspectData, found: Sequence[ArrayInfo], seen: Sequence[ArrayStats | None]
) -> list[str] | None:
    """Form, sizes and labels of a whole set; of a part of one, what can be said.

    Returns:
        What looks wrong; nothing at all if it is only that it makes no set.
    """
    try:
        material = material_of(options, found)
    except InputError as error:
        console.say(f"Not a set to import as it is: {error}")
        console.say(_candidates(found, seen))
        return _say_alone(found, seen) or None
    cut = _usual_cut(material)
    # Training rows that are in the database are not counted twice.
    material = cut.material if cut else material
    image_dim, text_dim, classes = material.widths
    known = published(text_dim=text_dim, classes=classes)
    console.say(f"Form: {material.form.title}")
    console.say(f"Set: {known.title if known else 'none of the published ones'}")
    console.say(
        f"{material.samples:,} rows; image features of {image_dim:,} columns, text "
        f"features of {text_dim:,}, {classes} classes"
    )
    for key in material.turned:
        console.say(f"{key} has a sample a column; it is turned")
    if cut is not None:
        sizes = [f"{name} {len(part):,}" for name, part in cut.rows._asdict().items()]
        console.say(
            f"Split as imported by default: {cut.split} ({', '.join(sizes)} rows)"
        )
    doubts = data_warnings.of_sizes(material)
    for modality in ("image", "text"):
        doubts += data_warnings.of_features(modality, _facts(material, modality, seen))
    names = material.classes
    names = names or to_store.names_among(found, layouts.NAMES_OF_CLASSES, classes)
    _say_labels(material.labels, names)
    doubts += data_warnings.of_labels(material.labels)
    return doubts + data_warnings.of_rows(material, cut)


def _facts(
    material: AlignedDataset, modality: str, seen: Sequence[ArrayStats | None]
) -> ArrayStats:
    """Counts over one modality; those of its array, if its shape tells which."""
    place = layouts.MODALITIES.index(modality)
    shape = (material.samples, material.widths[place])
    same = [f for f in seen if f is not None and (f.rows, f.columns) == shape]
    if len(material.pieces) == 1 and len(same) == 1:
        return same[0]
    return facts(material.blocks(modality))


def _candidates(found: Sequence[ArrayInfo], seen: Sequence[ArrayStats | None]) -> str:
    """Which arrays have values like labels or features, for a person to name."""
    pairs = [(a, f) for a, f in zip(found, seen, strict=True) if f is not None]
    labels = [a.key for a, f in pairs if _may_be_labels(a, f)]
    features = [a.key for a, f in pairs if f.columns > 1 and a.key not in labels]
    names = [", ".join(keys) or "none" for keys in (labels, features)]
    return f"May be labels: {names[0]}. May be features: {names[1]}."


def _may_be_labels(array: ArrayInfo, seen: ArrayStats) -> bool:
    """By its name where that says, else by its values."""
    binary = seen.binary and seen.columns > 1
    role = layouts.role(array.name)
    return role in ("", "labels") and (
        binary or looks_like(array, seen) == "class numbers"
    )


def _usual_cut(material: AlignedDataset) -> SplitRows | None:
    """The parts as an import would cut them, if it could."""
    try:
        return split.cut_by_name(material, split.usual_split(material))
    except InputError:
        return None


def _say_alone(
    found: Sequence[ArrayInfo], seen: Sequence[ArrayStats | None]
) -> list[str]:
    """Arrays that make no set: what each is, if its name says, and what looks wrong."""
    doubts: list[str] = []
    for array, facts_ in zip(found, seen, strict=True):
        role = layouts.role(array.name)
        if facts_ is None:
            continue
        if not role:
            doubts += data_warnings.of_values(array.key, facts_)
            continue
        if role != "labels":
            console.say(
                f"{array.key}: {role} features{_width_of(facts_.columns, role)}"
            )
            doubts += data_warnings.of_features(array.key, facts_)
            continue
        console.say(f"{array.key}: labels{_width_of(facts_.columns, role)}")
        if facts_.binary and facts_.columns > 1:
            labels = validation.narrow_labels(array.key, np.asarray(array.open()[:]))
            names = to_store.names_among(
                found, layouts.NAMES_OF_CLASSES, labels.shape[1]
            )
            _say_labels(labels, names)
            doubts += data_warnings.of_labels(labels)
        elif facts_.columns > 1 or not facts_.whole or facts_.odd_rows:
            doubts.append(f"{array.key}: values other than 0 and 1")
    return doubts


def _width_of(columns: int, role: str) -> str:
    """Whose published texts or labels are this wide."""
    field = {"text": "text_dim", "labels": "classes"}.get(role)
    titles = [p.title for p in PUBLISHED if field and getattr(p, field) == columns]
    return f", as wide as those of {' and '.join(titles)}" if titles else ""


def _say_labels(labels: np.ndarray, names: Sequence[str]) -> None:
    per_row, per_class = labels.sum(axis=1), labels.sum(axis=0)
    console.say(
        f"Labels a row: {per_row.mean():.2f}, from {per_row.min()} to {per_row.max()}"
    )
    names = names or [str(column) for column in range(labels.shape[1])]
    order = np.argsort(-per_class.astype(int), kind="stable")
    words = [f"{names[c]}: {per_class[c]:,}" for c in order]
    if len(words) > 40:
        words = [*words[:10], f"{len(words) - 20} between", *words[-10:]]
    console.say(f"Rows of each class, by number: {'; '.join(words)}")


def _say_noise(found: Sequence[ArrayInfo]) -> list[str]:
    """A noise file of the NRCH code: how much is noisy, and how."""
    arrays = {array.name: np.asarray(array.open()[:]) for array in found}
    clean, noisy = (
        validation.check_labels(name, arrays[name]) for name in layouts.NOISE_KEYS
    )
    if clean.shape != noisy.shape:
        return [f"rows: True has shape {clean.shape}, result {noisy.shape}"]
    hit, classes = swap.corrupted_rows(noisy, clean), clean.shape[1]
    changes = swap.flips(noisy, clean)
    added, kept = int(changes.added.sum()), ((noisy > 0) & (clean > 0)).sum()
    console.say(
        "Noise file of the NRCH code: clean (True) and noisy (result) training labels\n"
        f"{len(clean):,} rows, {classes} classes{_width_of(classes, 'labels')}\n"
        f"{hit.sum():,} rows are noisy, {100 * hit.mean():.1f} %\n"
        f"{added:,} labels added and {len(changes.rows) - added:,} removed, "
        f"{100 * len(changes.rows) / clean.size:.2f} % of all entries\n"
        f"{100 * kept / max(1, noisy.sum()):.1f} % of the noisy labels are right"
    )
    _say_labels(clean.astype(np.uint8), ())
    return data_warnings.of_labels(noisy)
