"""Checks of values: features that are finite numbers, labels that are 0 and 1."""

import numpy as np

from scbch_jax.errors import require
from scbch_jax.types import Dataset, Split


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


def narrow_features(field: str, features: np.ndarray) -> np.ndarray:
    """Some rows of features as float32, the same array if they are that already.

    Raises:
        InputError: for anything but a matrix of finite real numbers.
    """
    _require_matrix(field, features)
    require(
        features.dtype.kind in "fiub", field, f"{features.dtype} values", "real numbers"
    )
    with np.errstate(over="ignore"):
        narrow = features.astype(np.float32, copy=False)
    bad = int(np.sum(~np.isfinite(narrow).all(axis=1)))
    wanted = "finite numbers within float32"
    require(not bad, field, f"NaN or infinity in {bad} rows", wanted)
    return narrow


def check_labels(field: str, labels: np.ndarray) -> np.ndarray:
    """Checks multi-hot labels, and makes them float32; rows without labels are allowed.

    Raises:
        InputError: for anything but a matrix of 0 and 1.
    """
    return narrow_labels(field, np.asarray(labels)).astype(np.float32)


def narrow_labels(field: str, labels: np.ndarray) -> np.ndarray:
    """Some rows of labels as uint8; rows without labels are allowed.

    Raises:
        InputError: for anything but a matrix of 0 and 1.
    """
    _require_matrix(field, labels)
    require(
        labels.dtype.kind in "fiub", field, f"{labels.dtype} values", "numbers 0 and 1"
    )
    others = labels[(labels != 0) & (labels != 1)]
    got = f"the value {next(others.flat, 0):g}"
    require(not others.size, field, got, "only 0 and 1")
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
