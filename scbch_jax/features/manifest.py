"""Manifests: which picture, text and labels make a sample, from a folder or a list."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from scbch_jax.errors import InputError, first_line, require
from scbch_jax.extras import import_optional
from scbch_jax.features.pictures import SUFFIXES

COLUMNS = ("picture", "text", "labels")
"""Columns of a list; the command line maps other names to these."""

LISTS = (".csv", ".jsonl", ".parquet")
"""Endings of lists."""


class Sample(NamedTuple):
    """A row of a manifest; a part that its source lacks is empty."""

    picture: str = ""
    """Path below the manifest's folder."""
    text: str = ""
    labels: tuple[str, ...] = ()


class Manifest(NamedTuple):
    """All samples, in the order of their source."""

    folder: Path
    samples: list[Sample]


def read_manifest(source: Path, columns: Mapping[str, str] | None = None) -> Manifest:
    """Reads a folder of pictures, or a list of them.

    Args:
        source: a folder of pictures, which are sorted by path: the text of `a.jpg` is
            in `a.txt` beside it, its labels are in `a.labels`, one a line, or else the
            name of its folder. Or a `.csv`, `.jsonl` or `.parquet` file with the
            columns picture (a path relative to the file), text and labels (a list, or
            words separated by semicolons).
        columns: the list's own names of these columns, where they differ.

    Raises:
        InputError: if there is no such source, it is empty, or a row cannot be used.
    """
    require(source.exists(), "source", source, "a folder or a list that exists")
    if source.is_dir():
        samples = list(_of_folder(source))
        wanted = f"pictures ({', '.join(SUFFIXES)})"
        require(bool(samples), "source", f"{source} without pictures", wanted)
        return Manifest(source, samples)
    kinds = f"a folder, or a file ending in {', '.join(LISTS)}"
    require(source.suffix in LISTS and source.is_file(), "source", source, kinds)
    try:
        rows = list(_READERS[source.suffix](source))
    except InputError:
        raise
    except Exception as error:
        # CSV, JSON and Parquet readers raise kinds of their own.
        reason = first_line(error)
        got = f"{source}, which cannot be read ({reason})"
        raise InputError(f"source: got {got}, wanted a complete list") from error
    require(bool(rows), "source", f"{source} without rows", "one row at least")
    names = {name: (columns or {}).get(name, name) for name in COLUMNS}
    _require_columns(source, rows[0], names, columns or {})
    samples = [_sample(source, i, row, names) for i, row in enumerate(rows)]
    return Manifest(source.parent, samples)


def require_inside(manifest: Manifest) -> None:
    """Checks that all pictures are in the manifest's folder.

    A report shows no picture from elsewhere, be it by an absolute path, by `..` or by a
    symbolic link.

    Raises:
        InputError: for the first picture that does not.
    """
    root = manifest.folder.resolve()
    for row, sample in enumerate(manifest.samples):
        try:
            inside = (root / sample.picture).resolve().is_relative_to(root)
        except (OSError, RuntimeError, ValueError):
            inside = False  # a loop of symbolic links, or a name that no file can have
        got = f"{sample.picture!r} of row {row}, which leads out of {manifest.folder}"
        require(inside, "picture", got, "files in that folder: copies, no links")


def multi_hot(samples: Iterable[Sample]) -> tuple[np.ndarray, list[str]]:
    """Labels as uint8 [samples, classes], and the sorted names of the classes."""
    sets = [set(sample.labels) for sample in samples]
    classes = sorted(set().union(*sets))
    labels = [[name in named for name in classes] for named in sets]
    return np.array(labels, np.uint8).reshape(len(sets), len(classes)), classes


def _of_folder(folder: Path) -> Iterator[Sample]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in SUFFIXES or not path.is_file():
            continue
        name = path.relative_to(folder)
        from_folder = (name.parent.name,) if name.parent.name else ()
        listed = _read_text(path.with_suffix(".labels"))
        labels = from_folder if listed is None else _clean(listed.splitlines())
        text = _read_text(path.with_suffix(".txt")) or ""
        yield Sample(name.as_posix(), " ".join(text.split()), labels)


def _read_text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8-sig") if path.is_file() else None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"source: got {path} ({error}), wanted UTF-8") from error


# Excel begins a UTF-8 file with a byte order mark, which is not part of the first name.
def _of_csv(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        yield from csv.DictReader(file, strict=True)


def _of_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    # Not by str.splitlines: a string in JSON may hold U+2028, which that takes for one.
    lines = path.read_text("utf-8-sig").split("\n")
    for number, line in enumerate(lines, start=1):
        if line.strip():
            row = json.loads(line)
            field = f"line {number} of {path}"
            require(isinstance(row, dict), field, type(row).__name__, "a JSON object")
            yield row


def _of_parquet(path: Path) -> Iterator[dict[str, Any]]:
    parquet = import_optional("pyarrow.parquet", "a .parquet file")
    yield from parquet.read_table(path).to_pylist()


_READERS = {".csv": _of_csv, ".jsonl": _of_jsonl, ".parquet": _of_parquet}


def _require_columns(
    source: Path, row: dict[str, Any], names: dict[str, str], given: Mapping[str, str]
) -> None:
    unknown = ", ".join(sorted(given.keys() - set(COLUMNS)))
    require(not unknown, "columns", unknown, f"any of {', '.join(COLUMNS)}")
    there = [name for name in names.values() if name in row]
    lost = [given[name] for name in given if given[name] not in row]
    got = f"{source} with {', '.join(map(str, row))}"
    wanted = ", ".join(lost or names.values())
    require(
        bool(there) and not lost, "columns", got, f"{wanted} (--columns names them)"
    )


def _sample(
    source: Path, number: int, row: dict[str, Any], names: dict[str, str]
) -> Sample:
    picture, text, labels = (row.get(names[name]) for name in COLUMNS)
    if isinstance(labels, str):
        labels = labels.split(";")
    for name, value in (("picture", picture), ("text", text)):
        fits = value is None or isinstance(value, str)
        require(fits, f"{name} of row {number} of {source}", repr(value), "words")
    listed = labels is None or isinstance(labels, list)
    require(listed, f"labels of row {number} of {source}", repr(labels), "a list")
    return Sample(picture or "", text or "", _clean(labels or []))


def _clean(labels: Iterable[Any]) -> tuple[str, ...]:
    """Labels without blanks around them, empty ones and repetitions."""
    return tuple(dict.fromkeys(w for w in (str(x).strip() for x in labels) if w))
