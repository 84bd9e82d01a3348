"""Result lines: one JSON object a line, appended as a run goes."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Record = dict[str, Any]


def append(path: Path, record: Record) -> None:
    """Adds one line; numbers that JSON lacks (NaN) become null."""
    clean = {k: None if v != v else v for k, v in record.items()}
    with path.open("a") as file:
        file.write(json.dumps(clean, allow_nan=False) + "\n")


def read(path: Path) -> list[Record]:
    """Reads all whole lines; a last line that was cut short is left out."""
    if not path.is_file():
        return []
    text = path.read_text()
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


def truncate(path: Path, records: Iterable[Record]) -> None:
    """Replaces the file by these records, in one step."""
    fresh = path.with_suffix(".tmp")
    fresh.write_text("")
    for record in records:
        append(fresh, record)
    os.replace(fresh, path)
