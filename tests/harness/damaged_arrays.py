"""Damaged files of arrays: npy, npz, HDF5, MATLAB and safetensors."""

import contextlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import safetensors.numpy
import scipy.io

Arrays = dict[str, np.ndarray]


def _put(value: float) -> Callable:
    def change(array: np.ndarray) -> np.ndarray:
        changed = array.astype(np.float64)
        changed.reshape(-1)[changed.size // 2 :][:1] = value
        return changed

    return change


CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "a NaN": _put(np.nan),
    "an infinity": _put(np.inf),
    "1e300": _put(1e300),
    "a value below zero": _put(-3),
    "a fraction": _put(0.5),
    "complex numbers": lambda x: x + 0.5j,
    "texts": lambda x: x.astype("U8"),
    "bytes": lambda x: x.astype("S8"),
    "truth values": lambda x: x.astype(bool),
    "zeros": np.zeros_like,
    "halves": lambda x: x.astype(np.float16),
    "the other byte order": lambda x: x.astype(x.dtype.newbyteorder()),
    "no rows": lambda x: x[:0],
    "a row less": lambda x: x[1:],
    "a row alone": lambda x: x[:1],
    "no columns": lambda x: x[:, :0] if x.ndim > 1 else x[:0],
    "a column less": lambda x: x[:, 1:] if x.ndim > 1 else x,
    "one axis": np.ravel,
    "three axes": lambda x: x[None],
    "one number": lambda x: x.reshape(-1)[:1].sum(),
    "axes turned": np.transpose,
    "columns first": np.asfortranarray,
    "a struct": lambda x: np.zeros(len(x), [("a", "f4"), ("b", "i4")]),
    "dates": lambda x: np.zeros(x.shape, "M8[s]"),
}
"""What one of the arrays becomes."""


def _read(path: Path) -> Arrays:
    if path.suffix == ".npy":
        return {"": np.load(path)}
    if path.suffix == ".npz":
        with np.load(path) as found:
            return dict(found)
    if path.suffix == ".mat":
        found = scipy.io.loadmat(path)
        return {k: x for k, x in found.items() if not k.startswith("__")}
    if path.suffix == ".safetensors":
        return safetensors.numpy.load_file(path)
    with h5py.File(path) as file:
        return {k: file[k][()] for k in file}


def _write(path: Path, arrays: Arrays) -> None:
    if path.suffix == ".npy":
        np.save(path, next(iter(arrays.values())))
    elif path.suffix == ".npz":
        np.savez(path, **arrays)
    elif path.suffix == ".mat":
        scipy.io.savemat(path, arrays)
    elif path.suffix == ".safetensors":
        safetensors.numpy.save_file(arrays, path)
    else:
        _write_hdf5(path, arrays)


def _write_hdf5(path: Path, arrays: Arrays) -> None:
    with h5py.File(path, "w") as file:
        for key, array in arrays.items():
            file[key] = array.astype("S8") if array.dtype.kind == "U" else array


def _one_changed(change: Callable) -> Callable:
    def damage(rng: np.random.Generator, path: Path) -> None:
        arrays = _read(path)
        key = sorted(arrays)[rng.integers(len(arrays))]
        # A format that has no such arrays leaves the file cut short.
        with contextlib.suppress(TypeError, ValueError, KeyError, AttributeError):
            _write(path, arrays | {key: np.asarray(change(arrays[key]))})

    return damage


def _lost(rng: np.random.Generator, path: Path) -> None:
    arrays = _read(path)
    arrays.pop(sorted(arrays)[rng.integers(len(arrays))])
    _write(path, arrays or {"nosuch": np.ones(3)})


def _renamed(rng: np.random.Generator, path: Path) -> None:
    _write(path, {f"é {k}": x for k, x in _read(path).items()})


def _swapped(rng: np.random.Generator, path: Path) -> None:
    arrays = _read(path)
    _write(path, dict(zip(arrays, reversed(list(arrays.values())), strict=True)))


def _more(rng: np.random.Generator, path: Path) -> None:
    _write(path, _read(path) | {"more": np.ones((5, 4))})


def _npy(header: str, version: bytes = b"\1\0") -> bytes:
    text = (header + " " * (117 - len(header)) + "\n").encode("latin-1")
    return b"\x93NUMPY" + version + len(text).to_bytes(2, "little") + text


def _header(shape: str, descr: str = "'<f4'") -> Callable:
    """A file of a few bytes that says to hold arrays of any shape and kind."""
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
    content = _npy(text) + bytes(64)

    def damage(rng: np.random.Generator, path: Path) -> None:
        if path.suffix == ".npy":
            path.write_bytes(content)
            return
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            parts = {name: archive.read(name) for name in names}
        parts[names[rng.integers(len(names))]] = content
        with zipfile.ZipFile(path, "w") as archive:
            for name, part in parts.items():
                archive.writestr(name, part)

    return damage


def _objects(rng: np.random.Generator, path: Path) -> None:
    """Arrays of objects, which only unpickling would read."""
    content = {k: np.array([{}, print], object) for k in _read(path)}
    _write(path, content)


def _bomb(rng: np.random.Generator, path: Path) -> None:
    """An archive of a few kilobytes that unfolds to 400 MB."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    text = "{'descr': '<f4', 'fortran_order': False, 'shape': (100000000, 1), }"
    zeros = io.BytesIO(_npy(text) + bytes(400_000_000))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(names[0], zeros.getvalue())


ANY = {f"with {k}": _one_changed(change) for k, change in CHANGES.items()} | {
    "without an array": _lost,
    "with renamed arrays": _renamed,
    "with swapped arrays": _swapped,
    "with one more array": _more,
}

NUMPY = {
    "that says to have 10^12 rows": _header("(1000000000000, 4)"),
    "that says to have 10^30 rows": _header(f"({10**30}, 4)"),
    "that says to have rows below zero": _header("(-4, 4)"),
    "that says to hold objects": _header("(4, 4)", "'|O'"),
    "that says to hold nonsense": _header("(4, 4)", "'nonsense'"),
    "with a program in its header": _header("__import__('os').getcwd()"),
    "with objects": _objects,
}

DAMAGES = {
    ".npy": {**ANY, **NUMPY},
    ".npz": {**ANY, **NUMPY, "that unfolds to 400 MB": _bomb},
    ".h5": ANY,
    ".mat": ANY,
    ".safetensors": ANY,
}
