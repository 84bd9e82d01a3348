"""A segment of an index: the files of some rows, which never change once written."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Int, Int8, Num, UInt8

from scbch_jax import io
from scbch_jax.errors import InputError, require
from scbch_jax.index.rank import quantize

MODALITIES = ("image", "text")
FILES = {
    *(f"{modality}.npy" for modality in MODALITIES),
    *(f"relaxed_{modality}.npy" for modality in MODALITIES),
    *("ids.npy", "labels.npy", "rows.jsonl", "offsets.npy", "names.npy"),
}
"""Names of the files of a segment; only ids are in every one."""


class Rows(NamedTuple):
    """Items to put into an index."""

    codes: Mapping[str, UInt8[Any, "rows bytes"]]
    """Packed codes by modality, image or text or both."""
    labels: Bool[Any, "rows classes"] | None = None
    """Multi-hot labels."""
    records: Sequence[io.Record] | None = None
    """What is known of each row: its name, text, picture, or anything else in JSON."""
    relaxed: Mapping[str, Num[Any, "rows bits"]] | None = None
    """Relaxed codes of the same modalities, by which an index can rank; it keeps a byte
    a value."""

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(next(iter(self.codes.values())))

    def of_folder(self, number: int | None) -> "Rows":
        """The rows, of which those with a picture have the number of its folder."""
        if number is None or self.records is None:
            return self
        root = {"root": number}
        records = [{**r, **root} if r.get("picture") else r for r in self.records]
        return self._replace(records=records)


class Segment(NamedTuple):
    """The files of a segment, opened: arrays are mapped, not read."""

    codes: dict[str, UInt8[np.ndarray, "rows bytes"]]
    ids: Int[np.ndarray, " rows"]
    labels: UInt8[np.ndarray, "rows label_bytes"] | None
    offsets: Int[np.ndarray, " rows_and_one"] | None
    names: Any
    """Hashes of names in ascending order, and the row of each; None without names."""
    relaxed: dict[str, Int8[np.ndarray, "rows bits"]]
    """Quantized relaxed codes; empty without them."""
    lines: UInt8[np.ndarray, " bytes"] | None
    """A line of JSON for each row; the file may be deleted meanwhile."""

    def record(self, row: int) -> io.Record:
        """What is known of a row."""
        if self.offsets is None or self.lines is None:
            return {}
        begin, end = self.offsets[row : row + 2]
        return json.loads(self.lines[begin:end].tobytes())

    def rows_named(self, name: str) -> list[int]:
        """Rows of that name; at most one of them is not removed."""
        if self.names is None:
            return []
        wanted = name_hash(name)
        low = int(np.searchsorted(self.names["hash"], wanted))
        high = int(np.searchsorted(self.names["hash"], wanted, side="right"))
        rows = [int(row) for row in self.names["row"][low:high]]
        return [row for row in rows if self.record(row).get("name") == name]


def name_hash(name: str) -> np.uint64:
    """64 bits of a name, by which it is looked up."""
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8)
    return np.frombuffer(digest.digest(), "<u8")[0]


def write(folder: Path, rows: Rows, ids: Int[np.ndarray, " rows"]) -> io.Record:
    """Writes a segment as a new folder.

    Returns:
        For each file its bytes and SHA-256, and of an array the dtype and shape.
    """
    with io.new_folder(folder) as partial:
        for modality, codes in rows.codes.items():
            np.save(partial / f"{modality}.npy", np.ascontiguousarray(codes))
        for modality, relaxed in (rows.relaxed or {}).items():
            np.save(partial / f"relaxed_{modality}.npy", quantize(relaxed))
        np.save(partial / "ids.npy", np.asarray(ids, np.int64))
        if rows.labels is not None:
            # Labels of a .mat file are column by column, and so would these be.
            packed = np.packbits(np.ascontiguousarray(rows.labels) > 0, axis=1)
            np.save(partial / "labels.npy", packed)
        if rows.records is not None:
            _write_records(partial, rows.records)
        return {
            path.name: describe(path)
            for path in sorted(partial.iterdir())
            if not path.name.startswith(".")
        }


def _write_records(folder: Path, records: Sequence[io.Record]) -> None:
    lines = [f"{io.json_line(record)}\n".encode() for record in records]
    (folder / "rows.jsonl").write_bytes(b"".join(lines))
    ends = np.cumsum([0, *map(len, lines)], dtype=np.int64)
    np.save(folder / "offsets.npy", ends)
    named = [(name_hash(r["name"]), i) for i, r in enumerate(records) if "name" in r]
    names = np.array(named, dtype=[("hash", "<u8"), ("row", "<i8")])
    np.save(folder / "names.npy", np.sort(names))


def describe(path: Path) -> io.Record:
    """Bytes and SHA-256 of a file, and dtype and shape of an array."""
    with path.open("rb") as file:
        checksum = hashlib.file_digest(file, "sha256").hexdigest()
    found: io.Record = {"bytes": path.stat().st_size, "sha256": checksum}
    if path.suffix == ".npy":
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        # Names have two fields, which the number of bytes tells well enough.
        kind = array.dtype.str if array.dtype.fields is None else "names"
        found |= {"dtype": kind, "shape": list(array.shape)}
    return found


def read(folder: Path, files: Mapping[str, Any]) -> Segment:
    """Opens a segment, and checks the sizes and kinds of its files.

    Raises:
        InputError: if a file is missing or is not what the manifest says.
    """
    arrays = {
        name.removesuffix(".npy"): _map(folder / name, facts)
        for name, facts in files.items()
        if name.endswith(".npy")
    }
    lines = None
    if "rows.jsonl" in files:
        path = folder / "rows.jsonl"
        _require_size(path, files["rows.jsonl"])
        has_lines = path.stat().st_size > 0
        lines = np.memmap(path, np.uint8, mode="r") if has_lines else None
    codes, relaxed = (
        {m: arrays[kind + m] for m in MODALITIES if kind + m in arrays}
        for kind in ("", "relaxed_")
    )
    return Segment(
        codes,
        arrays["ids"],
        arrays.get("labels"),
        arrays.get("offsets"),
        arrays.get("names"),
        relaxed,
        lines,
    )


def check_bytes(folder: Path, files: Mapping[str, Any]) -> list[str]:
    """The files whose bytes are not those that were written."""
    damaged = []
    for name, facts in files.items():
        try:
            if describe(folder / name) != facts:
                damaged.append(str(folder / name))
        except (OSError, ValueError, EOFError):
            damaged.append(str(folder / name))
    return damaged


def _map(path: Path, facts: io.Record) -> np.ndarray:
    _require_size(path, facts)
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"index: got {path}, damaged; wanted an array") from error
    kind = array.dtype.str if array.dtype.fields is None else "names"
    got = f"{path} with {kind} of shape {list(array.shape)}"
    wanted = f"{facts['dtype']} of shape {facts['shape']} as index.json says"
    same = (kind, list(array.shape)) == (facts["dtype"], facts["shape"])
    require(same, "index", got, wanted)
    return array


def _require_size(path: Path, facts: io.Record) -> None:
    require(
        path.is_file(), "index", f"no file {path}", "the file that index.json names"
    )
    size = path.stat().st_size
    wanted = f"{facts['bytes']} bytes as index.json says"
    require(size == facts["bytes"], "index", f"{path} of {size} bytes", wanted)
