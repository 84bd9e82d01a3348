"""Labels as they come, multi-hot or one class number a row, as multi-hot rows."""

from collections.abc import Mapping

import numpy as np

from scbch_jax.data.validation import narrow_labels
from scbch_jax.errors import require


def multi_hot(parts: Mapping[str, np.ndarray]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Labels of all parts, one below the other.

    Args:
        parts: by the name that messages use: multi-hot rows, or class numbers [n].

    Returns:
        uint8 [samples, classes], and the class number of each column, or nothing where
        labels were multi-hot already.

    Raises:
        InputError: for labels other than 0 and 1, class numbers that are no whole
            numbers or as many as the rows, or both forms side by side.
    """
    axes = {labels.ndim for labels in parts.values()}
    got = ", ".join(f"{name} of shape {x.shape}" for name, x in parts.items())
    require(len(axes) == 1, "labels", got, "multi-hot rows or class numbers, not both")
    if axes == {2}:
        return np.concatenate([narrow_labels(*part) for part in parts.items()]), ()
    numbers = np.concatenate([_whole(*part) for part in parts.items()])
    classes = np.unique(numbers)
    got = f"{len(classes)} different class numbers in {len(numbers)} rows"
    wanted = "at least 2, and fewer than rows"
    require(1 < len(classes) < len(numbers), "labels", got, wanted)
    hot = (numbers[:, None] == classes).astype(np.uint8)
    return hot, tuple(map(str, classes))


def _whole(field: str, labels: np.ndarray) -> np.ndarray:
    """Class numbers as int64."""
    with np.errstate(invalid="ignore"):
        whole = labels.astype(np.int64)
    odd = labels[whole != labels]
    got = f"the value {next(odd.flat, 0):g}"
    require(not odd.size, field, got, "class numbers, or rows of 0 and 1")
    return whole
