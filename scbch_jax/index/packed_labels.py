"""Labels of an index: a bit for each class, and filters by names of classes."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, UInt8

from scbch_jax.errors import require
from scbch_jax.index.manifest import Manifest


class Where(NamedTuple):
    """Which items may be found, by the names of their classes."""

    any_of: tuple[str, ...] = ()
    """At least one of these; no condition if there are none."""
    all_of: tuple[str, ...] = ()
    """All of these."""
    none_of: tuple[str, ...] = ()
    """None of these."""


Masks = dict[str, UInt8[np.ndarray, " label_bytes"]]
"""The packed bits of the classes of each condition, by its name in `Where`."""


def masks(where: Where, manifest: Manifest) -> Masks:
    """The conditions of a filter that has any.

    Raises:
        InputError: for a class that the index does not have.
    """
    classes = manifest.classes
    for name in (name for names in where for name in names):
        require(bool(classes), "labels", name, "an index with labels")
        require(name in classes, "labels", name, f"one of {', '.join(classes)}")
    return {
        condition: np.packbits([name in names for name in classes])
        for condition, names in where._asdict().items()
        if names
    }


def passing(
    labels: UInt8[np.ndarray, "rows label_bytes"] | None, conditions: Masks, rows: int
) -> Bool[np.ndarray, " rows"]:
    """Whether each row passes all conditions."""
    tests = {
        "any_of": lambda bits, mask: bits.any(axis=1),
        "all_of": lambda bits, mask: (bits == mask).all(axis=1),
        "none_of": lambda bits, mask: ~bits.any(axis=1),
    }
    passed = np.ones(rows, bool)
    for condition, mask in conditions.items():
        assert labels is not None
        passed &= tests[condition](labels & mask, mask)
    return passed


def names_of(packed: bytes, classes: list[str]) -> list[str]:
    """Names of the classes whose bits are set.

    >>> names_of(bytes([0b1010_0000]), ["cat", "dog", "sky"])
    ['cat', 'sky']
    """
    bits = np.unpackbits(np.frombuffer(packed, np.uint8), count=len(classes))
    return [classes[column] for column in np.flatnonzero(bits)]
