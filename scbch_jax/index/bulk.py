"""Indexes and searches of many rows: parts are computed wherever a map puts them."""

import itertools
import os
import uuid
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import UInt8

from scbch_jax import io
from scbch_jax.errors import require
from scbch_jax.index import checks, folder, segment
from scbch_jax.index.engine import Cursor, Hits, check_queries, merge
from scbch_jax.index.manifest import FORMAT, Manifest, read_manifest, with_pictures
from scbch_jax.index.reader import Index, Where
from scbch_jax.index.segment import Rows
from scbch_jax.parallel import Map, serial

QUERIES = 256
"""Queries of a part of a search."""


class Source(NamedTuple):
    """Rows that are computed a part at a time."""

    rows: int
    """How many."""
    read: Callable[[int, int], Rows]
    """Gives the rows from one number to another; a function that can be pickled."""
    modalities: list[str]
    bits: int
    classes: list[str]
    """Names of the label columns; empty without labels."""
    encoder: str
    """Id of what makes the codes."""
    records: Callable[[], Iterable[io.Record]] = tuple
    """Gives the records of all rows, whose names are checked before all else."""
    pictures: Path | None = None
    """Folder of the pictures that the records name, if known."""


def build_parts(
    path: Path,
    source: Source,
    *,
    step: int,
    first_id: int = 0,
    mapped: Map = serial,
    on_rows: Callable[[int], None] = lambda count: None,
    write_encoder: Callable[[Path], None] | None = None,
) -> Manifest:
    """Makes an index as a new folder, a segment for each part.

    Args:
        path: a folder that does not exist, or is empty.
        source: the items; their ids are in order.
        step: rows of a part.
        first_id: of the first row.
        mapped: computes the parts. Its processes have to see the folder.
        on_rows: is called with the number of rows that were newly written.
        write_encoder: writes the encoder as a folder, which then is a part of the
            index.

    Raises:
        InputError: if the rows do not fit together, or the folder exists; nothing is
            left of it then.
    """
    start = Manifest(
        format=FORMAT,
        generation=0,
        bits=source.bits,
        modalities=source.modalities,
        classes=source.classes,
        encoder=source.encoder,
        next_id=first_id,
        segments=[],
        removed=None,
    )
    write = _writer(source, step, mapped, on_rows)
    return folder.create(path, start, source.records(), write, write_encoder)


def add_parts(
    path: Path,
    source: Source,
    *,
    step: int,
    replace: bool = False,
    mapped: Map = serial,
    on_rows: Callable[[int], None] = lambda count: None,
) -> Manifest:
    """Adds rows to an index in one change, a segment for each part.

    Args:
        path: the index.
        source: the items; their ids follow the last that was given.
        step: rows of a part.
        replace: whether rows of the same names are removed; otherwise they are refused.
        mapped: computes the parts. Its processes have to see the folder.
        on_rows: is called with the number of rows that were newly written.

    Raises:
        InputError: if the rows do not fit the index, or another process is changing it;
            the index is as it was then.
    """
    got, wanted = f"{path} with relaxed codes", "one without, for features of a run"
    require(not read_manifest(path).relaxed, "index", got, wanted)
    write = _writer(source, step, mapped, on_rows)
    records = source.records()
    return folder.extend(path, source.encoder, records, write, replace=replace)


def _writer(
    source: Source, step: int, mapped: Map, on_rows: Callable[[int], None]
) -> folder.Write:
    """What writes all parts, and names one segment for each."""

    def write(path: Path, manifest: Manifest) -> Manifest:
        segments = path.absolute() / "segments"
        edges = [*range(0, source.rows, step), source.rows]
        parts = list(itertools.pairwise(edges))
        # Workers need not know of the other segments.
        manifest, number = with_pictures(manifest, source.pictures)
        fitting = manifest._replace(segments=[])
        written = {}
        task = partial(_write_part, segments, fitting, number, source.read)
        for number, found in mapped(task, parts):
            written[number] = found
            on_rows(parts[number][1] - parts[number][0])
        attempts = [(*written[i], *part) for i, part in enumerate(parts)]
        return _named(path, manifest, attempts)

    return write


