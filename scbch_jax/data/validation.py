"""Checks of values: features that are finite numbers, labels that are 0 and 1."""

import numpy as np

from scbch_jax.errors import require
from scbch_jax.types import Dataset, Split

BLOCK = 16_384
"""Rows whose values are checked at once."""


def check_dataset(dataset: Dataset) -> Dataset:
    """Checks the values of every part, and makes all arrays float32.

    Rows without a label and single rows of zeros are allowed.

    Raises:
        InputError: for an empty part, arrays that do not align, labels other than 0
            and 1, features that are NaN or infinite, or labels or a modality that are
            all zero.
    """
    parts = {name: _checked(name, part) for name, part in dataset._asdict().items()}
    return Dataset(**parts)


def check_features(field: str, features: np.ndarray, *, width: int = 0) -> np.ndarray:
    """Checks the values of one modality's features, and makes them float32.

    Args:
        field: what the messages call them.
        features: one row a sample; single rows of zeros are allowed.
        width: how many columns there must be; any number if 0.

    Raises:
        InputError: for anything but a matrix of finite real numbers that are not all 0.
    """
    narrow = narrow_features(field, np.asarray(features))
    columns = narrow.shape[1]
    require(not width or columns == width, field, f"{columns} columns", f"{width}")
    require(bool(narrow.any()), field, "only zeros", "features")
    return narrow


def narrow_features(field: str, features: np.ndarray, *, first: int = 0) -> np.ndarray:
    """Some rows of features as float32, the same array if they are that already.

    Args:
        field: what the messages call them.
        features: the rows.
        first: number of the first of them, for the messages.

    Raises:
        InputError: for anything but a matrix of finite real numbers.
    """
    _require_matrix(field, features)
    require(
        features.dtype.kind in "fiub", field, f"{features.dtype} values", "real numbers"
    )
    with np.errstate(over="ignore"):
        narrow = features.astype(np.float32, copy=False)
    require_finite(field, narrow, "finite numbers within float32", first=first)
    return narrow


def require_finite(
    field: str, rows: np.ndarray, wanted: str = "finite numbers", *, first: int = 0
) -> None:
    """Raises `InputError`, which names the first row with NaN or infinity."""
    # In blocks: the truth of each value of a mapped file may take much memory.
    for start in range(0, len(rows), BLOCK):
        wrong = np.argwhere(~np.isfinite(rows[start : start + BLOCK]))
        row = first + start + wrong[0][0] if len(wrong) else 0
        got = f"NaN or infinity in row {row}, counted from 0"
        require(not len(wrong), field, got, wanted)


def check_labels(field: str, labels: np.ndarray) -> np.ndarray:
    """Checks multi-hot labels, and makes them float32; rows without labels are allowed.

    Raises:
        InputError: for anything but a matrix of 0 and 1.
    """
    return narrow_labels(field, np.asarray(labels)).astype(np.float32)


def narrow_labels(field: str, labels: np.ndarray, *, first: int = 0) -> np.ndarray:
    """Some rows of labels as uint8; rows without labels are allowed.

    Args:
        field: what the messages call them.
        labels: the rows.
        first: number of the first of them, for the messages.

    Raises:
        InputError: for anything but a matrix of 0 and 1.
    """
    _require_matrix(field, labels)
    require(
        labels.dtype.kind in "fiub", field, f"{labels.dtype} values", "numbers 0 and 1"
    )
    others = np.argwhere((labels != 0) & (labels != 1))
    if len(others):
        row, column = others[0]
        got = f"the value {labels[row, column]:g} in row {first + row}, counted from 0"
        require(False, field, got, "only 0 and 1")
    return labels.astype(np.uint8)


def require_positive(field: str, labels: np.ndarray) -> None:
    """Raises `InputError` if all labels are 0: there is nothing to learn or to find."""
    wanted = "labels, of which some are 1"
    require(bool(np.any(labels)), field, "only zeros", wanted)


def _require_matrix(field: str, array: np.ndarray) -> None:
    wanted = "a matrix with a row for each sample, one at least"
    fits = array.ndim == 2 and array.size > 0
    require(fits, field, f"shape {array.shape}", wanted)


def _checked(part: str, split: Split) -> Split:
    labels = check_labels(f"{part}.labels", split.labels)
    require_positive(f"{part}.labels", labels)
    image = check_features(f"{part}.image", split.image)
    text = check_features(f"{part}.text", split.text)
    for name, array in (("image", image), ("text", text)):
        require(
            len(array) == len(labels),
            f"{part}.{name}",
            f"{len(array)} rows",
            f"{len(labels)} as {part}.labels",
        )
    return Split(image, text, labels)
