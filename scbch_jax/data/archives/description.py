"""An original in words: what was read and counted, and how published rows match."""

from collections.abc import Iterator, Sequence

import numpy as np

from scbch_jax.data.archives.base import Original, digest
from scbch_jax.data.archives.matching import Match

SHOWN = 5
"""Rows and groups that are named."""


def describe(original: Original) -> Iterator[str]:
    """What was read, each count beside the expected one, and what else is known."""
    yield original.read
    if not original.whole:
        yield (
            f"this is {original.pictures_read:,} of {original.pictures_whole:,} "
            "pictures; next to its counts are those of the whole original"
        )
    for words, count, expected in original.stages:
        beside = f"{expected:>12,}" if expected is not None else f"{'-':>12}"
        yield f"  {words:<42}{count:>12,}{beside}"
    yield from original.notes
    yield from _describe_digests(original)
    if original.absent:
        few = ", ".join(original.absent[:SHOWN])
        yield f"{len(original.absent):,} rows have no picture on disk: {few}"


def describe_match(match: Match, original: Original) -> Iterator[str]:
    """The verdict on published rows, and which rows are ambiguous or differ."""
    rows, ids = len(match.published), original.ids
    compared = "labels and texts" if len(match.columns) == 2 else "labels alone"
    yield f"published rows, by {compared}:"
    for name, moved in zip(("labels", "texts"), match.permuted, strict=False):
        if moved:
            yield f"  {moved:,} columns of {name} in another order; theirs is taken"
    if match.order:
        yield f"  {rows:,} of {rows:,} equal, in {match.order}"
        return
    if match.own_left or match.published_left:
        yield f"  {match.equal:,} of {rows:,} rows equal a published one"
        yield from _list("original rows, no equal row", match.own_left, ids)
        yield from _list("published rows, no equal row", match.published_left, ())
    else:
        share = 100 * match.placed / rows
        yield (
            f"  equal as a set: {rows:,} of {rows:,}; placed {match.placed:,} "
            f"({share:.1f} %); {rows - match.placed:,} rows in {len(match.groups):,} "
            "groups of equal rows"
        )
    for group in match.groups[:SHOWN]:
        yield f"  equal rows: {', '.join(ids[row] for row in group[:SHOWN])}"
    if match.groups:
        yield "  it is unknown which of these pictures a published row has"


def describe_part(name: str, rows: np.ndarray, ids: Sequence[str]) -> str:
    """A part of a split in words."""
    return f"  {name}: {len(rows):,} rows, {ids[rows[0]]} to {ids[rows[-1]]}"


def _describe_digests(original: Original) -> Iterator[str]:
    if not original.digests or not original.whole:
        return
    own = {"labels": original.labels, "text": original.text}
    same = {name: digest(own[name]) == sum_ for name, sum_ in original.digests.items()}
    if all(same.values()):
        yield "SHA-256 of labels and tags: as published, so rows and columns are"
        return
    differ = " and ".join(name for name, equal in same.items() if not equal)
    yield (
        f"SHA-256 of {differ}: not as published; --against FILES compares with "
        "published files and takes their order of columns"
    )


def _list(words: str, rows: Sequence[int], ids: Sequence[str]) -> Iterator[str]:
    if rows:
        few = [f"{row} ({ids[row]})" if ids else f"{row}" for row in rows[:SHOWN]]
        more = ", ..." if len(rows) > SHOWN else ""
        yield f"  {len(rows):,} {words}: {', '.join(few)}{more}"
