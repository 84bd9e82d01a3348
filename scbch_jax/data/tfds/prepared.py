"""Folders that tensorflow-datasets prepared, opened without running code they name."""

import contextlib
import io
import logging
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from scbch_jax.errors import InputError, first_line, require
from scbch_jax.extras import require_packages
from scbch_jax.io import read_json

INFO, FEATURES = "dataset_info.json", "features.json"
"""Files of every prepared folder; the first one is written last."""

KINDS = "tensorflow_datasets.core.features."
"""Prefix of the feature classes that may be opened."""


def find(folder: Path, name: str) -> Path:
    """The prepared folder of a dataset: the one given, or the only one below it.

    Args:
        folder: a prepared one, or TFDS's folder of datasets, with NAME/CONFIG/VERSION.
        name: of the dataset, with or without its configuration.

    Raises:
        InputError: if there is none, or there are several.
    """
    if (folder / INFO).is_file():
        return folder
    found = sorted(path.parent for path in folder.glob(f"{name}/**/{INFO}"))
    # A killed process leaves unfinished ones.
    found = [path for path in found if not _is_unfinished(path.relative_to(folder))]
    got = f"{folder} with {', '.join(map(str, found)) or f'no {name}'} in it"
    require(
        len(found) == 1,
        "source",
        got,
        "the folder of one of them"
        if found
        else f"a folder in which {name} was prepared",
    )
    return found[0]


def require_name(name: str) -> None:
    """Raises `InputError` unless this can be the name of a dataset."""
    plain = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", name)
    require(bool(plain), "name", name, "up to 100 letters, digits, and _ . - between")


def _is_unfinished(path: Path) -> bool:
    return any(part.startswith((".", "incomplete.")) for part in path.parts)


def open_folder(folder: Path) -> Any:
    """The TFDS builder of a prepared folder; it reads, and prepares nothing.

    TFDS imports whatever module a folder names as that of a feature's class, which
    would run it; a folder that names others than TFDS's own is refused.

    Raises:
        InputError: if it is not such a folder, or its records are in another format
            than array_record.
    """
    require_installed()
    for name in (INFO, FEATURES):
        _require_own_kinds(folder / name)
    # Imported here: it is slow, and a bad folder is refused without it.
    import tensorflow_datasets as tfds

    try:
        with quiet():
            builder = tfds.builder_from_directory(folder)
    except Exception as error:
        # TFDS has a dozen kinds of errors for files that are not as it writes them.
        got = f"{folder} ({first_line(error)})"
        raise InputError(
            f"source: got {got}, wanted a complete dataset folder"
        ) from error
    format_ = str(builder.info.as_proto.file_format)
    wanted = 'array_record, as file_format="array_record" prepares it'
    require(format_ == "array_record", f"format of {folder}", format_, wanted)
    return builder


def require_installed() -> None:
    """Raises `InputError` unless TFDS and its reader of records are installed."""
    require_packages("TFDS", "tensorflow_datasets", "array_record")


def open_split(builder: Any, split: str, *, encoded: Sequence[str] = ()) -> Any:
    """The records of a split, by their numbers.

    Args:
        builder: of a prepared folder.
        split: its name, or several with + between them.
        encoded: features to leave as the bytes that they are stored as.

    Raises:
        InputError: if there is no such split.
    """
    import tensorflow_datasets as tfds

    known = ", ".join(builder.info.splits)
    names = [name.split("[")[0].strip() for name in split.split("+")]
    there = set(names) <= set(builder.info.splits)
    require(there, "split", split, f"any of {known}, with + between them")
    decoders = {name: tfds.decode.SkipDecoding() for name in encoded}
    try:
        return builder.as_data_source(split=split, decoders=decoders)
    except Exception as error:
        wanted = f"any of {known}, with + between them"
        raise InputError(
            f"split: got {split} ({first_line(error)}), wanted {wanted}"
        ) from error


def records(source: Any, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """Some records of a split.

    Args:
        source: the split, from `open_split`.
        numbers: of the records.

    Raises:
        InputError: for a record that cannot be read.
    """
    try:
        return source.__getitems__(list(numbers))
    except Exception:
        # TFDS does not say which record it was.
        return [_record(source, number) for number in numbers]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Suppresses what TFDS prints and warns of; errors are still raised."""
    log = logging.getLogger("absl")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        log.setLevel(before)


def _record(source: Any, number: int) -> dict[str, Any]:
    try:
        return source[number]
    except Exception as error:
        name = f"record {number} of {source.split} of {source.dataset_info.full_name}"
        raise InputError(
            f"{name}: got {first_line(error)}, wanted a complete record"
        ) from error


def _require_own_kinds(path: Path) -> None:
    wanted = f"a folder that tensorflow-datasets prepared, with {INFO} and {FEATURES}"
    require(path.is_file(), "source", f"no {path}", wanted)
    content = read_json(path, "source")
    for kind in _kinds(content):
        own = isinstance(kind, str) and kind.startswith(KINDS)
        require(own, f"feature kind in {path}", kind, f"those of {KINDS[:-1]}")


def _kinds(node: Any) -> Iterator[Any]:
    """Every name of a feature class in a JSON tree; older versions call it `type`."""
    if isinstance(node, dict):
        for key, value in node.items():
            home = key in ("pythonClassName", "python_class_name")
            if home or (key == "type" and "content" in node):
                yield value
            yield from _kinds(value)
    elif isinstance(node, list):
        for value in node:
            yield from _kinds(value)
