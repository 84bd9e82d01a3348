"""`scbch data correct`: a store with the suggested corrections of its labels."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import tyro

from scbch_jax.errors import InputError, require

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from scbch_jax.data.store import Store

COLUMNS = ("row", "class", "given")


@dataclass(frozen=True)
class CorrectData:
    """Write a store again with other labels: those that data clean suggests."""

    store: tyro.conf.Positional[Path]
    """Folder of the store, which stays as it is."""
    corrections: tyro.conf.Positional[Path]
    """corrections.csv of data clean, without the lines that are not wanted: each names
    a label by its row and class, and the label that is given, 0 or 1."""
    out: Path
    """Folder of the new store."""


class Correction(NamedTuple):
    """An entry of the labels that is wrong."""

    row: int
    column: int
    given: int


def main(options: CorrectData) -> None:
    """Changes the labels in a copy, and says how many of each part."""
    from scbch_jax.cli import console
    from scbch_jax.data import store as stores

    require(not options.out.exists(), "out", f"{options.out}, which exists", "a folder")
    stores.require_outside(options.store, options.out)
    store = stores.read(options.store)
    changed = list(read_corrections(options.corrections, store))
    labels = corrected(store.labels, changed)
    source = {**store.source, "corrected labels": len(changed)}
    stores.write(
        options.out,
        image=store.image,
        text=store.text,
        labels=labels,
        rows=store.rows,
        split=store.split,
        title=store.title,
        source=source,
        classes=store.classes,
        words=store.words,
        lines=stores.read_lines(options.store),
    )
    rows = {change.row for change in changed}
    said = f"{console.counted(len(changed), 'label')} of {len(rows)} rows changed"
    console.output(f"{options.out}: {said}")
    for name, part in store.rows._asdict().items():
        console.output(f"  {name}: {len(rows & set(part.tolist()))} rows changed")


def corrected(labels: np.ndarray, changed: list[Correction]) -> np.ndarray:
    """The labels with 1 in place of 0, and 0 in place of 1, where they are wrong.

    >>> import numpy as np
    >>> corrected(np.array([[1, 0], [0, 0]]), [Correction(1, 0, given=0)]).tolist()
    [[1, 0], [1, 0]]
    """
    import numpy as np

    result = np.array(labels)
    for row, column, given in changed:
        result[row, column] = 1 - given
    return result


def read_corrections(path: Path, store: Store) -> Iterator[Correction]:
    """Reads corrections.csv.

    Raises:
        InputError: if a line does not name a label of the store as it is given.
    """
    samples, classes = store.labels.shape
    names = store.classes or [f"label {c}" for c in range(classes)]
    columns = {name: column for column, name in enumerate(names)}
    seen = set()
    for number, line in _lines(path):
        field = f"line {number} of {path}"
        row, name, given = (str(line[column]) for column in COLUMNS)
        known = row.isdecimal() and int(row) < samples
        require(known, field, f"row {row}", f"a row of the store, below {samples}")
        require(name in columns, field, f"class {name}", "a class of the store")
        entry = int(row), columns[name]
        require(entry not in seen, field, f"{name} of row {row} again", "it only once")
        wanted = f"{store.labels[entry]}, as the store"
        require(given == str(store.labels[entry]), field, f"given {given}", wanted)
        seen.add(entry)
        yield Correction(*entry, int(given))


def _lines(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    from scbch_jax.io import read_error

    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = csv.DictReader(file, strict=True)
            have = lines.fieldnames or []
            wanted = f"the columns {', '.join(COLUMNS)}"
            complete = set(COLUMNS) <= set(have)
            require(complete, f"{path}", ", ".join(have) or "nothing", wanted)
            yield from ((lines.line_num, line) for line in lines)
    except OSError as error:
        raise read_error(path, error) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: got {error}, wanted CSV in UTF-8") from error
