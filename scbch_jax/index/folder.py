"""An index as a folder: segments that never change, and a manifest that names them.

Every change writes its files first and the manifest, `index.json`, last. The rename of
the manifest is the commit: a process that is killed before it leaves the index as it
was, and files that no manifest names, which the next writer deletes.
"""

import shutil
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from scbch_jax import extras, io
from scbch_jax.errors import InputError, require
from scbch_jax.index import derived, ivf, segment
from scbch_jax.index.address import require_folder
from scbch_jax.index.checks import (
    check_arrays,
    check_names,
    check_rows,
    require_encoder,
    with_relaxed_as,
)
from scbch_jax.index.contents import (
    find_name,
    living_id,
    open_segments,
    read_removed,
    verify,
)
from scbch_jax.index.manifest import (
    ENCODER,
    FORMAT,
    MANIFEST,
    Manifest,
    read_manifest,
    with_pictures,
)
from scbch_jax.index.segment import MODALITIES, Rows, Segment


def build(
    path: Path,
    rows: Rows,
    *,
    classes: Sequence[str] = (),
    encoder: str = "",
    ids: Any = None,
    next_id: int = 0,
    pictures: Path | None = None,
    write_encoder: Callable[[Path], None] | None = None,
) -> Manifest:
    """Makes an index of some rows, as a new folder.

    Args:
        path: a folder that does not exist, or is empty.
        rows: the items.
        classes: names of the columns of the labels; by default their numbers.
        encoder: id of the encoder of the codes, if known.
        ids: of the items, ascending; 0, 1, 2 and so on if omitted.
        next_id: the lowest id that later rows may get.
        pictures: the folder of the pictures that the records name, if known.
        write_encoder: writes the encoder as a folder, which then is a part of the
            index.

    Raises:
        InputError: if the rows do not fit together, or the folder exists.
    """
    check_arrays(rows)
    columns = 0 if rows.labels is None else rows.labels.shape[1]
    names = list(classes) or [str(column) for column in range(columns)]
    wanted = f"{columns}, one for each column of the labels"
    require(len(names) == columns, "classes", len(names), wanted)
    bits = 8 * next(iter(rows.codes.values())).shape[1]
    modalities = [m for m in MODALITIES if m in rows.codes]
    start = Manifest(FORMAT, 0, bits, modalities, names, encoder, 0, [], None)
    check_rows(start, rows)
    ids = np.arange(rows.size) if ids is None else np.asarray(ids)
    after = max(next_id, int(ids[-1]) + 1)
    start, number = with_pictures(start, pictures)
    rows = rows.of_folder(number)
    write = partial(_with_segment, rows=rows, ids=ids, next_id=after)
    return create(path, start, rows.records, write, write_encoder)


def add(
    path: Path,
    rows: Rows,
    *,
    encoder: str = "",
    replace: bool = False,
    pictures: Path | None = None,
) -> Manifest:
    """Adds rows in a segment of their own.

    Args:
        path: the index.
        rows: the items; their ids follow the last that was given. Their relaxed codes
            are left out where the index has none.
        encoder: id of the encoder of the codes, if known.
        replace: whether rows of the same names are removed; otherwise they are refused.
        pictures: the folder of the pictures that the records name, if known.

    Raises:
        InputError: if codes, labels, names or the encoder do not fit the index, or
            another process is changing it.
    """
    manifest = read_manifest(path)
    rows = with_relaxed_as(manifest, rows)
    check_rows(manifest, rows)
    write = partial(_with_rows, rows=rows, pictures=pictures)
    return extend(path, encoder, rows.records, write, replace=replace)


Records = Iterable[io.Record] | None
Write = Callable[[Path, Manifest], Manifest]
"""Adds segments to the folder of an index, and gives a manifest that names them too."""


def create(
    path: Path,
    start: Manifest,
    records: Records,
    write: Write,
    write_encoder: Callable[[Path], None] | None = None,
) -> Manifest:
    """Makes an index as a new folder.

    Args:
        path: a folder that does not exist, or is empty.
        start: a manifest without segments.
        records: of all rows, whose names are checked.
        write: writes the rows.
        write_encoder: writes the encoder as a folder.

    Raises:
        InputError: if a name is there twice, or the folder exists.
    """
    require_folder(path)
    check_names([], np.zeros(0, np.int64), records)
    with io.new_folder(path) as folder:
        (folder / "segments").mkdir()
        manifest = write(folder, start)
        if write_encoder is not None:
            write_encoder(folder / ENCODER)
            files = _describe_files(folder / ENCODER)
            manifest = manifest._replace(encoder_files=files)
        _commit(folder, manifest)
    return manifest


