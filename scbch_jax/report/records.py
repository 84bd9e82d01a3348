"""Result lines: one JSON object a line, appended as a run goes."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scbch_jax.checks import InputError

Record = dict[str, Any]


def append(path: Path, record: Record) -> None:
    """Adds one line; numbers that JSON lacks (NaN) become null."""
    clean = {k: None if v != v else v for k, v in record.items()}
    with path.open("a") as file:
        file.write(json.dumps(clean, allow_nan=False) + "\n")


def read(path: Path) -> list[Record]:
    """Reads all whole lines; a last line that was cut short is left out.

    Raises:
        InputError: for any other line that is no JSON.
    """
    if not path.is_file():
        return []
    text = path.read_text()
    try:
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
    except json.JSONDecodeError as error:
        raise InputError(
            f"results: got {path} with a line that is no JSON ({error}), "
            "wanted the result lines of a run"
        ) from error


def truncate(path: Path, records: Iterable[Record]) -> None:
    """Replaces the file by these records, in one step."""
    replace_file(path, "".join(f"{json.dumps(record)}\n" for record in records))


def replace_file(path: Path, text: str) -> None:
    """Writes a text file whole or not at all.

    Raises:
        InputError: if it cannot be written.
    """
    fresh = path.with_name(path.name + ".tmp")
    try:
        fresh.write_text(text)
        os.replace(fresh, path)
    except OSError as error:
        fresh.unlink(missing_ok=True) if fresh.parent.is_dir() else None
        raise InputError(
            f"file: got {path} ({error.strerror}), wanted a file that can be written"
        ) from error
