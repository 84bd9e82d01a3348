"""Arrays and texts in files: NumPy, HDF5, MATLAB, Parquet."""

from scbch_jax.data.formats.files import array_names, read_array

__all__ = [
    "array_names",
    "read_array",
]
