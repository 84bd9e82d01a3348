"""What the manifest of an index names, read: segments, removed ids, checksums."""

from pathlib import Path
from typing import Any

import numpy as np

from scbch_jax.errors import InputError, require
from scbch_jax.index import derived, segment
from scbch_jax.index.manifest import ENCODER, Manifest, read_manifest
from scbch_jax.index.segment import Segment


def open_segments(path: Path, manifest: Manifest) -> list[Segment]:
    """Maps the files of all segments.

    Raises:
        InputError: if a file is missing, or its size or kind is wrong.
    """
    return [
        segment.read(path / "segments" / part["name"], part["files"])
        for part in manifest.segments
    ]


def read_removed(path: Path, manifest: Manifest) -> Any:
    """Ascending ids that were removed."""
    if manifest.removed is None:
        return np.zeros(0, np.int64)
    file = path / "removed" / manifest.removed["name"]
    try:
        return np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"index: got {file}, damaged; wanted removed ids") from error


def verify(path: Path) -> list[str]:
    """Reads every byte of the files that the manifest names.

    Returns:
        The files that are missing or changed.
    """
    manifest = read_manifest(path)
    damaged = []
    for part in manifest.segments:
        folder = path / "segments" / part["name"]
        damaged += segment.check_bytes(folder, part["files"])
    if manifest.removed is not None:
        file = {manifest.removed["name"]: manifest.removed["facts"]}
        damaged += segment.check_bytes(path / "removed", file)
    for folder, files in (
        (derived.FOLDER, derived.files_of(manifest)),
        (ENCODER, manifest.encoder_files or {}),
    ):
        damaged += segment.check_bytes(path / folder, files)
    return damaged


def find_name(segments: list[Segment], removed: Any, name: str) -> int | None:
    """The id of the row of that name that is not removed."""
    for part in reversed(segments):
        for row in part.rows_named(name):
            item = int(part.ids[row])
            if not _contains(removed, item):
                return item
    return None


def living_id(segments: list[Segment], removed: Any, item: int) -> int:
    """The same id; raises `InputError` if no row has it, or the row was removed."""
    known = any(_contains(part.ids, item) for part in segments)
    known = known and not _contains(removed, item)
    require(known, "ids", item, "the id of a row that is in the index")
    return item


def _contains(ascending: Any, item: int) -> bool:
    place = int(np.searchsorted(ascending, item))
    return place < len(ascending) and int(ascending[place]) == item
