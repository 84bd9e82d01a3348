"""Text, JSON, JSON lines, CSV and npz, written atomically; text is always UTF-8."""

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from scbch_jax.errors import InputError, first_line, require
from scbch_jax.io.atomic import one_line_write_errors, read_error, replacing

Record = dict[str, Any]


def write_text(path: Path, text: str) -> None:
    """Writes a text file atomically; what UTF-8 lacks is escaped with a backslash."""
    with replacing(path) as file:
        file.write(text.encode("utf-8", "backslashreplace"))


def write_json(path: Path, value: Any) -> None:
    """Writes a JSON file atomically."""
    write_text(path, json.dumps(value, indent=2) + "\n")


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Writes a CSV file atomically; values with commas or quotes are quoted."""
    write_text(path, csv_text([header, *rows]))


def csv_text(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as CSV; values with commas or quotes are quoted."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def write_npz(path: Path, **arrays: Any) -> None:
    """Writes an npz file of named arrays atomically."""
    import numpy as np

    with replacing(path) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type] -- arrays, no options


def read_json(path: Path, field: str = "file") -> Any:
    """Reads a JSON file.

    Args:
        path: the file.
        field: what an error names as being wrong.

    Raises:
        InputError: if the file is missing, unreadable, or no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise read_error(path, error) from error
    except (ValueError, RecursionError) as error:
        what = first_line(error)
        raise InputError(f"{field}: got {path} ({what}), wanted JSON") from error


def read_object(path: Path, field: str, wanted: str = "a JSON object") -> Record:
    """Reads a JSON file that holds an object.

    Args:
        path: the file.
        field: what an error names as being wrong.
        wanted: what an error says was wanted.

    Raises:
        InputError: if the file is missing, unreadable, or holds anything else.
    """
    content = read_json(path, field)
    require(isinstance(content, dict), field, path, wanted)
    return content


def append_jsonl(path: Path, record: Record) -> None:
    """Adds one line; numbers that JSON lacks (NaN, infinity) become null.

    A last line that was cut short by a crash is removed first.
    """
    line = json_line(record) + "\n"
    with one_line_write_errors(path), path.open("ab+") as file:
        size = file.tell()
        if size:
            file.seek(size - 1)
            if file.read(1) != b"\n":
                file.seek(0)
                file.truncate(file.read().rfind(b"\n") + 1)
        file.write(line.encode())


def read_jsonl(path: Path) -> list[Record]:
    """Reads all lines; one at the end that was cut short by a crash is left out.

    Raises:
        InputError: if the file cannot be read, or another line is not a JSON object.
    """
    if not path.is_file():
        return []
    try:
        lines = path.read_bytes().split(b"\n")[:-1]
    except OSError as error:
        raise read_error(path, error) from error
    try:
        records = [json.loads(line) for line in lines]
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"results: got {path} with a line that is not JSON ({error}), "
            "wanted the result lines of a run"
        ) from error
    for record in records:
        wanted = "the result lines of a run"
        require(isinstance(record, dict), "results", f"{path}: {record!r:.40}", wanted)
    return records


def iterate_jsonl(path: Path, field: str) -> Iterator[Record]:
    """Reads JSON lines one after another; blank lines are skipped.

    Lines end at a newline alone: a string may hold U+2028 and the like. A byte order
    mark in front is skipped.

    Args:
        path: the file.
        field: what an error names as being wrong.

    Raises:
        InputError: if the file cannot be read, or for a line that is not a JSON object.
    """
    number = 0
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
                if text.strip():
                    record = json.loads(text)
                    got, wanted = f"line {number} of {path}", "a JSON object"
                    require(isinstance(record, dict), field, got, wanted)
                    yield record
    except OSError as error:
        raise read_error(path, error) from error
    except InputError:
        raise
    except (ValueError, RecursionError) as error:
        what = first_line(error)
        got = f"line {number} of {path} ({what})"
        raise InputError(f"{field}: got {got}, wanted JSON") from error


def write_jsonl(path: Path, records: Iterable[Record]) -> None:
    """Writes a file of one JSON object a line atomically."""
    write_text(path, "".join(f"{json_line(record)}\n" for record in records))


def json_line(record: Record) -> str:
    """A record as JSON in one line; numbers that JSON lacks become null.

    >>> json_line({"map": 0.5, "gain": float("nan")})
    '{"map": 0.5, "gain": null}'
    """
    return json.dumps(_finite(record), allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
