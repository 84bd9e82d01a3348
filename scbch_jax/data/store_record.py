"""The record of a store, store.json: what is in its files, and whether it still is."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from scbch_jax.data.formats import npy_blocks
from scbch_jax.errors import InputError, require

FORMAT = 1
"""Version of the layout that `store` describes."""


def describe(folder: Path) -> dict[str, Any]:
    """Checksum of each file, and kind and shape of each array."""
    files: dict[str, Any] = {}
    for path in sorted(folder.iterdir()):
        files[path.name] = {"sha256": npy_blocks.checksum(path)}
        if path.suffix == ".npy":
            array = np.load(path, mmap_mode="r")
            files[path.name] |= {"dtype": str(array.dtype), "shape": list(array.shape)}
    return files


def load(folder: Path) -> dict[str, Any]:
    """Reads the record of a store.

    Raises:
        InputError: if there is none, or it is no record of this format.
    """
    path = folder / "store.json"
    require(path.is_file(), "store", folder, "a folder with store.json")
    try:
        record = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"store: got {path} ({error}), wanted JSON") from error
    known = isinstance(record, dict) and record.get("format") == FORMAT
    require(known, "store", path, f"the record of a store of format {FORMAT}")
    kinds = {"title": str, "split": str, "source": dict, "files": dict}
    for name, kind in (kinds | {"classes": list, "words": list}).items():
        found = isinstance(record.get(name), kind)
        require(
            found, f"{name} in {path}", repr(record.get(name)), f"a {kind.__name__}"
        )
    for name, told in record["files"].items():
        known = isinstance(told, dict) and isinstance(told.get("sha256"), str)
        require(known, f"files in {path}", f"{name}: {told}", "a checksum for each")
    return record


def open_array(path: Path, record: dict[str, Any]) -> np.ndarray:
    """Maps an array of a store into memory.

    Raises:
        InputError: if it is missing, cut short, or of another kind or shape.
    """
    told = record["files"].get(path.name)
    require(path.is_file() and bool(told), "store", f"no {path}", "a whole store")
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        reason = str(error).splitlines()[0]
        got = f"{path}, which cannot be read ({reason})"
        raise InputError(f"store: got {got}, wanted the file as written") from error
    got = f"{array.dtype} of shape {list(array.shape)}"
    wanted = f"{told.get('dtype')} of shape {told.get('shape')}"
    require(got == wanted, str(path), got, f"{wanted} as store.json has")
    return array


def require_kind(
    folder: Path, name: str, array: np.ndarray, dtype: Any, *, axes: int
) -> None:
    """Raises `InputError` unless an array has this kind, axes, and any values."""
    fits = array.dtype == dtype and array.ndim == axes and array.size > 0
    got = f"{array.dtype} of shape {array.shape}"
    wanted = f"{np.dtype(dtype)} with {axes} axes"
    require(fits, f"{name}.npy in {folder}", got, wanted)
