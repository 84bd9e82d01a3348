"""Arrays and texts in files: NumPy, HDF5, MATLAB, Parquet."""

from scbch_jax.data.formats.base import ArrayInfo
from scbch_jax.data.formats.files import (
    SUFFIXES,
    array_names,
    find_arrays,
    read_array,
    read_strings,
)

__all__ = [
    "SUFFIXES",
    "ArrayInfo",
    "array_names",
    "find_arrays",
    "read_array",
    "read_strings",
]