def _write_part(
    segments: Path,
    manifest: Manifest,
    pictures: int | None,
    read: Callable[[int, int], Rows],
    part: tuple[int, int],
) -> tuple[str, io.Record]:
    """Writes rows as a segment, under a name that no other attempt has.

    A part is computed again if its worker seems lost, even if that one still writes.
    """
    wanted = "a folder that all workers see"
    require(segments.is_dir(), "index", f"no folder {segments}", wanted)
    rows = read(*part).of_folder(pictures)
    checks.check_rows(manifest, rows)
    ids = manifest.next_id + np.arange(*part)
    require(rows.size == len(ids), "rows", rows.size, f"{len(ids)} in this part")
    attempt = f"rows-{part[0]}-{uuid.uuid4().hex}"
    return attempt, segment.write(segments / attempt, rows, ids)


def _named(path: Path, manifest: Manifest, attempts: Sequence[Any]) -> Manifest:
    """Gives one attempt of each part its name, and deletes the others."""
    generation, new = manifest.generation + 1, []
    for number, (attempt, files, start, stop) in enumerate(attempts):
        name = f"{generation:08d}{number:06d}"
        os.rename(path / "segments" / attempt, path / "segments" / name)
        new.append({"name": name, "rows": stop - start, "files": files})
    io.sync_folder(path / "segments")
    manifest = manifest._replace(
        generation=generation,
        segments=[*manifest.segments, *new],
        next_id=manifest.next_id + sum(part["rows"] for part in new),
    )
    folder.delete_unnamed(path, manifest)
    return manifest


def search_parts(
    index: Index,
    queries: UInt8[Any, "queries bytes"],
    *,
    find: str,
    k: int = 10,
    within: int | None = None,
    where: Where | None = None,
    after: Cursor | None = None,
    mapped: Map = serial,
    on_queries: Callable[[int], None] = lambda count: None,
) -> Hits:
    """Computes `Index.search` in parts: some queries against one engine of the index.

    The hits are the same to the bit, in whatever order the parts are completed.

    Args:
        index: what is searched. Other processes open its folder for themselves.
        queries: packed codes of the index's length and encoder.
        find: image or text, the modality that is found.
        k: at most how many items of each query.
        within: the largest Hamming distance that is found.
        where: labels of the items that may be found.
        after: only what comes after this hit is found.
        mapped: computes the parts.
        on_queries: is called with the number of queries that were newly answered.

    Raises:
        InputError: as `Index.search`, and if the index changes before all processes
            have opened it.
    """
    check_queries(queries, bits=index.bits, k=k, within=within)
    count = len(index.engine_of(find, where).engines)
    starts = range(0, max(1, len(queries)), QUERIES)
    parts = [(start, i) for start in starts for i in range(count)]
    how = {"k": k, "within": within, "after": after}
    ask = partial(_search_part, index, find, where, how)
    found, left = {}, dict.fromkeys(starts, count)
    asked = ((i, np.asarray(queries[q : q + QUERIES])) for q, i in parts)
    for number, hits in mapped(ask, asked):
        start = parts[number][0]
        before = [found[start]] if start in found else []
        found[start] = merge([*before, hits], k=k, bits=index.bits)
        left[start] -= 1
        on_queries(0 if left[start] else len(hits.ids))
    blocks = [found[start] for start in starts]
    return Hits(*map(np.concatenate, zip(*blocks, strict=True)))


def _search_part(
    index: Index, find: str, where: Where | None, how: Any, part: tuple[int, Any]
) -> Hits:
    number, queries = part
    engine = index.engine_of(find, where).engines[number]
    return engine.search(queries, **how)
