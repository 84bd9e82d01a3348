"""Which array is which: known layouts of datasets, and arrays that the user names.

A layout is recognized by the names of arrays; file names play no part. It is a row of
`LAYOUTS`: to add one, add a row. A selector names an array as KEY, FILE:KEY, or FILE
where that has only one array.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from scbch_jax.data.formats import ArrayInfo
from scbch_jax.errors import InputError, require

MODALITIES = ("image", "text", "labels")

ROWS = "rows"
"""The part of a segment that the file does not assign to a part of a split."""


class SegmentNames(NamedTuple):
    """Names of the arrays of a segment, whose rows align; any one of each will do."""

    part: str
    """query, train or database, or `ROWS`."""
    image: tuple[str, ...]
    text: tuple[str, ...]
    labels: tuple[str, ...]
    optional: bool = False
    """Whether the dataset is complete without this segment."""


class Layout(NamedTuple):
    """One convention for the names of all arrays of a dataset."""

    title: str
    segments: tuple[SegmentNames, ...]
    """Their rows are concatenated."""
    prefix: str = ""
    """Array with the row numbers that image features cover, where only the first rows
    have them."""
    common: bool = False
    """Whether the names are so common that one alone does not identify the layout."""


class Recognized(NamedTuple):
    """A layout and the arrays that fill it."""

    layout: Layout
    segments: tuple[SegmentNames, ...]
    """Those that are present."""
    arrays: tuple[tuple[ArrayInfo, ArrayInfo, ArrayInfo], ...]
    """Image features, text features and labels of each segment."""
    prefix: ArrayInfo | None = None


LAYOUTS = (
    Layout(
        "split file of the SCBCH and NRCH code",
        (
            SegmentNames("query", ("ImgQuery",), ("TagQuery",), ("LabQuery",)),
            SegmentNames(
                "database", ("ImgDataBase",), ("TagDataBase",), ("LabDataBase",)
            ),
            SegmentNames("train", ("ImgTrain",), ("TagTrain",), ("LabTrain",)),
        ),
    ),
    Layout(
        "split file of the DJSRH family",
        (
            SegmentNames("query", ("I_te",), ("T_te",), ("L_te",)),
            SegmentNames("database", ("I_db",), ("T_db",), ("L_db",), optional=True),
            SegmentNames("train", ("I_tr",), ("T_tr",), ("L_tr",)),
        ),
    ),
    Layout(
        "features, tags and labels of the UCCH, NRCH and SCBCH code",
        (SegmentNames(ROWS, ("XAll",), ("YAll",), ("LAll",)),),
    ),
    Layout(
        "deep features and Doc2Vec in two parts, as MS-COCO circulates",
        (
            SegmentNames(
                ROWS,
                ("train_imgs_deep",),
                ("train_text", "train_texts", "train_texts_doc"),
                ("train_imgs_labels",),
            ),
            SegmentNames(
                ROWS,
                ("test_imgs_deep",),
                ("test_text", "test_texts", "test_texts_doc"),
                ("test_imgs_labels",),
            ),
        ),
    ),
    Layout(
        "database and test part, as IAPR TC-12 circulates",
        (
            SegmentNames(ROWS, ("VDatabase",), ("YDatabase",), ("databaseL",)),
            SegmentNames(ROWS, ("VTest",), ("YTest",), ("testL",)),
        ),
    ),
    Layout(
        "features of the first rows, with tags and labels of all rows",
        (SegmentNames(ROWS, ("features",), ("YAll",), ("LAll",)),),
        prefix="row",
    ),
    Layout(
        "images, tags and labels of the DCMH family",
        (
            SegmentNames(
                ROWS,
                ("IAll", "images", "image"),
                ("YAll", "tags", "texts", "text"),
                ("LAll", "labels", "label"),
            ),
        ),
        common=True,
    ),
)

NOISE_KEYS = ("True", "result")
"""Arrays of a noise file of the NRCH code: clean and noisy training labels."""

NAMES_OF_CLASSES = ("label_names", "class_names", "classes")
NAMES_OF_WORDS = ("tag_names", "words", "vocabulary")
NAMES_OF_PICTURES = ("FAll", "file_names", "filenames", "image_names", "picture")
NAMES_OF_TEXTS = ("captions", "caption", "sentences", "texts", "text", "tags")


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
            f"layout: got {have}, which is no known layout, wanted --image, --text "
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


def modality_of(name: str) -> str:
    """The modality of arrays of this name in the first layout that has it, or ''."""
    for layout in LAYOUTS:
        for segment in layout.segments:
            for modality in MODALITIES:
                if name in getattr(segment, modality):
                    return modality
    return ""


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
    slots = [getattr(segment, m) for segment in segments for m in MODALITIES]
    return slots + ([(layout.prefix,)] if layout.prefix else [])


def _segments(layout: Layout, names: set[str]) -> tuple[SegmentNames, ...]:
    """All segments but the optional ones of which no array is present."""

    def present(segment: SegmentNames) -> bool:
        return any(names & set(getattr(segment, m)) for m in MODALITIES)

    return tuple(s for s in layout.segments if not s.optional or present(s))


def _fill(layout: Layout, found: Sequence[ArrayInfo]) -> Recognized:
    segments = _segments(layout, {array.name for array in found})

    def arrays(segment: SegmentNames) -> tuple[ArrayInfo, ArrayInfo, ArrayInfo]:
        image, text, labels = (_only(getattr(segment, m), found) for m in MODALITIES)
        return image, text, labels

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
