"""Arrays of MATLAB 4 and 5 files; those of MATLAB 7.3 are HDF5."""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from scbch_jax.data.formats.base import ArrayInfo, dtype_name, read_at_once


def matlab_arrays(path: Path) -> Iterator[ArrayInfo]:
    """The arrays of a file, and those of its structs as `struct/field`."""
    for name, shape, kind in scipy.io.whosmat(path):
        if kind == "struct":
            yield from _struct_fields(path, name)
        else:
            kind = _KINDS.get(kind or "", kind or "-")
            read = functools.partial(_load, path, name)
            yield read_at_once(path, name, shape, kind, read)


def _struct_fields(path: Path, struct: str) -> Iterator[ArrayInfo]:
    content = _load(path, struct)
    for field in content.dtype.names or ():
        for value in content[field].flat[:1]:
            kind = "cell" if value.dtype.hasobject else dtype_name(value.dtype)
            read = functools.partial(_dense, value)
            yield read_at_once(path, f"{struct}/{field}", value.shape, kind, read)


def _load(path: Path, name: str) -> np.ndarray:
    return _dense(scipy.io.loadmat(path, variable_names=[name])[name])


def _dense(array: Any) -> np.ndarray:
    return array.toarray() if scipy.sparse.issparse(array) else np.asarray(array)


_KINDS = {"double": "float64", "single": "float32", "logical": "bool"}
_KINDS |= {"sparse": "float64, sparse"}
