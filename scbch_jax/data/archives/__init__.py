"""Benchmarks from the archives that their makers published, called originals here.

They give labels, texts, names and the paths of pictures.
"""

import functools
from pathlib import Path
from typing import Any, Literal

from scbch_jax.data.archives import coco, iapr, matching, mirflickr, nuswide, published
from scbch_jax.data.archives.base import LABELED, TAGGED, Original, Stage
from scbch_jax.data.archives.dataset import (
    Features,
    aligned,
    in_published_columns,
    read_features,
    row_lines,
    source_of,
)
from scbch_jax.data.archives.description import (
    describe,
    describe_match,
    describe_part,
)
from scbch_jax.data.archives.files import Files
from scbch_jax.data.archives.matching import Match

READERS: dict[str, Any] = {
    "mirflickr": mirflickr.read,
    "nuswide": nuswide.read,
    "nuswide-10": functools.partial(nuswide.read, concepts=10),
    "coco": coco.read,
    "iapr": iapr.read,
}
"""What reads each original, by the name of its benchmark."""

ROWS = {"mirflickr": TAGGED, "nuswide": TAGGED}
"""Rows that most papers use; of the other benchmarks all that have a label."""


def read(
    benchmark: str,
    folder: Path,
    *,
    rows: Literal["published", "tagged", "labeled"] = "published",
    tag_order: Literal["dcmh", "listed"] = "dcmh",
) -> Original:
    """Reads an original.

    Args:
        benchmark: its name in `data.BENCHMARKS`.
        folder: with its files.
        rows: tagged, labeled, or as most papers use it.
        tag_order: of the columns of MIRFlickr's tags.

    Raises:
        InputError: for files that are missing, given twice or damaged, and for counts
            that the whole original does not have.
    """
    kept = ROWS.get(benchmark, LABELED) if rows == "published" else rows
    options = {"tag_order": tag_order} if benchmark == "mirflickr" else {}
    return READERS[benchmark](Files(folder), rows=kept, **options)


def match_files(original: Original, paths: tuple[Path, ...]) -> Match:
    """Matches an original's rows with those of published files.

    Raises:
        InputError: if the files have no such labels.
    """
    classes, words = original.labels.shape[1], original.text.shape[1]
    theirs = published.read(paths, classes=classes, words=words)
    text = original.text if words else None
    return matching.match(
        matching.Table(original.labels, text), theirs, original.orders
    )


__all__ = [
    "LABELED",
    "READERS",
    "TAGGED",
    "Features",
    "Files",
    "Match",
    "Original",
    "Stage",
    "aligned",
    "describe",
    "describe_match",
    "describe_part",
    "in_published_columns",
    "match_files",
    "read",
    "read_features",
    "row_lines",
    "source_of",
]
