"""The forms in which feature sets circulate, told apart by the names of arrays.

A form is a row of `FORMS`: to add one, add a row. File names are never looked at.
"""

from collections.abc import Sequence
from typing import NamedTuple

from scbch_jax.data.formats.contents import ArrayInfo
from scbch_jax.errors import InputError, require

MODALITIES = ("image", "text", "labels")


class Segment(NamedTuple):
    """Arrays whose rows belong together; each may have any one of several names."""

    part: str
    """query, train or database, or `rows` where a named split is to cut them."""
    image: tuple[str, ...]
    text: tuple[str, ...]
    labels: tuple[str, ...]
    optional: bool = False
    """True if the set is whole where nothing of it is there."""


class Form(NamedTuple):
    """One way in which all arrays of a set are named."""

    title: str
    segments: tuple[Segment, ...]
    """Their rows follow each other."""
    prefix: str = ""
    """Array with the row numbers that the images cover, where these are the first."""
    needs: tuple[str, ...] = ()
    """Other arrays without which the images mean something else."""
    common: bool = False
    """True for names so common that a single one says nothing."""


class Recognised(NamedTuple):
    """A form, and the arrays that are its parts."""

    form: Form
    segments: tuple[Segment, ...]
    """Those that are there."""
    arrays: tuple[tuple[ArrayInfo, ArrayInfo, ArrayInfo], ...]
    """Image features, text features and labels of each segment."""
    prefix: ArrayInfo | None = None


FORMS = (
    Form(
        "split file of the SCBCH and NRCH code",
        (
            Segment("query", ("ImgQuery",), ("TagQuery",), ("LabQuery",)),
            Segment("database", ("ImgDataBase",), ("TagDataBase",), ("LabDataBase",)),
            Segment("train", ("ImgTrain",), ("TagTrain",), ("LabTrain",)),
        ),
    ),
    Form(
        "split file of the DJSRH family",
        (
            Segment("query", ("I_te",), ("T_te",), ("L_te",)),
            Segment("database", ("I_db",), ("T_db",), ("L_db",), optional=True),
            Segment("train", ("I_tr",), ("T_tr",), ("L_tr",)),
        ),
    ),
    Form(
        "features, tags and labels of the UCCH, NRCH and SCBCH code",
        (Segment("rows", ("XAll",), ("YAll",), ("LAll",)),),
    ),
    Form(
        "deep features and Doc2Vec in two parts, as MS-COCO circulates",
        (
            Segment(
                "rows",
                ("train_imgs_deep",),
                ("train_text", "train_texts", "train_texts_doc"),
                ("train_imgs_labels",),
            ),
            Segment(
                "rows",
                ("test_imgs_deep",),
                ("test_text", "test_texts", "test_texts_doc"),
                ("test_imgs_labels",),
            ),
        ),
    ),
    Form(
        "database and test part, as IAPR TC-12 circulates",
        (
            Segment("rows", ("VDatabase",), ("YDatabase",), ("databaseL",)),
            Segment("rows", ("VTest",), ("YTest",), ("testL",)),
        ),
    ),
    Form(
        "features of the first rows, with tags and labels of all rows",
        (Segment("rows", ("features",), ("YAll",), ("LAll",)),),
        prefix="row",
        needs=("scale",),
    ),
    Form(
        "images, tags and labels of the DCMH family",
        (
            Segment(
                "rows",
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


def recognise(found: Sequence[ArrayInfo]) -> Recognised:
    """The form of some arrays, by their names.

    Args:
        found: all arrays of all files.

    Raises:
        InputError: if no form has all its arrays here, or one of them is here twice:
            what the nearest form lacks.
    """
    whole = [form for form in FORMS if not missing(form, found)]
    if whole:
        return _of_form(whole[0], found)
    have = ", ".join(f.key for f in found) or "nothing"
    form = nearest(found)
    if form is None:
        raise InputError(
            f"form: got {have}, which is none that is known, wanted --image, --text "
            "and --labels to say which array is which"
        )
    lacks = "; ".join(" or ".join(names) for names in missing(form, found))
    raise InputError(
        f"form: got {have}, a part of the {form.title}, wanted beside that {lacks} "
        "(in one file or several), or --image, --text and --labels"
    )


def nearest(found: Sequence[ArrayInfo]) -> Form | None:
    """The form of whose arrays the fewest are missing, if any are here at all."""
    names = {f.name for f in found}
    partial = [
        form
        for form in FORMS
        if len(missing(form, found)) < len(_slots(form, names)) - int(form.common)
    ]
    return min(partial, key=lambda f: len(missing(f, found)), default=None)


def missing(form: Form, found: Sequence[ArrayInfo]) -> list[tuple[str, ...]]:
    """The names of each array of a form that is not here."""
    names = {f.name for f in found}
    return [slot for slot in _slots(form, names) if not names & set(slot)]


def role(name: str) -> str:
    """What an array of this name is in the first form that has it, or nothing."""
    for form in FORMS:
        for segment in form.segments:
            for modality in MODALITIES:
                if name in getattr(segment, modality):
                    return modality
    return ""


def by_keys(image: ArrayInfo, text: ArrayInfo, labels: ArrayInfo) -> Recognised:
    """A form of its own for arrays that a person has named."""
    parts = (image, text, labels)
    segment = Segment("rows", (image.name,), (text.name,), (labels.name,))
    form = Form("arrays named on the command line", (segment,))
    return Recognised(form, form.segments, (parts,))


def _slots(form: Form, names: set[str]) -> list[tuple[str, ...]]:
    """The names of every array that a form must have, beside those that are there."""
    slots = [getattr(s, m) for s in _segments(form, names) for m in MODALITIES]
    return slots + [(name,) for name in (form.prefix, *form.needs) if name]


def _segments(form: Form, names: set[str]) -> tuple[Segment, ...]:
    """All segments but the optional ones of which nothing is there."""

    def there(segment: Segment) -> bool:
        return any(names & set(getattr(segment, m)) for m in MODALITIES)

    return tuple(s for s in form.segments if not s.optional or there(s))


def _of_form(form: Form, found: Sequence[ArrayInfo]) -> Recognised:
    segments = _segments(form, {f.name for f in found})

    def arrays(segment: Segment) -> tuple[ArrayInfo, ArrayInfo, ArrayInfo]:
        image, text, labels = (_pick(getattr(segment, m), found) for m in MODALITIES)
        return image, text, labels

    prefix = _pick((form.prefix,), found) if form.prefix else None
    return Recognised(form, segments, tuple(map(arrays, segments)), prefix)


def _pick(names: tuple[str, ...], found: Sequence[ArrayInfo]) -> ArrayInfo:
    """The array of the first of the names that is here, which must be here once."""
    name = next(n for n in names if n in {f.name for f in found})
    same = [f for f in found if f.name == name]
    places = " and ".join(f"{f.path}:{f.key}" for f in same)
    require(len(same) == 1, name, f"{len(same)} arrays, {places}", "it once")
    return same[0]
