"""Which array is which: known layouts of datasets, and arrays that the user names.

A layout is recognized by the names of arrays; `layout_names` has them. A selector names
an array as KEY, FILE:KEY, or FILE where that has only one array.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scbch_jax.data.formats import ArrayInfo, read_strings
from scbch_jax.data.importing.layout_names import (
    LAYOUTS,
    MODALITIES,
    ROWS,
    Layout,
    SegmentNames,
)
from scbch_jax.errors import InputError, require


class Recognized(NamedTuple):
    """A layout and the arrays that fill it."""

    layout: Layout
    segments: tuple[SegmentNames, ...]
    """Those that are present."""
    arrays: tuple[tuple[ArrayInfo, ArrayInfo, ArrayInfo], ...]
    """Image features, text features and labels of each segment."""
    prefix: ArrayInfo | None = None


def recognize(found: Sequence[ArrayInfo]) -> Recognized:
    """The layout of some arrays, by their names.

    Args:
        found: all arrays of all files.

    Raises:
        InputError: if no layout is complete, or one of its arrays is present twice; the
            message names what the nearest layout lacks.
    """
    complete = [layout for layout in LAYOUTS if not missing(layout, found)]
    if complete:
        return _fill(complete[0], found)
    have = ", ".join(array.key for array in found) or "nothing"
    layout = nearest(found)
    if layout is None:
        raise InputError(
            f"layout: got {have}, which is not a known layout, wanted --image, --text "
            "and --labels to say which array is which"
        )
    lacks = "; ".join(" or ".join(names) for names in missing(layout, found))
    raise InputError(
        f"layout: got {have}, a part of the {layout.title}, wanted also {lacks} "
        "(in one file or several), or --image, --text and --labels"
    )


def nearest(found: Sequence[ArrayInfo]) -> Layout | None:
    """The layout of which the fewest arrays are missing, if any is present at all."""
    names = {array.name for array in found}
    partial = [
        layout
        for layout in LAYOUTS
        if len(missing(layout, found)) < len(_slots(layout, names)) - layout.common
    ]
    return min(partial, key=lambda layout: len(missing(layout, found)), default=None)


def missing(layout: Layout, found: Sequence[ArrayInfo]) -> list[tuple[str, ...]]:
    """The possible names of each array of a layout that is not present."""
    names = {array.name for array in found}
    return [slot for slot in _slots(layout, names) if not names & set(slot)]


def absent(like: ArrayInfo) -> ArrayInfo:
    """Stands for features that are not there yet: as many rows, and no columns."""
    rows = len(read_strings(like))
    got = f"{like.kind} of shape {like.shape}"
    require(rows > 0, f"{like.key} in {like.path}", got, "a path for each row")
    empty = np.empty((rows, 0), np.float32)
    return ArrayInfo(like.path, "", empty.shape, "float32", lambda: empty)


def named_layout(image: ArrayInfo, text: ArrayInfo, labels: ArrayInfo) -> Recognized:
    """A layout of its own for arrays that the user has named."""
    names = SegmentNames(ROWS, (image.name,), (text.name,), (labels.name,))
    layout = Layout("arrays named on the command line", (names,))
    return Recognized(layout, layout.segments, ((image, text, labels),))


def files_named(selectors: Iterable[str]) -> list[Path]:
    """The files in FILE:KEY and FILE; a plain KEY names none."""
    return [path for path, _ in map(_parse, selectors) if path is not None]


def select(field: str, selector: str, found: Sequence[ArrayInfo]) -> ArrayInfo:
    """The array that a selector names.

    Args:
        field: the option that it came from.
        selector: KEY, FILE:KEY or FILE; a key may leave out the groups that it is in.
        found: all arrays to choose from.

    Raises:
        InputError: if there is no such array, or there are several.
    """
    path, key = _parse(selector)
    file = path and os.path.realpath(path)
    here = [a for a in found if file in (None, os.path.realpath(a.path))]
    named = [array for array in here if not key or array.key == key] or [
        array for array in here if array.name == key
    ]
    have = ", ".join(dict.fromkeys(array.key for array in here)) or "nothing"
    require(bool(named), field, selector, f"the name of an array: {have}")
    several = ", ".join(f"{array.path}:{array.key}" for array in named)
    got = f"{selector}, which is {several}"
    require(len(named) == 1, field, got, "FILE:KEY of one")
    return named[0]


def _slots(layout: Layout, names: set[str]) -> list[tuple[str, ...]]:
    """The possible names of every array that a layout needs, given those present."""
    segments = _segments(layout, names)
    needed = ("labels",) if layout.pictures else MODALITIES
    slots = [getattr(segment, m) for segment in segments for m in needed]
    others = ((layout.prefix,) if layout.prefix else (), layout.pictures)
    return slots + [slot for slot in others if slot]


def _segments(layout: Layout, names: set[str]) -> tuple[SegmentNames, ...]:
    """All segments but the optional ones of which no array is present."""

    def present(segment: SegmentNames) -> bool:
        return any(names & set(getattr(segment, m)) for m in MODALITIES)

    return tuple(s for s in layout.segments if not s.optional or present(s))


def _fill(layout: Layout, found: Sequence[ArrayInfo]) -> Recognized:
    segments = _segments(layout, {array.name for array in found})

    def features(names: tuple[str, ...]) -> ArrayInfo:
        numeric = {array.name for array in found if array.numeric}
        if layout.pictures and not numeric & set(names):
            return absent(_only(layout.pictures, found))
        return _only(names, found)

    def arrays(segment: SegmentNames) -> tuple[ArrayInfo, ArrayInfo, ArrayInfo]:
        labels = _only(segment.labels, found)
        return features(segment.image), features(segment.text), labels

    prefix = _only((layout.prefix,), found) if layout.prefix else None
    return Recognized(layout, segments, tuple(map(arrays, segments)), prefix)


def _only(names: tuple[str, ...], found: Sequence[ArrayInfo]) -> ArrayInfo:
    """The one array of the first of the names that is present."""
    name = next(n for n in names if n in {array.name for array in found})
    same = [array for array in found if array.name == name]
    keys = " and ".join(f"{array.path}:{array.key}" for array in same)
    require(len(same) == 1, name, f"{len(same)} arrays, {keys}", "one of that name")
    return same[0]


def _parse(selector: str) -> tuple[Path | None, str]:
    file, colon, key = selector.rpartition(":")
    if colon and Path(file).suffix:
        return Path(file), key
    if Path(selector).is_file():
        return Path(selector), ""
    return None, selector
