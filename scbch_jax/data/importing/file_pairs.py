"""Two files with arrays of the same names, one of images and one of texts."""

from collections.abc import Sequence

import numpy as np

from scbch_jax.data.formats import ArrayInfo
from scbch_jax.data.importing.layout_names import HASHING_PARTS
from scbch_jax.errors import require


def with_texts_of_pairs(found: Sequence[ArrayInfo]) -> list[ArrayInfo]:
    """The arrays, those of a second file under the names that texts have.

    UHSCM's code has one modality a file, with the same names in each; of two files the
    first one is that of images. Both have the labels, which are taken from the first.

    Raises:
        InputError: if the labels of the two files differ.
    """
    features = {part.data: part.text for part in HASHING_PARTS}
    files = dict.fromkeys(array.path for array in found if array.name in features)
    if len(files) != 2:
        return list(found)
    first, second = files
    names = features | {part.labels: "" for part in HASHING_PARTS}
    others = [a for a in found if a.path != second or a.name not in names]
    labels = {array.name: array for array in others if array.path == first}
    texts = []
    for array in found:
        if array.path == second and array.name in features:
            texts.append(array._replace(key=features[array.name]))
        elif array.path == second and array.name in labels and array.name in names:
            _require_same(labels[array.name], array)
    return others + texts


def _require_same(first: ArrayInfo, second: ArrayInfo) -> None:
    same = first.shape == second.shape and np.array_equal(first.read(), second.read())
    got = f"{first.key} in {first.path} and in {second.path} that differ"
    require(same, "labels", got, "the same rows in the file of images and of texts")
