"""The rows that `index build` and `index add` read: codes and records."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from scbch_jax import io
from scbch_jax.errors import require

if TYPE_CHECKING:
    from scbch_jax.index import Rows


class CodedRows(NamedTuple):
    """Rows for an index, and what was said of all of them."""

    rows: "Rows"
    encoder: str
    """Id of the encoder; empty if it is not known."""
    classes: list[str]
    """Names of the columns of the labels; empty if they are not known."""


def read_rows(codes: Path, source: Path | None = None) -> CodedRows:
    """Reads codes, labels, names and the encoder's id, and a record of each row.

    Args:
        codes: an npz file as encode writes it: image, text, labels, classes, names,
            rows, encoder, relaxed_image, relaxed_text.
        source: JSON lines, an object for each row; or the store that the run was
            trained on.

    Raises:
        InputError: if a file cannot be read or lacks codes, or the numbers of rows
            differ.
    """
    from scbch_jax.data import formats
    from scbch_jax.index import Rows

    have = formats.array_names(codes)
    found = [m for m in ("image", "text") if m in have]
    got = f"{codes} with {', '.join(have) or 'no named arrays'}"
    require(bool(found), "codes", got, "packed codes named image or text, or both")
    packed = {m: formats.read_array(codes, m) for m in found}
    stored = {m: f"relaxed_{m}" for m in found if f"relaxed_{m}" in have}
    relaxed = {m: formats.read_array(codes, name) for m, name in stored.items()}
    labels = formats.read_array(codes, "labels") if "labels" in have else None
    records, classes = None, []
    if labels is not None and "classes" in have:
        classes = _read_texts(codes, "classes", "texts, one for each column of labels")
    if source is not None and source.is_dir():
        records, classes = _read_store(codes, have, source)
    elif source is not None:
        records = list(io.iterate_jsonl(source, "rows"))
    if "names" in have:
        names = [str(name) for name in formats.read_array(codes, "names")]
        records = [{}] * len(names) if records is None else records
        got = f"{len(records)} records and {len(names)} names"
        require(len(records) == len(names), "rows", got, "as many")
        pairs = zip(names, records, strict=True)
        records = [{"name": name, **record} for name, record in pairs]
    encoder = ""
    if "encoder" in have:
        (encoder,) = _read_texts(codes, "encoder", "one text, as encode writes it", 1)
    rows = Rows(packed, labels, records, relaxed or None)
    return CodedRows(rows, encoder, classes)


def _read_texts(
    codes: Path, name: str, wanted: str, count: int | None = None
) -> list[str]:
    """The texts of an array of a file, and of a given number if there is one."""
    from scbch_jax.data import formats

    found = formats.read_array(codes, name)
    ok = found.ndim == 1 and found.dtype.kind == "U" and count in (None, found.size)
    got = f"{found.dtype} of shape {found.shape} in {codes}"
    require(ok, name, got, wanted)
    return found.tolist()


def _read_store(
    codes: Path, have: list[str], folder: Path
) -> tuple[list[io.Record] | None, list[str]]:
    """The record of each coded row, named by its picture, and the names of classes."""
    from scbch_jax.data import formats, store

    wanted = "codes of a run that was trained on this store"
    require("rows" in have, "rows", f"{codes} without rows of a store", wanted)
    lines = store.read_lines(folder)
    stored = formats.read_array(codes, "rows")
    whole = stored.ndim == 1 and stored.dtype.kind in "iu"
    got = f"{stored.dtype} of shape {stored.shape} in {codes}"
    require(whole, "rows", got, "whole numbers, one for each row")
    rows = stored.tolist()
    classes = list(store.read(folder).classes)
    if not lines:
        return None, classes
    inside = all(0 <= row < len(lines) for row in rows)
    require(inside, "rows", f"{codes} with rows beyond {len(lines)}", wanted)
    pictures = [lines[row].get("picture") for row in rows]
    unique = None not in pictures and len(set(pictures)) == len(pictures)
    found = [
        {"name": picture, **lines[row]} if unique else lines[row]
        for row, picture in zip(rows, pictures, strict=True)
    ]
    return found, classes
