"""What people see of a dataset; apart from `types`, so that reports import no JAX."""

from collections.abc import Callable, Sequence
from typing import NamedTuple


class Looks(NamedTuple):
    """What people see of a dataset's rows, the queries first, then the database."""

    names: Sequence[str] = ()
    """Of the classes; empty where they have none."""
    captions: Sequence[str] = ()
    """One a row, or none at all."""
    picture: Callable[[int], bytes | None] | None = None
    """The picture file of a row: PNG, JPEG, GIF or WebP."""
