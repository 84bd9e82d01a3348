"""Names of arrays in the layouts in which datasets circulate.

File names play no part. A layout is a row of `LAYOUTS`: to add one, add a row.
"""

from collections.abc import Collection
from typing import NamedTuple

MODALITIES = ("image", "text", "labels")

ROWS = "rows"
"""The part of a segment that the file does not assign to a part of a split."""


class SegmentNames(NamedTuple):
    """Names of the arrays of a segment, whose rows align; any one of each will do."""

    part: str
    """query, train, database or valid, or `ROWS`."""
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
    pictures: tuple[str, ...] = ()
    """Names of the paths of pictures, of which one must be there; then the dataset is
    complete without features, which are computed of the pictures and texts."""


LISTED_TAGS = "all_tags as 0 and 1"
"""Name of the bags of words that lists of tags make; see `text_lists`."""

KEYED_IMAGES, KEYED_TEXTS = "feats of images", "feats of texts"
KEYED_LABELS = "Y_multi"
"""Names of arrays whose rows were matched by keys; see `keyed_rows`."""


class HashingPart(NamedTuple):
    """Names of a part of a split in the UHSCM and DAPH code."""

    part: str
    data: str
    """Of images; where a file has one modality, of that one. See `file_pairs`."""
    text: str
    labels: str


HASHING_PARTS = (
    HashingPart("query", "test_data", "test_y", "test_L"),
    HashingPart("database", "data_set", "dataset_y", "dataset_L"),
    HashingPart("train", "train_data", "train_y", "train_L"),
)


def _pair(part: str, prefix: str, *, optional: bool = False) -> SegmentNames:
    return SegmentNames(
        part,
        (f"{prefix}_img", f"{prefix}_fc7"),
        (f"{prefix}_text", f"{prefix}_txt"),
        (f"{prefix}_label", f"{prefix}_img_lab"),
        optional,
    )


def _cells(part: str, name: str, *, optional: bool = False) -> SegmentNames:
    """Views are cells, of which images are the first and texts the second."""
    image, text, labels = f"{name}{{1}}", f"{name}{{2}}", f"{name}_labels{{1}}"
    return SegmentNames(part, (image,), (text,), (labels,), optional)


def _deep(prefix: str, *, optional: bool = False) -> SegmentNames:
    return SegmentNames(
        ROWS,
        (f"{prefix}_imgs_deep",),
        (f"{prefix}_text", f"{prefix}_texts", f"{prefix}_texts_doc"),
        (f"{prefix}_imgs_labels",),
        optional,
    )


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
        "training, query and retrieval parts",
        (
            SegmentNames("query", ("query_image",), ("query_text",), ("query_label",)),
            SegmentNames(
                "database",
                ("retrieval_image",),
                ("retrieval_text",),
                ("retrieval_label",),
            ),
            SegmentNames("train", ("train_image",), ("train_text",), ("train_label",)),
        ),
    ),
    Layout(
        "training and test part, as sets with noisy labels circulate",
        (
            _pair("query", "te"),
            _pair("train", "tr"),
            _pair("valid", "val", optional=True),
        ),
    ),
    Layout(
        "features of CNN and bags of words in two parts",
        (
            SegmentNames("query", ("I_te_CNN",), ("T_te_BOW",), ("teImgCat",)),
            SegmentNames("train", ("I_tr_CNN",), ("T_tr_BOW",), ("trImgCat",)),
        ),
    ),
    Layout(
        "training and test part of the DSCMR code",
        (
            SegmentNames("query", ("test_img",), ("test_txt",), ("test_img_lab",)),
            SegmentNames("train", ("train_img",), ("train_txt",), ("train_img_lab",)),
        ),
    ),
    Layout(
        "database, training and test part of the UHSCM and DAPH code",
        tuple(
            SegmentNames(names.part, (names.data,), (names.text,), (names.labels,))
            for names in HASHING_PARTS
        ),
    ),
    Layout(
        "cells of views in parts, as XMediaNet circulates",
        (
            _cells("query", "test"),
            _cells("train", "train"),
            _cells("valid", "valid", optional=True),
        ),
    ),
    Layout(
        "features by CLIP with keys, as IAPR TC-12 circulates",
        (SegmentNames(ROWS, (KEYED_IMAGES,), (KEYED_TEXTS,), (KEYED_LABELS,)),),
    ),
    Layout(
        "features, tags and labels of the UCCH, NRCH and SCBCH code",
        (SegmentNames(ROWS, ("XAll",), ("YAll",), ("LAll",)),),
    ),
    Layout(
        "deep features and Doc2Vec in parts, as MS-COCO circulates",
        (_deep("train"), _deep("valid", optional=True), _deep("test")),
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
                ("IAll", "images", "image", "X_I"),
                ("YAll", "TAll", "tags", "texts", "text", "caption_one_hot", "X_T"),
                ("LAll", "labels", "label", "category", "label_t"),
            ),
        ),
        common=True,
    ),
    Layout(
        "picture paths, captions and labels of the DCHMT and MITH code",
        (
            SegmentNames(
                ROWS,
                ("image", "features", "X_I"),
                ("caption_one_hot", "YAll", LISTED_TAGS, "text", "X_T"),
                ("category", "label", "label_t", "LAll", "labels", "all_labels"),
            ),
        ),
        common=True,
        pictures=("index", "imgs", "all_imgs", "FAll"),
    ),
)

NOISE_KEYS = (
    ("True", "result"),
    ("True", "noisy"),
    ("clean", "noisy"),
    ("true_labels", "noisy_labels"),
    ("", "noisy_label"),
)
"""Arrays of noise files: clean training labels, if they are there, and noisy ones."""

NAMES_OF_CLASSES = ("label_names", "class_names", "classes", "vocab255")
NAMES_OF_WORDS = ("tag_names", "words", "vocabulary", "TagList")
NAMES_OF_PICTURES = ("FAll", "file_names", "filenames", "image_names", "picture")
NAMES_OF_PICTURES += ("index", "imgs", "all_imgs")
NAMES_OF_TEXTS = ("captions", "caption", "sentences", "texts", "text", "tags")
NAMES_OF_TEXTS += ("all_tags", "all_txts")


def noise_keys(names: Collection[str]) -> tuple[str, str] | None:
    """Names of the clean and noisy labels of a noise file; None for other files.

    >>> noise_keys(["noisy", "clean"])
    ('clean', 'noisy')
    """
    pairs = (pair for pair in NOISE_KEYS if {*names, ""}.issuperset(pair))
    # Noisy labels alone make a noise file only where they are alone.
    return next((p for p in pairs if all(p) or len(names) == 1), None)


def modality_of(name: str) -> str:
    """The modality of arrays of this name in the first layout that has it, or ''."""
    for layout in LAYOUTS:
        for segment in layout.segments:
            for modality in MODALITIES:
                if name in getattr(segment, modality):
                    return modality
    return ""