def extend(
    path: Path, encoder: str, records: Records, write: Write, *, replace: bool = False
) -> Manifest:
    """Changes an index by rows that are added.

    Args:
        path: the index.
        encoder: id of the encoder of the rows.
        records: of all rows, whose names are checked.
        write: writes the rows.
        replace: whether rows of the same names are removed; otherwise they are refused.

    Raises:
        InputError: if names or the encoder do not fit, or another process is changing
            the index.
    """
    with _writing(path):
        manifest = _clean(path)
        require_encoder(path, manifest, encoder)
        segments = open_segments(path, manifest)
        removed = read_removed(path, manifest)
        taken = check_names(segments, removed, records, replace=replace)
        manifest = _with_removed(path, manifest, removed, taken)
        manifest = write(path, manifest)
        _commit(path, manifest)
    return manifest


def remove(
    path: Path, *, ids: Iterable[int] = (), names: Iterable[str] = ()
) -> Manifest:
    """Removes rows by id or name; their files stay until `compact`.

    Raises:
        InputError: if there is no such row, or another process is changing the index.
    """
    with _writing(path):
        manifest = _clean(path)
        segments, removed = open_segments(path, manifest), read_removed(path, manifest)
        gone = {living_id(segments, removed, int(item)) for item in ids}
        for name in names:
            found = find_name(segments, removed, name)
            if found is None:
                raise InputError(f"names: got {name}, wanted a name that is in {path}")
            gone.add(found)
        require(bool(gone), "rows", "none", "ids or names of rows to remove")
        manifest = _with_removed(path, manifest, removed, sorted(gone))
        _commit(path, manifest._replace(generation=manifest.generation + 1))
    return manifest


def set_engine(
    path: Path, *, lists: int | None = None, probes: int | None = None, seed: int = 0
) -> Manifest:
    """Builds the approximate engine of all rows, in place of an older one.

    Args:
        path: the index.
        lists: into which the codes are divided; about the root of their number if
            omitted.
        probes: lists that a search looks through; a sixty-fourth of them, at least 8,
            if omitted.
        seed: of the codes from which the centers of the lists are made.

    Raises:
        InputError: if FAISS is not installed, there are fewer rows than lists, or
            another process is changing the index.
    """
    with _writing(path):
        manifest = _clean(path)
        manifest = manifest._replace(generation=manifest.generation + 1)
        parts = open_segments(path, manifest), read_removed(path, manifest)
        size = sum(len(part.ids) for part in parts[0]) - len(parts[1])
        require(size > 0, "index", "no rows", "at least one")
        enough = lists is None or lists <= size
        require(enough, "lists", lists, f"at most the {size} rows")
        manifest = derived.with_engine(
            path, manifest, *parts, lists=lists, probes=probes, seed=seed
        )
        _commit(path, manifest)
        _clean(path)
    return manifest


def drop_engine(path: Path) -> Manifest:
    """Deletes the approximate engine, if there is one.

    Raises:
        InputError: if another process is changing the index.
    """
    with _writing(path):
        manifest = _clean(path)
        if manifest.engine is not None:
            generation = manifest.generation + 1
            manifest = manifest._replace(generation=generation, engine=None)
            _commit(path, manifest)
            _clean(path)
    return manifest


def compact(path: Path) -> Manifest:
    """Merges all segments into one without the removed rows; ids stay.

    Every file is verified first: what is damaged would get a new checksum. An
    approximate engine is built again, or dropped if no rows are left.

    Raises:
        InputError: if the index is damaged, another process is changing it, or it has
            an approximate engine and FAISS is not installed.
    """
    with _writing(path):
        manifest = _clean(path)
        if manifest.engine is not None:
            extras.require_packages(ivf.PURPOSE, "faiss")
        damaged = verify(path)
        got = f"{', '.join(damaged)}, damaged"
        require(not damaged, "index", got, "files as they were written")
        segments, removed = open_segments(path, manifest), read_removed(path, manifest)
        if len(segments) == 1 and not len(removed):
            return manifest
        rows, ids = _merged(manifest, segments, removed)
        start = manifest._replace(segments=[], removed=None)
        manifest = _with_segment(path, start, rows, ids, next_id=manifest.next_id)
        if manifest.engine is not None and not rows.size:
            manifest = manifest._replace(engine=None)
        elif manifest.engine is not None:
            options = {x: manifest.engine[x] for x in ("lists", "probes", "seed")}
            parts = open_segments(path, manifest), removed
            manifest = derived.with_engine(path, manifest, *parts, **options)
        _commit(path, manifest)
        # Readers that have the old files open keep them until they close them.
        _clean(path)
    return manifest


