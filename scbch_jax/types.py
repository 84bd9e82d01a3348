"""Records of a dataset that travel through the package; no JAX is imported here."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple


class Split(NamedTuple):
    """Aligned rows of both modalities; row i of each array is sample i."""

    image: Any
    """Image features, float [samples, image_dim]."""
    text: Any
    """Text features, float [samples, text_dim]."""
    labels: Any
    """Multi-hot labels in {0, 1}, float [samples, classes]."""


class Dataset(NamedTuple):
    """The three parts of a retrieval benchmark, with clean labels."""

    query: Split
    """Query set: searches."""
    database: Split
    """Database (also: retrieval set): is searched."""
    train: Split
    """Training set; in the published protocols a part of the database."""


class DisplayData(NamedTuple):
    """What a report shows of a dataset's rows: the queries first, then the database."""

    names: Sequence[str] = ()
    """Of the classes; empty where they have none."""
    captions: Sequence[str] = ()
    """One a row, or none at all."""
    picture: Callable[[int], bytes | None] | None = None
    """The picture file of a row: PNG, JPEG, GIF or WebP."""
