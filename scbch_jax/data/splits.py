"""Query set, database and training set, and the checks of their values."""

import numpy as np

from scbch_jax.checks import require
from scbch_jax.types import Dataset, Split


def queries_first(rows: Split, *, queries: int, train: int) -> Dataset:
    """Cuts as NRCH and SCBCH do: queries, then the database, whose first rows train.

    Args:
        rows: all samples, [samples, ...].
        queries: rows of the query set.
        train: rows of the training set.

    Raises:
        InputError: if the rows are too few.
    """
    samples = len(rows.labels)
    require(
        samples >= queries + train,
        "rows",
        samples,
        f"at least {queries} queries and {train} training rows",
    )

    def cut(start: int, stop: int) -> Split:
        return Split(*(array[start:stop] for array in rows))

    return Dataset(
        query=cut(0, queries),
        database=cut(queries, samples),
        train=cut(queries, queries + train),
    )


def check_dataset(dataset: Dataset) -> Dataset:
    """Checks the values of every part, and makes all arrays float32.

    Rows without a label and single rows of zeros are allowed.

    Raises:
        InputError: for an empty part, arrays that do not align, labels other than 0
            and 1, features that are NaN or infinite, or a modality that is all zero.
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
    features = np.asarray(features)
    shape = features.shape
    require(
        features.ndim == 2 and features.size > 0,
        field,
        f"shape {shape}",
        "a matrix with a row for each sample, one at least",
    )
    require(not width or shape[1] == width, field, f"{shape[1]} columns", f"{width}")
    require(
        features.dtype.kind in "fiub", field, f"{features.dtype} values", "real numbers"
    )
    with np.errstate(over="ignore"):
        narrow = features.astype(np.float32)
    bad = int(np.sum(~np.isfinite(narrow).all(axis=1)))
    wanted = "finite numbers within float32"
    require(not bad, field, f"NaN or infinity in {bad} rows", wanted)
    require(bool(narrow.any()), field, "only zeros", "features")
    return narrow


def check_labels(field: str, labels: np.ndarray) -> np.ndarray:
    """Checks multi-hot labels, and makes them float32; rows without labels are allowed.

    Raises:
        InputError: for anything but a matrix of 0 and 1.
    """
    labels = np.asarray(labels)
    require(
        labels.ndim == 2 and labels.size > 0,
        field,
        f"shape {labels.shape}",
        "a matrix with a row for each sample, one at least",
    )
    require(
        labels.dtype.kind in "fiub", field, f"{labels.dtype} values", "numbers 0 and 1"
    )
    odd = labels[(labels != 0) & (labels != 1)]
    require(not odd.size, field, f"the value {next(odd.flat, 0):g}", "only 0 and 1")
    return labels.astype(np.float32)


def _checked(part: str, split: Split) -> Split:
    labels = check_labels(f"{part}.labels", split.labels)
    image = check_features(f"{part}.image", split.image)
    text = check_features(f"{part}.text", split.text)
    for name, array in (("image", image), ("text", text)):
        require(
            len(array) == len(labels),
            f"{part}.{name}",
            f"{len(array)} rows",
            f"{len(labels)} as {part}.labels: rows that align",
        )
    return Split(image, text, labels)