def _with_rows(
    path: Path, manifest: Manifest, rows: Rows, pictures: Path | None
) -> Manifest:
    manifest, number = with_pictures(manifest, pictures)
    ids = manifest.next_id + np.arange(rows.size)
    return _with_segment(path, manifest, rows.of_folder(number), ids)


def _with_segment(
    path: Path, manifest: Manifest, rows: Rows, ids: Any, next_id: int | None = None
) -> Manifest:
    generation = manifest.generation + 1
    name = f"{generation:08d}"
    files = segment.write(path / "segments" / name, rows, ids)
    new = {"name": name, "rows": rows.size, "files": files}
    return manifest._replace(
        generation=generation,
        segments=[*manifest.segments, new],
        next_id=manifest.next_id + rows.size if next_id is None else next_id,
    )


def _with_removed(
    path: Path, manifest: Manifest, removed: Any, new: Sequence[int]
) -> Manifest:
    if not len(new):
        return manifest
    name = f"{manifest.generation + 1:08d}.npy"
    (path / "removed").mkdir(exist_ok=True)
    with io.replacing(path / "removed" / name) as file:
        np.save(file, np.union1d(removed, np.asarray(new, np.int64)))
    facts = segment.describe(path / "removed" / name)
    return manifest._replace(removed={"name": name, "facts": facts})


def _merged(manifest: Manifest, segments: list[Segment], removed: Any) -> Any:
    """The rows of all segments that are not removed, and their ids."""
    living = [np.flatnonzero(~np.isin(part.ids, removed)) for part in segments]
    pairs = list(zip(segments, living, strict=True))

    def joined(name: str) -> dict[str, Any]:
        return {
            m: np.concatenate([getattr(part, name)[m][rows] for part, rows in pairs])
            for m in manifest.modalities
        }

    labels = None
    if manifest.classes:
        packed = np.concatenate([p.labels[rows] for p, rows in pairs])  # type: ignore[index]
        labels = np.unpackbits(packed, axis=1, count=len(manifest.classes)) > 0
    records = None
    if any(part.offsets is not None for part in segments):
        records = [part.record(int(row)) for part, rows in pairs for row in rows]
    ids = np.concatenate([part.ids[rows] for part, rows in pairs])
    relaxed = joined("relaxed") if manifest.relaxed else None
    return Rows(joined("codes"), labels, records, relaxed), ids


def _describe_files(folder: Path) -> io.Record:
    """Facts of all files of a folder, by their paths."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {x.relative_to(folder).as_posix(): segment.describe(x) for x in files}


def _writing(path: Path) -> Any:
    """Keeps other writers out of an index that is there."""
    read_manifest(path)
    return io.locked_folder(path)


def _commit(path: Path, manifest: Manifest) -> None:
    io.write_json(path / MANIFEST, manifest._asdict())


def _clean(path: Path) -> Manifest:
    """Deletes what the manifest does not name: leftovers of a killed writer."""
    manifest = read_manifest(path)
    delete_unnamed(path, manifest)
    current = {manifest.removed["name"]} if manifest.removed else set[str]()
    _keep_files(path / "removed", current)
    _keep_files(path / derived.FOLDER, derived.files_of(manifest))
    return manifest


def _keep_files(folder: Path, names: Collection[str]) -> None:
    """Deletes all other files of a folder, if there is one."""
    if folder.is_dir():
        for file in folder.iterdir():
            if file.name not in names:
                file.unlink()


def delete_unnamed(path: Path, manifest: Manifest) -> None:
    """Deletes segments that a manifest does not name.

    A worker that was given up may still write in one, which is left for the next time.
    """
    used = {part["name"] for part in manifest.segments}
    for folder in (path / "segments").iterdir():
        if folder.name not in used:
            shutil.rmtree(folder, ignore_errors=True)
